// docs/tutorial.md, done: every block of commands, in one shell, with what the document says that they print.

import { beforeAll, expect, it } from 'vitest';
import { command } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { blocksOf, faultsOf, type RunBlock, runBlocks } from '../support/document-blocks.ts';

const blocks = blocksOf(`${projectRoot()}/docs/tutorial.md`);
let ran: readonly RunBlock[];

beforeAll(async () => {
  await command('npm', ['--prefix', projectRoot(), 'run', '--silent', 'prepack'], { timeoutMs: 60_000 });
  ran = await runBlocks(blocks, ['bash', []], { cwd: projectRoot(), env: process.env, deadlineMs: 240_000 });
}, 310_000);

it('is all there', () => {
  expect(blocks.length).toBeGreaterThan(15);
  // The last block leaves the shell, so nobody is there to say how it ended.
  expect(blocks.at(-1)?.commands).toMatch(/^exit$/m);
});

it.each(blocks.slice(0, -1).map((block, index) => ({ block, index, line: block.line })))(
  'does what it says in line $line',
  ({ block, index }) => {
    expect(faultsOf(block, ran[index])).toEqual([]);
  },
);
