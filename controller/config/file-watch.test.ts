import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { WatchedFile } from './testing/watched-file.ts';

let file: WatchedFile;
afterEach(() => file.end());

describe('a watched file', () => {
  it('is taken when it is written in place', async () => {
    file = await WatchedFile.make();
    file.write('second');
    await file.hasTaken('second');
  });

  it('is taken when another is renamed over it, again and again', async () => {
    file = await WatchedFile.make();
    const texts = ['second', 'third', 'fourth', 'fifth'];
    for (const [i, text] of texts.entries()) {
      await file.replace(text);
      await file.hasTaken(...texts.slice(0, i + 1));
    }
  });

  it('is taken whole, however many pieces it is written in', async () => {
    file = await WatchedFile.make();
    file.write('');
    for (const piece of 'second') {
      appendFileSync(file.path, piece);
      await setImmediate();
    }
    await file.hasTaken('second');
  });

  it('is not taken when it is touched, or written with the same content', async () => {
    file = await WatchedFile.make();
    await file.looksAfter(() => utimes(file.path, 1_900_000_000, 1_900_000_000));
    await file.looksAfter(() => file.replace('first'));
    await file.replace('second');
    await file.hasTaken('second');
  });

  it('is taken once while it is bad, and when it is good again', async () => {
    file = await WatchedFile.make();
    file.write('bad: [');
    await file.hasTaken('bad: [');
    await file.looksAfter(() => utimes(file.path, 1_900_000_000, 1_900_000_000));
    file.write('first');
    await file.hasTaken('bad: [', 'first');
  });

  it('is taken when it is deleted, and when it is back', async () => {
    file = await WatchedFile.make();
    await unlink(file.path);
    await file.hasTaken('ENOENT');
    file.write('first');
    await file.hasTaken('ENOENT', 'first');
  });

  it('is taken when a module that it names changes, also in another folder', async () => {
    file = await WatchedFile.make();
    await mkdir(join(file.home, 'own'));
    await writeFile(join(file.home, 'own/a.mjs'), 'one');
    const text = 'policies: [{ module: ../own/a.mjs }]';
    file.write(text);
    await file.hasTaken(`${text} + one`);
    writeFileSync(join(file.home, 'own/a.mjs'), 'two');
    await file.hasTaken(`${text} + one`, `${text} + two`);
    await unlink(join(file.home, 'own/a.mjs'));
    await file.hasTaken(`${text} + one`, `${text} + two`, `${text} + none`);
  });

  it('is taken once more when it changes while it is being taken', async () => {
    file = await WatchedFile.make();
    let open = (): void => {};
    file.gate = new Promise((resolve) => {
      open = resolve;
    });
    file.write('second');
    await file.hasTaken('second');
    file.write('third');
    const looks = file.looks;
    file.gate = Promise.resolve();
    open();
    await file.hasTaken('second', 'third');
    expect(file.looks).toBeGreaterThan(looks);
  });
});

describe('the folder of a watched file', () => {
  it('may be deleted and made anew', async () => {
    file = await WatchedFile.make('a/b/policy.yaml');
    for (const round of [1, 2, 3]) {
      await rm(join(file.home, 'a'), { recursive: true });
      await eventually('the file to be missed', () => file.taken.at(-1) === 'ENOENT');
      await mkdir(dirname(file.path), { recursive: true });
      file.write(`round ${round}`);
      await eventually('the file to be taken', () => file.taken.at(-1) === `round ${round}`);
    }
    expect(file.taken).toHaveLength(6);
    file.write('last');
    await eventually('the last to be taken', () => file.taken.at(-1) === 'last');
  });

  it('may be replaced by another at once', async () => {
    file = await WatchedFile.make();
    const folder = dirname(file.path);
    await mkdir(`${folder}.new`);
    await writeFile(join(`${folder}.new`, 'policy.yaml'), 'second');
    await rename(folder, `${folder}.old`);
    await rename(`${folder}.new`, folder);
    await file.hasTaken('second');
    file.write('third');
    await file.hasTaken('second', 'third');
  });
});

describe('a mounted volume', () => {
  /** As the kubelet swaps a volume: a new folder, a link to it under another name, and that renamed over `..data`. */
  async function swap(home: string, version: string, contents: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(join(home, `..${version}`));
    for (const [name, text] of Object.entries(contents)) await writeFile(join(home, `..${version}`, name), text);
    const former = await readFile(join(home, '..data', 'version'), 'utf8').catch(() => undefined);
    await symlink(`..${version}`, join(home, '..data_tmp'));
    await rename(join(home, '..data_tmp'), join(home, '..data'));
    if (former !== undefined) await rm(join(home, `..${former}`), { recursive: true });
  }

  it('is followed through its links, swap after swap', async () => {
    const policy = 'policies: [{ module: ./own.mjs }]';
    const volume = (version: string, text: string, own: string) => ({ version, 'policy.yaml': text, 'own.mjs': own });
    file = await WatchedFile.make('policy.yaml', '', async (home) => {
      await swap(home, '2026_1', volume('2026_1', policy, 'one'));
      for (const name of ['policy.yaml', 'own.mjs']) await symlink(`..data/${name}`, join(home, name));
    });
    await swap(file.home, '2026_2', volume('2026_2', policy, 'two'));
    await file.hasTaken(`${policy} + two`);
    await file.looksAfter(() => swap(file.home, '2026_3', volume('2026_3', policy, 'two')));
    await swap(file.home, '2026_4', volume('2026_4', `${policy}\n`, 'two'));
    await file.hasTaken(`${policy} + two`, `${policy}\n + two`);
  });
});

describe('a watch that is stopped', () => {
  it('takes nothing more', async () => {
    file = await WatchedFile.make();
    const other = await WatchedFile.make();
    file.watch.stop();
    const looks = file.looks;
    file.write('second');
    other.write('second');
    await other.hasTaken('second');
    expect([file.looks, file.taken]).toEqual([looks, []]);
    await other.end();
  });

  it.runIf(process.platform === 'linux')('leaves no watch open in the system', async () => {
    file = await WatchedFile.make();
    const { ino } = await stat(dirname(file.path));
    expect(await watchesOf(ino)).toBe(1);
    await file.replace('second');
    await file.hasTaken('second');
    file.watch.stop();
    expect(await watchesOf(ino)).toBe(0);
  });

  it('opens none when it is stopped while it looks', async () => {
    file = await WatchedFile.make();
    await file.replace('second');
    await eventually('a look', () => file.looks > 2);
    file.watch.stop();
    const { ino } = await stat(dirname(file.path));
    if (process.platform === 'linux') expect(await watchesOf(ino)).toBe(0);
    expect(file.taken).toEqual([]);
  });
});

/** How many watches of this process the system has on an inode (proc(5), /proc/PID/fdinfo). */
async function watchesOf(inode: number): Promise<number> {
  const infos = await Promise.all(
    (await readdir('/proc/self/fdinfo')).map((fd) => readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '')),
  );
  return infos.join('\n').split(`ino:${inode.toString(16)} `).length - 1;
}
