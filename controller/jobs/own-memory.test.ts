// What is kept of an ad is in memory of its own: no name and no value keeps the ad's text, which is kept as bytes elsewhere.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { jobFromAds } from './ad-to-job.ts';
import type { Job } from './job.ts';

const FILLER = 100_000;
const JOBS = 300;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}

/** As they come from a socket: each a string of its own. */
const received = (text: string) => Buffer.from(text).toString();

it('keeps no text of an ad alive in the heap', () => {
  const jobs: Job[] = [];
  const before = heapBytes();
  for (let i = 0; i < JOBS; i++) {
    const filler = `Filler = "${'x'.repeat(FILLER)}"`;
    const jobAd = received(`[ GlobalJobId = "submit.example.org#${i}.0#1"; Owner = "somebody_of_the_pool${i}";
      AcctGroup = "group_of_somebody_${i}"; an_attribute_of_this_job_alone_${i} = ${i}; ${filler} ]`);
    const machineAd = received(`[ Machine = "worker${i}.example.org"; Name = "slot1@worker${i}.example.org";
      LarkInnerAddressIPv4 = "10.1.${i >> 8}.${i & 255}"; LarkExternalInterface = "veth_of_a_job_${i}";
      an_attribute_of_this_machine_${i} = 1; ${filler} ]`);
    jobs.push(jobFromAds(jobAd, machineAd, { nat: 'refuse', now: 0 }).job);
  }
  const perJob = (heapBytes() - before) / JOBS;
  expect(jobs.map(({ user }) => user)).toContain('somebody_of_the_pool7');
  // The names of its attributes are no other job's: those are kept, once.
  expect(perJob).toBeLessThan(FILLER / 4);
});
