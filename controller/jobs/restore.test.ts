import { describe, expect, it } from 'vitest';
import { planRestore } from './restore.ts';
import type { StoredJob } from './store/job-store.ts';
import { sampleJob } from './testing/sample-job.ts';

function stored(sequence: number, addresses: readonly string[]): StoredJob {
  const job = sampleJob({ id: `s#${sequence}`, slot: `slot${sequence}@wn1`, addresses });
  const lease = { leaseMs: undefined, leaseEndsAt: undefined };
  return { sequence, job, enforcement: 'port', ...lease, location: undefined, peer: undefined };
}

function planOf(jobs: readonly StoredJob[]) {
  const plan = planRestore({ jobs, ended: [], switches: [], jobPorts: [], classes: [], leases: [] });
  const sequences = (of: Iterable<StoredJob>) => Array.from(of, ({ sequence }) => sequence);
  return {
    jobs: sequences(Array.from(plan.jobs.values(), ({ value }) => value)),
    superseded: sequences(plan.superseded),
    last: plan.lastSequence,
  };
}

describe('what a start makes of the store', () => {
  it('is the jobs in order of registration, however they were read', () => {
    const jobs = [stored(2, ['10.1.0.2']), stored(3, ['10.1.0.3']), stored(1, ['10.1.0.1'])];
    expect(planOf(jobs)).toEqual({ jobs: [1, 2, 3], superseded: [], last: 3 });
  });

  it('leaves out whoever had an address before a later registration, even if that has ended, too', () => {
    // The second took an address over from the first, and the third one from the second: the first had ended by then.
    const jobs = [stored(1, ['10.1.0.1']), stored(2, ['10.1.0.1', 'fd00::1']), stored(3, ['10.1.0.3', 'fd00::1'])];
    expect(planOf(jobs)).toEqual({ jobs: [3], superseded: [1, 2], last: 3 });
  });
});
