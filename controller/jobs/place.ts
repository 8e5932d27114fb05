// Where a job is to be enforced, from what the enforcer can tell of it now, or the refusal that says why nowhere.

import { type Enforcement, JobError } from './admission.ts';
import type { Enforcer, JobLocation } from './enforcer.ts';
import type { Job } from './job.ts';

export interface Place {
  readonly enforcement: Enforcement;
  /** Of enforcement `port` alone. */
  readonly location: JobLocation | undefined;
}

/** Throws JOB_UNLOCATED, and JOB_SWITCH_AWAY unless the job may wait. */
export function placeOf(job: Job, enforcer: Pick<Enforcer, 'locate'>, mayWait: boolean): Place {
  if (job.addresses.length === 0) return { enforcement: 'unenforced', location: undefined };
  const found = enforcer.locate(job);
  switch (found.kind) {
    case 'port': {
      const { dpid, portNo, portName } = found;
      return { enforcement: 'port', location: { dpid, portNo, portName } };
    }
    case 'by-address':
      return { enforcement: 'by-address', location: undefined };
    case 'unlocated':
      throw new JobError('JOB_UNLOCATED', found.message);
    case 'away':
      if (mayWait) return { enforcement: 'waiting', location: undefined };
      throw new JobError('JOB_SWITCH_AWAY', found.message);
  }
}

export function isSamePlace(a: Place, b: Place): boolean {
  return (
    a.enforcement === b.enforcement &&
    a.location?.dpid === b.location?.dpid &&
    a.location?.portNo === b.location?.portNo
  );
}
