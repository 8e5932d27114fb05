// What a start makes of what the store holds. The steps of a change and of a restart, and what `kill -9` at each of them
// leaves behind:
//
// A registration
//  1. is decided on: nothing is left.
//  2. is written and synced, with its place. A crash: the job is registered after the restart though nobody was told so;
//     its client asks again and gets its answer then.
//  3. is given to the switches, which never have a rule of a job that the store does not know.
//  4. is answered when the switch has confirmed. A crash: the job is registered, as was said.
// A removal
//  1. is written and synced as an end, its addresses held back for every switch. A crash: the job has ended; its addresses
//     are free when each switch that Lark knows has been mended.
//  2. is carried out on the switches, and settles.
//  3. is written down as settled (its addresses are free, or held back for certain switches) and answered. A crash before
//     it is written: as after step 1, which holds back more and never less.
// A port that a job is at is remembered from the turn in which the switches hear of the job, and until it is deleted
//  1. by the record of the job, as long as there is one. 2. by its own, which is written with the next commit, and so no later
//  than the end of the job. A crash that loses a deletion leaves a port gated that needs no gate, and nothing open.
// A switch that Lark has never met is written down before it gets a rule, so that step 1 of a removal knows it.
// A restart
//  1. reads the store; what it cannot read keeps it from starting. 2. puts every job where it was and every address held
//  back in its place, before anything listens. 3. ends the leases that are over by the clock on the wall. 4. lets feeds and
//  switches connect; the switches, which went on by their rules meanwhile, are mended as they do. A crash at any of them
//  leaves the store as it was, or with more leases ended.

import type { HoldingJob } from './held-back.ts';
import { JobIndex } from './job-index.ts';
import type { EndedJob, StoredJob, StoredState } from './store/job-store.ts';

export interface RestorePlan {
  /** In order of registration. */
  readonly jobs: JobIndex<StoredJob>;
  /** Records of jobs that a later registration has taken the place of: their end could not be written in time. */
  readonly superseded: readonly StoredJob[];
  readonly held: readonly HoldingJob[];
  /** Lower than every sequence number to come. */
  readonly lastSequence: number;
}

export function planRestore(state: StoredState): RestorePlan {
  const kept = new JobIndex<StoredJob>();
  const superseded: StoredJob[] = [];
  for (const stored of [...state.jobs].sort((a, b) => a.sequence - b.sequence)) {
    if (kept.tryAdd(stored.job, stored)) continue;
    // Of two that cannot both hold an address, the later was acknowledged after the end of the earlier.
    for (const { key, value } of kept.touching(stored.job)) {
      kept.delete(key);
      superseded.push(value);
    }
    kept.add(stored.job, stored);
  }
  const ended = [...state.ended, ...superseded.map(asEnded)];
  const held = ended.map((each) => ({ ...each, switches: each.switches === 'all' ? state.switches : each.switches }));
  const sequences = [...state.jobs, ...state.ended].map(({ sequence }) => sequence);
  return { jobs: kept, superseded, held, lastSequence: sequences.reduce((most, each) => Math.max(most, each), 0) };
}

function asEnded({ sequence, job }: StoredJob): EndedJob {
  return { sequence, key: job.key, addresses: [], switches: [] };
}
