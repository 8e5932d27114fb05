// docs/cli-reference.md is what the program says of itself.

import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { registerClassadCommand } from './classad-command.ts';
import { cliReference } from './cli-reference.ts';
import { completableCommands } from './completion-model.ts';
import { runForTest } from './testing/run-for-test.ts';

/** What a command line prints, and the program that it was given to: the whole one, with `classad`. */
async function ask(words: readonly string[]): Promise<{ readonly out: string; readonly program: Command }> {
  let program: Command | undefined;
  let own = '';
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      own += String(chunk);
      done();
    },
  });
  const register = (given: Command) => {
    program = given;
    registerClassadCommand(given, { stdin: process.stdin, stdout, stderr: stdout });
  };
  const { out } = await runForTest(words, { furtherCommands: [register] });
  return { out: out + own, program: program! };
}

const paths = completableCommands((await ask(['--help'])).program).map(({ path }) => path);
const helps = await Promise.all(
  paths.map(async (path) => ({ path, help: (await ask([...path.split(' ').slice(1), '--help'])).out })),
);

it('is up to date; if not, `npm run docs` makes it so', async () => {
  const path = new URL('../../docs/cli-reference.md', import.meta.url).pathname;
  const page = cliReference(helps);
  await expect(page, 'docs/cli-reference.md is out of date: run `npm run docs`').toMatchFileSnapshot(path);
});

it('has every command and subcommand, each with the same options of all left out', () => {
  const page = cliReference(helps);
  for (const path of ['lark run', 'lark address lease', 'lark switches forget', 'lark classad eval']) {
    expect(page).toContain(`\n## ${path}\n`);
  }
  expect(page.match(/^## /gm)).toHaveLength(paths.length);
  expect(page.match(/^Usage: lark/gm)).toHaveLength(paths.length);
  expect(page).not.toContain('Global Options');
  expect(page.match(/^ +--token-file <file>/gm)).toHaveLength(1);
});

it.each(helps)('has lines that fit a terminal of 132 columns: $path', ({ help }) => {
  expect(help.split('\n').filter((line) => line.length > 132)).toEqual([]);
});

it.each(helps.filter(({ path }) => path !== 'lark'))('says in whole sentences what $path does', ({ help }) => {
  const [, description] = /^Usage: [^\n]*\n\n(.*?)\n\n/s.exec(help) ?? [];
  expect(description).toMatch(/^[A-Z].*\.$/s);
});
