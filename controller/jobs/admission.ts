// Acknowledged admission, as the feed and the API see it: a registration is answered only after the switches have
// confirmed it, and a removal only after the job's rules are gone.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { JobLocation } from './enforcer.ts';
import type { Job, Registration } from './job.ts';

/** The stable codes of `docs/errors.md` that a job request can be refused with. */
export type JobErrorCode =
  | 'JOB_AD_MALFORMED'
  | 'JOB_AD_TOO_LONG'
  | 'JOB_AD_INCOMPLETE'
  | 'JOB_ADDRESS_MISSING'
  | 'JOB_ADDRESS_INVALID'
  | 'JOB_ADDRESS_HELD'
  | 'JOB_ADDRESS_HELD_BACK'
  | 'JOB_ADDRESS_LEASED'
  | 'JOB_ADDRESS_NO_POOL'
  | 'JOB_ADDRESS_NONE_FREE'
  | 'JOB_ADDRESS_NOT_LEASED'
  | 'JOB_ADDRESS_IN_USE'
  | 'JOB_MAC_HELD'
  | 'JOB_NAT_UNENFORCEABLE'
  | 'JOB_UNLOCATED'
  | 'JOB_SWITCH_AWAY'
  | 'JOB_NOT_CONFIRMED'
  | 'JOB_NOT_FOUND'
  | 'JOB_NOT_YOURS'
  | 'JOB_SENDER_REFUSED'
  | 'JOB_CLAIM_REFUSED'
  | 'JOB_REQUEST_MALFORMED'
  | 'JOB_FEED_BUSY'
  | 'JOB_TOO_MANY_CLASSES'
  | 'JOB_STORE_FAILED';

export class JobError extends Error {
  readonly code: JobErrorCode;
  /** `message` is a sentence that says what was wrong, what was expected and what to do. */
  constructor(code: JobErrorCode, message: string) {
    super(message);
    this.name = 'JobError';
    this.code = code;
  }
}

/**
 * How a job is enforced. `by-address`: no port is known, so nothing stops another host from using its address.
 * `waiting`: its switch is not connected, and until it is the job's address is unregistered to the switches.
 */
export type Enforcement = 'port' | 'by-address' | 'unenforced' | 'waiting';

export interface Admitted {
  readonly job: Job;
  readonly enforcement: Enforcement;
  /** How long each renewal holds; undefined without a lease. */
  readonly leaseMs: number | undefined;
  /** Wall-clock milliseconds when the lease ends; undefined without a lease. */
  readonly leaseEndsAt: number | undefined;
  /** The port that it was admitted at; undefined where it is enforced otherwise. */
  readonly location: JobLocation | undefined;
  /** The IP address that registered it; undefined where nobody has to be told from others. */
  readonly peer: string | undefined;
}

export interface RegisterOptions {
  readonly leaseMs: number | undefined;
  readonly peer?: string | undefined;
  /** Throws a JobError for a job that may not be ended for this one. */
  readonly guard?: ((former: Admitted) => void) | undefined;
}

export interface Removed {
  readonly job: Job;
  /** The datapath ids (16 hex digits) of switches that are away and may still hold rules: its addresses are held back. */
  readonly pendingSwitches: readonly string[];
}

/**
 * What the feed and the API may do with jobs. Every method that changes something settles only when the change is on the
 * disk and the switches have confirmed, and rejects with a JobError, in which case nothing has changed.
 */
export interface JobAdmission {
  /**
   * The same registration again changes nothing (but renews its lease). An address held by a job of the same machine:
   * that job is ended first. Held by a job of another machine: JOB_ADDRESS_HELD. The answer's enforcement is `waiting`
   * where the job's switch is not connected and the policy file says to wait: it is not admitted yet.
   */
  register(job: Job, options: RegisterOptions): Promise<Admitted>;
  /** By key (`Job.key`). JOB_NOT_FOUND if no such registration. */
  renew(key: string, leaseMs: number): Promise<Admitted>;
  /** `guard` throws a JobError for a job that may not be ended. */
  remove(key: string, guard?: (admitted: Admitted) => void): Promise<Removed>;
  byKey(key: string): Admitted | undefined;
  byAddress(address: IpAddress): Admitted | undefined;
  list(): readonly Admitted[];
}

/** A registration's former holder is told from the present one by this: same GlobalJobId, start, machine and slot. */
export function sameRegistration(a: Registration, b: Registration): boolean {
  return a.globalJobId === b.globalJobId && a.start === b.start && a.machine === b.machine && a.slot === b.slot;
}
