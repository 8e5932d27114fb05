import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wayOf } from './way-of-path.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'lark-way-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** With folders as they stand below the test's own. */
const way = async (path: string) =>
  Object.fromEntries(
    Array.from(await wayOf(join(folder, path)), ([at, names]) => [at.replace(folder, ''), [...names]]),
  );

it('is the name of a file in its folder', async () => {
  await writeFile(join(folder, 'policy.yaml'), '');
  expect(await way('policy.yaml')).toEqual({ '': ['policy.yaml'] });
});

it('leads through the links of a mounted volume', async () => {
  await mkdir(join(folder, '..2026_1'));
  await writeFile(join(folder, '..2026_1', 'policy.yaml'), '');
  await symlink('..2026_1', join(folder, '..data'));
  await symlink('..data/policy.yaml', join(folder, 'policy.yaml'));
  expect(await way('policy.yaml')).toEqual({ '': ['policy.yaml', '..data'], '/..2026_1': ['policy.yaml'] });
});

it('follows absolute links, and those that go up', async () => {
  await mkdir(join(folder, 'a/b'), { recursive: true });
  await mkdir(join(folder, 'c'));
  await writeFile(join(folder, 'c', 'real.yaml'), '');
  await symlink('../../c/./real.yaml', join(folder, 'a/b/up.yaml'));
  await symlink(join(folder, 'a/b'), join(folder, 'abs'));
  expect(await way('abs/up.yaml')).toEqual({ '': ['abs'], '/a/b': ['up.yaml'], '/c': ['real.yaml'] });
});

it('ends at what is missing, at a file that is no folder, and in a circle of links', async () => {
  expect(await way('none/deeper/policy.yaml')).toEqual({ '': ['none'] });
  await writeFile(join(folder, 'file'), '');
  expect(await way('file/policy.yaml')).toEqual({ '/file': ['policy.yaml'] });
  await symlink('y', join(folder, 'x'));
  await symlink('x', join(folder, 'y'));
  expect(await way('x')).toEqual({ '': ['x', 'y'] });
});
