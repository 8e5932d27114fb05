// Every command that the program has, by the help of the program itself, so that no test forgets a new one.

import { runForTest } from './run-for-test.ts';

/** In the order of the help, without `help`. */
export async function commandNames(): Promise<readonly string[]> {
  const { out } = await runForTest(['--help']);
  const listed = out.slice(out.indexOf('\nCommands:'), out.indexOf('\nExamples:'));
  return [...listed.matchAll(/^ {2}([a-z-]+) /gm)].flatMap(([, name]) => (name === 'help' ? [] : (name ?? [])));
}
