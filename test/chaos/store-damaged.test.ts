// The file of the job store is damaged while Lark is down: cut short, or other bytes in some place. Lark then knows every job, or it
// does not start and says what to do; where LMDB ends it by a signal, that it was opening the store. It never starts without a job
// that was acknowledged.

import { copyFile, mkdtemp, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { randomFor, rounds } from './support/plan.ts';
import { registerNumbered, StoredSite } from './support/stored-site.ts';

const JOBS = 40;
/** Each round starts a Lark from its sources. */
const DEADLINE_MS = rounds(3) * 40_000;

let directory: string;
let data: string;
let site: StoredSite;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lark-chaos-'));
  data = join(directory, 'store', 'data.mdb');
  site = new StoredSite(directory);
  const feed = await site.start();
  for (let number = 1; number <= JOBS; number++) await registerNumbered(feed, number, 'x'.repeat(500));
  await site.stop();
  await copyFile(data, join(directory, 'whole.mdb'));
});
afterEach(async () => {
  await site.stop();
  await rm(directory, { recursive: true, force: true });
});

it(
  'is known whole, or refused with what to do',
  async () => {
    const random = randomFor('damage');
    const { size } = await stat(data);
    const outcomes = { known: 0, refused: 0, killed: 0 };
    for (let round = 0; round < rounds(3); round++) {
      await copyFile(join(directory, 'whole.mdb'), data);
      await rm(join(directory, 'store', 'lock.mdb'), { force: true });
      const damage = await (round === 0 ? cutShort(random.below(size)) : overwrite(random, size));
      const lark = await site.tryStart();
      const says = `${damage}: exit ${lark.exitCode}, ${lark.said}`;
      if (lark.exitCode === undefined) {
        const { jobs } = await lark.get<{ jobs: { addresses: string[] }[] }>('/v1/jobs?limit=1000');
        expect(jobs.length, says).toBe(JOBS);
        outcomes.known++;
        await lark.kill();
      } else if (lark.exitCode === null) {
        expect(lark.log.at(-1), says).toMatchObject({ event: 'job_store.opening' });
        outcomes.killed++;
      } else {
        expect(lark.said, says).toMatch(/STORE_DAMAGED|STORE_UNUSABLE|STORE_NEWER|The job store .* is damaged/);
        outcomes.refused++;
      }
    }
    expect(outcomes.known + outcomes.refused + outcomes.killed).toBe(rounds(3));
    expect(outcomes.refused).toBeGreaterThan(0);
  },
  DEADLINE_MS,
);

async function cutShort(bytes: number): Promise<string> {
  await truncate(data, bytes);
  return `cut to ${bytes} bytes`;
}

async function overwrite(random: ReturnType<typeof randomFor>, size: number): Promise<string> {
  const at = random.below(size);
  const length = 1 + random.below(random.pick([1, 16, 4096]));
  const file = await open(data, 'r+');
  await file.write(
    Uint8Array.from({ length: Math.min(length, size - at) }, () => random.below(256)),
    0,
    undefined,
    at,
  );
  await file.close();
  return `${length} bytes at ${at} of ${(await readFile(data)).length}`;
}
