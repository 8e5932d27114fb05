// That a job's ads are the same whether they are in memory or only in the file, on real files.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FrozenAds } from '../frozen-ads.ts';
import type { Job } from '../job.ts';
import { sampleJob } from '../testing/sample-job.ts';
import { AdsShelf } from './ads-shelf.ts';
import type { StoreChange, StoredJob } from './job-store.ts';
import { LmdbJobStore } from './lmdb-store.ts';
import { encodeJob } from './records.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lark-shelf-'));
});
afterEach(() => rm(directory, { recursive: true }));

type Step = 'register' | 'renew' | 'settle' | 'remove' | 'restart';

/** Jobs whose ads are told apart, some longer than what LMDB copies, some of two bytes a character. */
function numbered(sequence: number): StoredJob {
  const text = `${sequence % 3 === 0 ? '→' : 'x'}${sequence} `.repeat(sequence % 5 === 0 ? 20_000 : 20);
  const job = sampleJob({ id: `j${sequence}`, attributes: { text, [`name${sequence % 2}`]: sequence, last: true } });
  return { sequence, job, enforcement: 'port', leaseMs: 5, leaseEndsAt: 5, location: undefined, peer: undefined };
}

function contentOf({ ads, attributes }: Job): unknown {
  return [ads.job, ads.machine, [...attributes], attributes.get('text'), attributes.get('last')];
}

function isAtRest({ ads }: Job): boolean {
  return ads instanceof FrozenAds && ads.isAtRest;
}

it('are what they were for all who have the job, and in memory only where the file has them not', async () => {
  const steps = fc.array(fc.constantFrom<Step>('register', 'register', 'renew', 'settle', 'remove', 'restart'), {
    minLength: 1,
    maxLength: 20,
  });
  const runs = fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (played, choices) => {
    const path = await mkdtemp(join(directory, 'store-'));
    let store = LmdbJobStore.open(path);
    let there = new Map<number, StoredJob>();
    let gone: StoredJob[] = [];
    let last = 0;
    for (const step of played) {
      const chosen = [...there.values()][choices.next().value! % Math.max(there.size, 1)];
      const changes: StoreChange[] = [];
      if (step === 'register') {
        last += 1;
        const added = numbered(last);
        there.set(last, added);
        changes.push({ kind: 'job', job: added });
      } else if (step === 'restart') {
        await store.close();
        store = LmdbJobStore.open(path);
        const atHand: unknown[] = [];
        const loaded: Job[] = [];
        const { jobs } = store.load((job) => {
          loaded.push(job);
          atHand.push(contentOf(job));
          // Reading another one's uses the memory of this one's.
          expect(contentOf(loaded[0]!)).toEqual(atHand[0]);
          expect(contentOf(job)).toEqual(atHand.at(-1));
        });
        expect(atHand).toEqual(jobs.map(({ sequence }) => contentOf(numbered(sequence).job)));
        there = new Map(jobs.map((job) => [job.sequence, job]));
        gone = [];
      } else if (chosen !== undefined) {
        const { sequence } = chosen;
        if (step === 'renew') changes.push({ kind: 'job', job: { ...chosen, leaseEndsAt: last } });
        else {
          there.delete(sequence);
          gone.push(chosen);
          const ended = { sequence, key: chosen.job.key, addresses: [], switches: 'all' } as const;
          changes.push(step === 'settle' ? { kind: 'free', sequence } : { kind: 'ended', ended });
        }
      }
      // Before the commit, while it is under way, and in the turn in which it is done.
      const check = () => {
        for (const { sequence, job } of [...there.values(), ...gone]) {
          expect(contentOf(job)).toEqual(contentOf(numbered(sequence).job));
        }
      };
      check();
      const written = store.commit(changes).then(check);
      check();
      await written;
      expect([...there.values()].filter(({ job }) => !isAtRest(job))).toEqual([]);
      expect(gone.filter(({ job }) => isAtRest(job))).toEqual([]);
    }
    await store.close();
  });
  await fc.assert(runs, { numRuns: 60 });
});

it('stay in memory where the file did not take them', async () => {
  const store = LmdbJobStore.open(join(directory, 'store'));
  const [taken, refused] = [numbered(1), numbered(2)];
  const unwritable = { kind: 'lease', lease: null } as unknown as StoreChange;
  const first = store.commit([{ kind: 'job', job: taken }]);
  await expect(store.commit([{ kind: 'job', job: refused }, unwritable])).rejects.toThrow(/cannot be written/);
  await first;
  expect([taken, refused].map(({ job }) => isAtRest(job))).toEqual([true, false]);
  expect(contentOf(refused.job)).toEqual(contentOf(numbered(2).job));
  await store.close();
});

it('stay in memory where the job ended in the same write', async () => {
  const store = LmdbJobStore.open(join(directory, 'store'));
  const stored = numbered(1);
  // Commits of one turn of the event loop are written together.
  const commits = [store.commit([{ kind: 'job', job: stored }]), store.commit([{ kind: 'free', sequence: 1 }])];
  await Promise.all(commits);
  expect(isAtRest(stored.job)).toBe(false);
  expect(contentOf(stored.job)).toEqual(contentOf(numbered(1).job));
  await store.close();
});

it('are not given where the file has lost or changed them meanwhile', async () => {
  const environment = open<Buffer, number>({ path: join(directory, 'shelf'), encoding: 'binary' });
  const shelf = new AdsShelf(environment, (what) => new Error(`damaged: ${what}`));
  const stored = numbered(1);
  const record = encodeJob(stored, () => 1);
  environment.putSync(1, record);
  shelf.put([{ kind: 'job', job: stored }]);
  expect(contentOf(stored.job)).toEqual(contentOf(numbered(1).job));
  record[record.length - 1]! ^= 1;
  environment.putSync(1, record);
  expect(() => stored.job.ads.job).toThrow('damaged: record 1 of job: its checksum is not that of its content');
  shelf.take(1);
  environment.removeSync(1);
  expect(() => stored.job.attributes.get('text')).toThrow('damaged: record 1 of job is gone');
  await environment.close();
});
