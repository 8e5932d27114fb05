// What becomes of jobs, as lines of the log.

import type { EventName } from '../telemetry/event-names.ts';
import type { Admitted } from './admission.ts';
import type { AdmissionEvents } from './admission-service.ts';

export interface AdmissionLog {
  info(fields: object, event: EventName): void;
  warn(fields: object, event: EventName): void;
}

/** As much of the admission service as is listened to. */
export interface AdmissionEventSource {
  on<Name extends keyof AdmissionEvents>(name: Name, listener: (...args: AdmissionEvents[Name]) => void): unknown;
}

export function logAdmission(events: AdmissionEventSource, log: AdmissionLog): void {
  events.on('admitted', (admitted) => log.info(fieldsOf(admitted), 'job.admitted'));
  events.on('waiting', (waiting) => log.info(fieldsOf(waiting), 'job.waiting'));
  events.on('removed', ({ job, pendingSwitches }, reason) => {
    const pending = pendingSwitches.length === 0 ? {} : { pendingSwitches };
    log.info({ job: job.key, user: job.user, reason, ...pending }, 'job.removed');
  });
  events.on('leaseHalf', (admitted) => log.warn(fieldsOf(admitted), 'job.lease_half_over'));
}

function fieldsOf({ job, enforcement, leaseEndsAt }: Admitted): object {
  const lease = leaseEndsAt === undefined ? {} : { leaseEndsAt: new Date(leaseEndsAt).toISOString() };
  return { job: job.key, user: job.user, enforcement, ...lease };
}
