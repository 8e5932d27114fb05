// The runner of documents' command blocks: what it takes for a fault, and what it does not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { blocksOf, faultsOf, missingIn, runBlocks } from '../support/document-blocks.ts';

const folder = mkdtempSync(join(tmpdir(), 'lark-document-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The faults of each block of a document of these fences. */
async function faultsIn(...fences: readonly string[]): Promise<readonly (readonly string[])[]> {
  const document = join(folder, 'document.md');
  writeFileSync(document, fences.map((fence) => `Text.\n\n\`\`\`${fence}\n\`\`\`\n`).join('\n'));
  const blocks = blocksOf(document);
  const ran = await runBlocks(blocks, ['bash', []], { cwd: folder, env: process.env, deadlineMs: 10_000 });
  return blocks.map((block, index) => faultsOf(block, ran[index]));
}

it('takes what is printed in the order shown, among other lines, however it is spaced', () => {
  expect(missingIn('a\nb   7 c\nd\n', ['a', 'b … c', 'd'])).toEqual([]);
  expect(missingIn('a\nd\n', ['d', 'a'])).toEqual(['a']);
  expect(missingIn('a.c\n', ['a.c'])).toEqual([]);
  expect(missingIn('abc\n', ['a.c'])).toEqual(['a.c']);
  expect(missingIn('abc\n', ['ab'])).toEqual(['ab']);
});

it('runs the blocks in one shell, and in the one that a block begins', async () => {
  expect(
    await faultsIn('sh\nname=one', 'sh\necho $name', 'text\none', 'sh\nbash', 'sh\necho "[$name]"', 'text\n[]'),
  ).toEqual([[], [], [], []]);
});

it('finds what is not printed, what fails, and what is not reached', async () => {
  expect(await faultsIn('sh\necho one', 'text\ntwo')).toEqual([
    ['it did not print, or not in its place: two', 'it printed:\none\n'],
  ]);
  expect(await faultsIn('sh\nfalse\ntrue')).toEqual([['a command in it ended with 1', 'it printed:\n']]);
  expect(await faultsIn('sh\nexit', 'sh\ntrue')).toEqual([
    ['it was not reached: the shell ended before it, or did not come so far in time'],
    ['it was not reached: the shell ended before it, or did not come so far in time'],
  ]);
});

it('takes a block that fails as it says, and no other way', async () => {
  expect(await faultsIn('sh exit=3\n(exit 3)')).toEqual([[]]);
  expect((await faultsIn('sh exit=3\ntrue'))[0]).toContain('it ended with 0, not with 3');
});
