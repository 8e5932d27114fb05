// Who stands in a registration's way: jobs that hold one of its addresses or its MAC address.

import type { Job } from './job.ts';
import { addressHeld, macHeld } from './refusals.ts';
import type { RegisteredJobs } from './registry.ts';
import type { StoredJob } from './store/job-store.ts';

/**
 * The machine's own jobs that have to end first. Throws JOB_ADDRESS_HELD or JOB_MAC_HELD where a job of another machine is
 * in the way.
 */
export function formerHolders(job: Job, registered: RegisteredJobs): readonly StoredJob[] {
  const formers = new Set<StoredJob>();
  for (const address of job.addresses) {
    const holder = registered.byAddress(address);
    if (holder === undefined) continue;
    if (!isOfSameMachine(holder, job)) throw addressHeld(address, holder, job);
    formers.add(holder);
  }
  const holder = job.mac === undefined ? undefined : registered.byMac(job.mac);
  if (holder !== undefined && job.mac !== undefined) {
    if (!isOfSameMachine(holder, job)) throw macHeld(job.mac, holder, job);
    formers.add(holder);
  }
  return [...formers];
}

function isOfSameMachine(holder: StoredJob, job: Job): boolean {
  return holder.job.registration.machine === job.registration.machine;
}
