// What a job request is told when admission refuses it: the code, what is in the way, and what to do about it.

import { formatIp, formatMac, type IpAddress, type MacAddress } from '../../protocols/packet/address.ts';
import { type Admitted, JobError } from './admission.ts';
import type { Confirmation } from './enforcer.ts';
import type { Job } from './job.ts';

export function addressHeld(address: IpAddress, holder: Admitted, job: Job): JobError {
  return new JobError('JOB_ADDRESS_HELD', heldBy(formatIp(address), holder, job));
}

export function macHeld(mac: MacAddress, holder: Admitted, job: Job): JobError {
  return new JobError('JOB_MAC_HELD', heldBy(`MAC address ${formatMac(mac)}`, holder, job));
}

function heldBy(what: string, holder: Admitted, job: Job): string {
  const { machine, globalJobId } = holder.job.registration;
  return (
    `${what} is held by job ${globalJobId} of machine ${machine}, and ${job.registration.machine} cannot take it over. ` +
    'Remove that job first, or give this one another address.'
  );
}

/** `dpids`: the switches that may still have rules of the former holder. */
export function heldBack(address: IpAddress, dpids: readonly string[]): JobError {
  return new JobError(
    'JOB_ADDRESS_HELD_BACK',
    `${formatIp(address)} is held back: switch ${dpids.join(', ')} may still have rules of the job that had it. ` +
      'It is free when that switch has connected again, or after `lark switches forget DPID`.',
  );
}

export function changesHands(job: Job): JobError {
  return new JobError(
    'JOB_ADDRESS_HELD',
    `The addresses ${job.addresses.map(formatIp).join(', ')} change hands faster than the switches confirm. ` +
      'Register one job for an address at a time.',
  );
}

export function notFound(key: string): JobError {
  return new JobError('JOB_NOT_FOUND', `No job is registered as ${key}. \`lark jobs\` shows those that are.`);
}

export function notConfirmed(key: string, { silent, away }: Confirmation): JobError {
  const who = [...silent.map((dpid) => `${dpid} was silent`), ...away.map((dpid) => `${dpid} is not connected`)];
  const said = who.length === 0 ? 'it refused the rules' : who.join(', ');
  return new JobError(
    'JOB_NOT_CONFIRMED',
    `The job's edge switch did not confirm the rules of ${key} (${said}), so the job is not admitted. ` +
      'See `lark switches`, and register it again.',
  );
}

export function removedMeanwhile(key: string): JobError {
  return new JobError(
    'JOB_NOT_CONFIRMED',
    `Job ${key} was removed before the switches had confirmed it. Register it again if it is to run.`,
  );
}

export function tooManyJobs(most: number): JobError {
  return new JobError(
    'JOB_FEED_BUSY',
    `${most} jobs are registered, and no more are taken. Jobs that have ended should be removed: see \`lark jobs\`.`,
  );
}

/** `most`: endpoint classes, as the file limits them. */
export function tooManyClasses(most: number): JobError {
  return new JobError(
    'JOB_TOO_MANY_CLASSES',
    `The policies tell this job from all others, and ${most} endpoint classes are the most that the policy file takes. ` +
      'Raise limits.classes there, or have the policies look at attributes that more jobs share.',
  );
}

export function notBackYet(key: string): JobError {
  return new JobError(
    'JOB_SWITCH_AWAY',
    `${key} is registered since before Lark was started, and its switch has not connected since: so its rules cannot be ` +
      'confirmed. See `lark switches`, and send it again when the switch is back.',
  );
}

/** `holder`: the key of the registration that has leased it. */
export function leased(address: IpAddress, holder: string): JobError {
  return new JobError(
    'JOB_ADDRESS_LEASED',
    `${formatIp(address)} is leased to ${holder}, which is to be registered with it. ` +
      'Lease an address for this job (`lark address lease`), or release that one.',
  );
}

export function noPool(): JobError {
  return new JobError('JOB_ADDRESS_NO_POOL', 'The policy file has no `addresses`: there is nothing to lease.');
}

export function noneFree(pools: readonly string[], machine: string): JobError {
  return new JobError(
    'JOB_ADDRESS_NONE_FREE',
    `No address of ${pools.join(', ')} is free for ${machine}. \`lark address\` shows who has them.`,
  );
}

export function notLeased(key: string): JobError {
  return new JobError('JOB_ADDRESS_NOT_LEASED', `No address is leased to ${key}.`);
}

export function inUse(key: string): JobError {
  return new JobError(
    'JOB_ADDRESS_IN_USE',
    `${key} is registered with what it leased: the lease ends when the job does. Remove the job instead.`,
  );
}
