import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileContents, filesOf, readContents, sha256Of } from './file-contents.ts';
import { loadConfig } from './load-config.ts';
import { readFileWithinLimit } from './source-text.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lark-contents-'));
  path = join(folder, 'policy.yaml');
});
afterEach(() => rm(folder, { recursive: true }));

const fingerprint = async (former?: FileContents) =>
  (await readContents(path, readFileWithinLimit, former)).fingerprint;

describe('the fingerprint of a policy file', () => {
  it('is the same for the same content, whenever it was written', async () => {
    await writeFile(path, 'policies: []');
    const before = await readContents(path);
    await utimes(path, 1_900_000_000, 1_900_000_000);
    expect(await fingerprint()).toBe(before.fingerprint);
    expect(await fingerprint(before)).toBe(before.fingerprint);
    expect(before.digest).toBe(sha256Of('policies: []'));
  });

  it('tells contents apart, and a file that is empty, gone or no file', async () => {
    const seen = [await fingerprint()];
    for (const text of ['', 'policies: []', 'policies: [', 'policies: []\n']) {
      await writeFile(path, text);
      seen.push(await fingerprint());
    }
    path = folder;
    seen.push(await fingerprint());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('changes with a module that the file names, also where that is gone', async () => {
    await writeFile(path, 'policies: [{ module: ./own.mjs }, { module: own }]');
    const none = await readContents(path);
    await writeFile(join(folder, 'own.mjs'), 'export default 1');
    const first = await fingerprint(none);
    await writeFile(join(folder, 'own.mjs'), 'export default 2');
    const second = await fingerprint(none);
    expect(new Set([none.fingerprint, first, second]).size).toBe(3);
    expect(filesOf(relative(process.cwd(), path), none)).toEqual([path, join(folder, 'own.mjs')]);
  });

  it('is that of what was loaded, whether it could be used or not', async () => {
    expect((await loadConfig(path)).fingerprint).toBe(await fingerprint());
    for (const text of ['', 'policies: []', 'policies: [{ module: ./none.mjs }]']) {
      await writeFile(path, text);
      expect((await loadConfig(path)).fingerprint).toBe(await fingerprint());
    }
  });
});
