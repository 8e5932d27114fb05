// What the system does not tell, or refuses to: `watch` of node:fs is replaced where a test says so.

import { EventEmitter } from 'node:events';
import { closeSync, type FSWatcher, openSync, writeSync } from 'node:fs';
import { mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { FolderWatches } from './folder-watches.ts';
import { WatchedFile } from './testing/watched-file.ts';

const system = vi.hoisted(() => ({ watch: undefined as undefined | (() => FSWatcher) }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const watch = (...args: Parameters<typeof fs.watch>) => system.watch?.() ?? fs.watch(...args);
  return { ...fs, watch };
});
afterEach(() => {
  system.watch = undefined;
});

const silent = () => Object.assign(new EventEmitter(), { close: () => {} }) as unknown as FSWatcher;
const refusal = (code: string) => Object.assign(new Error(code), { code });
const OFTEN = { quietMs: 5, longestMs: 50, everyMs: 20 };

describe('where the system does not tell of changes', () => {
  let file: WatchedFile;
  afterEach(() => file.end());

  it('a changed file is found by looking', async () => {
    system.watch = silent;
    file = await WatchedFile.make('policy.yaml', 'first', undefined, OFTEN);
    await file.replace('second');
    await file.hasTaken('second');
    expect([file.watch.isTold, file.failures]).toEqual([true, []]);
  });

  it.each(['ENOSPC', 'EMFILE', 'EACCES'])('so it is where watching is refused with %s, which is told', async (code) => {
    system.watch = () => {
      throw refusal(code);
    };
    file = await WatchedFile.make('policy.yaml', 'first', undefined, OFTEN);
    await file.replace('second');
    await file.hasTaken('second');
    expect([file.watch.isTold, file.failures[0]]).toEqual([false, `${file.home}: ${code}`]);
  });

  it('so it is where a watch ends by itself, and another is opened', async () => {
    const watcher = silent();
    system.watch = () => watcher;
    file = await WatchedFile.make('policy.yaml', 'first', undefined, OFTEN);
    system.watch = undefined;
    watcher.emit('error', refusal('EIO'));
    expect([file.watch.isTold, file.failures]).toEqual([false, [`${file.home}: EIO`]]);
    await eventually('another watch', () => file.watch.isTold);
  });

  it('so it is where others write beside it without end, and the folder is not watched meanwhile', async () => {
    file = await WatchedFile.make('policy.yaml', 'first', undefined, OFTEN);
    const noise = ['one', 'other'].map((name) => openSync(join(file.home, name), 'w'));
    for (let i = 0; i < 6000; i++) writeSync(noise[i % 2]!, 'x', 0);
    await eventually('the folder to be left alone', () => !file.watch.isTold);
    expect(file.failures).toEqual([`${file.home}: FOLDER_BUSY`]);
    await file.replace('second');
    await file.hasTaken('second');
    expect(file.watch.isTold).toBe(false);
    noise.map(closeSync);
  });
});

describe('the watches of folders', () => {
  let folder: string;
  let events = 0;
  const watches = () => new FolderWatches({ onEvent: () => events++, onFailure: expect.unreachable });
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'lark-folder-')));
    events = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('tell of the names on the way alone', async () => {
    const path = join(folder, 'policy.yaml');
    await writeFile(path, '');
    const open = watches();
    expect([await open.lead([path]), await open.lead([path])]).toEqual([true, false]);
    for (let i = 0; i < 50; i++) await writeFile(join(folder, `other${i % 5}`), String(i));
    // One event, and the system tells of events in their order.
    await utimes(path, 1_900_000_000, 1_900_000_000);
    await eventually('an event', () => events > 0);
    expect(events).toBe(1);
    open.close();
  });

  it('are closed where more than 5,000 changes a second are told of, and opened anew after half a minute', async () => {
    let now = 0;
    const opened: FSWatcher[] = [];
    system.watch = () => {
      opened.push(silent());
      return opened.at(-1)!;
    };
    const failures: unknown[] = [];
    const onFailure = (at: string, error: unknown) => failures.push([at, error]);
    const open = new FolderWatches({ onEvent: () => events++, onFailure, now: () => now });
    const path = join(folder, 'policy.yaml');
    const tell = (count: number) => {
      for (let i = 0; i < count; i++) opened.at(-1)?.emit('change', 'change', 'other');
    };
    await open.lead([path]);
    for (let second = 0; second < 3; second++) {
      tell(5000);
      now += 1000;
    }
    expect([open.isComplete, failures]).toEqual([true, []]);
    tell(5001);
    expect(open.isComplete).toBe(false);
    expect(failures).toEqual([[folder, expect.objectContaining({ code: 'FOLDER_BUSY' })]]);
    // What was told before the watch was closed and comes after it.
    tell(10);
    now += 29_000;
    expect([await open.lead([path]), open.isComplete, opened.length]).toEqual([false, false, 1]);
    now += 1000;
    expect([await open.lead([path]), open.isComplete, opened.length]).toEqual([true, true, 2]);
    expect([failures.length, events]).toEqual([1, 0]);
    open.close();
  });

  it('are opened anew where names have come and gone', async () => {
    const path = join(folder, 'policy.yaml');
    const open = watches();
    await open.lead([path]);
    await writeFile(path, '');
    await eventually('an event', () => events > 0);
    expect([await open.lead([path]), await open.lead([path])]).toEqual([true, false]);
    open.close();
    expect(await open.lead([path])).toBe(false);
  });
});
