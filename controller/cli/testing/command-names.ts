// Every command that the program has, by the help of the program itself, so that no test forgets a new one.

import { runForTest } from './run-for-test.ts';

/** In the order of the help, without `help`. */
export async function commandNames(): Promise<readonly string[]> {
  return listedIn((await runForTest(['--help'])).out);
}

/** Those of one command, likewise. */
export async function subcommandsOf(command: string): Promise<readonly string[]> {
  return listedIn((await runForTest([command, '--help'])).out);
}

function listedIn(help: string): readonly string[] {
  const begin = help.indexOf('\nCommands:');
  if (begin === -1) return [];
  const listed = help.slice(begin, help.indexOf('\nExamples:'));
  return [...listed.matchAll(/^ {2}([a-z-]+) /gm)].flatMap(([, name]) => (name === 'help' ? [] : (name ?? [])));
}
