import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BACKLOG, backlogShortage } from './backlog.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lark-backlog-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it.each([
  ['128\n', 128],
  [`${BACKLOG - 1}\n`, BACKLOG - 1],
  [`${BACKLOG}\n`, undefined],
  ['4096\n', undefined],
])('of a kernel that says %j is %s', (text, shortage) => {
  const file = join(directory, 'somaxconn');
  writeFileSync(file, text);
  expect(backlogShortage(file)).toBe(shortage);
});

it('is none where the kernel does not say', () => {
  expect(backlogShortage(join(directory, 'none'))).toBeUndefined();
});
