// Acknowledged admission: who may hold an address, and when a change counts as made. What it promises:
// - an address, and a MAC address, has one holder at a time, and the next comes only after the former is gone from every
//   switch that knew it (or is held back for those that could not say so);
// - each change of the registry and the enforcer's word on it happen in one turn of the event loop;
// - a register that is refused has changed nothing. Two things outlive a refusal by the switches (JOB_NOT_CONFIRMED), since
//   they are true all the same: a former job of the same machine stays ended, and an address whose undoing was not
//   confirmed is held back;
// - every promise settles, as every wait is for a confirmation (bounded by the enforcer) or for `settleMs`.

import { EventEmitter } from 'node:events';
import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Counters } from '../telemetry/counters.ts';
import { type Admitted, type Enforcement, type JobAdmission, JobError, type Removed } from './admission.ts';
import { type Clock, pause } from './clock.ts';
import type { Confirmation, Enforcer } from './enforcer.ts';
import { HeldBackAddresses } from './held-back.ts';
import { type Job, registrationKey } from './job.ts';
import { JobIndex } from './job-index.ts';
import { LeaseTimer } from './lease-timer.ts';
import {
  addressHeld,
  changesHands,
  heldBack,
  macHeld,
  notConfirmed,
  notFound,
  removedMeanwhile,
  tooManyJobs,
} from './refusals.ts';
import { type JobPage, JobRegistry } from './registry.ts';

/** `replaced`: the same machine registered another job with its address or MAC address. */
export type RemovalReason = 'asked' | 'replaced' | 'lease';

/** `admitted` once the switches have confirmed; `removed` once the rules are gone, for each job that was admitted. */
export interface AdmissionEvents {
  admitted: [admitted: Admitted];
  removed: [removed: Removed, reason: RemovalReason];
}

export interface AdmissionOptions {
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  /** How long a removal waits after the barriers; asked each time, so that a reload counts. */
  readonly settleMs: () => number;
  readonly counters: Pick<Counters, 'leasesEnded'>;
  /** No more jobs than this are taken. */
  readonly mostJobs?: number;
}

const MOST_JOBS = 250_000;

/** How often a register may find its address changing hands before it gives up. */
const MOST_ROUNDS = 16;
/** What "the switches" say of a job that none of them has rules of. */
const NOTHING_TO_CONFIRM: Confirmation = { edgeConfirmed: true, silent: [], away: [] };

export class AdmissionService implements JobAdmission {
  readonly events = new EventEmitter<AdmissionEvents>();
  readonly heldBack = new HeldBackAddresses();
  readonly #options: AdmissionOptions;
  readonly #registry = new JobRegistry();
  /** Registrations whose outcome is not known yet, by key; in the registry or still waiting for a former job to be gone. */
  readonly #pending = new Map<string, Promise<Admitted>>();
  /** Jobs that are out of the registry but not yet off the switches. */
  readonly #leaving = new JobIndex<Promise<Removed>>();
  /** Jobs whose `admitted` event has gone out, so that `removed` follows for those alone. */
  readonly #announced = new WeakSet<Job>();
  readonly #leaseTimer: LeaseTimer;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#leaseTimer = new LeaseTimer(options.clock, () => void this.sweep());
  }

  register(job: Job, options: { readonly leaseMs: number | undefined }): Promise<Admitted> {
    const key = registrationKey(job.registration);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const outcome = this.#register(key, job, options.leaseMs).finally(() => this.#pending.delete(key));
    this.#pending.set(key, outcome);
    return outcome;
  }

  renew(key: string, leaseMs: number): Admitted {
    const leaseEndsAt = this.#options.clock.now() + leaseMs;
    const renewed = this.#registry.renew(key, leaseEndsAt);
    if (renewed === undefined) throw notFound(key);
    this.#leaseTimer.arm(leaseEndsAt);
    return renewed;
  }

  async remove(key: string): Promise<Removed> {
    // A registration that waits for a former job is not in the registry yet: without this wait it would outlive its removal.
    if (this.#registry.byKey(key) === undefined && this.#leaving.byKey(key) === undefined) {
      await this.#pending.get(key)?.catch(() => undefined);
    }
    const admitted = this.#registry.byKey(key);
    if (admitted !== undefined) return this.#end(admitted, 'asked');
    const leaving = this.#leaving.byKey(key);
    if (leaving === undefined) throw notFound(key);
    return leaving.value;
  }

  /** The removal now under way of the job that held this address last; undefined where there is none. */
  removalOf(address: IpAddress): Promise<Removed> | undefined {
    return this.#leaving.byAddress(address)?.value;
  }

  get size(): number {
    return this.#registry.size;
  }

  byKey(key: string): Admitted | undefined {
    return this.#registry.byKey(key);
  }

  byAddress(address: IpAddress): Admitted | undefined {
    return this.#registry.byAddress(address);
  }

  list(): readonly Admitted[] {
    return this.#registry.list();
  }

  /** See `JobRegistry.page`. */
  page(cursor: number, limit: number): JobPage {
    return this.#registry.page(cursor, limit);
  }

  /** Ends every job whose lease is over. The timer calls it; settles when the rules of all of them are gone. */
  sweep(): Promise<readonly Removed[]> {
    const now = this.#options.clock.now();
    const removals: Promise<Removed>[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const admitted of this.#registry.list()) {
      if (admitted.leaseEndsAt === undefined) continue;
      if (admitted.leaseEndsAt <= now) removals.push(this.#end(admitted, 'lease'));
      else earliest = Math.min(earliest, admitted.leaseEndsAt);
    }
    if (removals.length > 0) this.#options.counters.leasesEnded.add([], removals.length);
    if (earliest < Number.POSITIVE_INFINITY) this.#leaseTimer.arm(earliest);
    return Promise.all(removals);
  }

  /** Leases end no more. What is under way goes on to its end. */
  stop(): void {
    this.#leaseTimer.stop();
  }

  async #register(key: string, job: Job, leaseMs: number | undefined): Promise<Admitted> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const known = this.#registry.byKey(key);
      if (known !== undefined) return leaseMs === undefined ? known : this.renew(key, leaseMs);
      const leaving = this.#leaving.touching(job);
      if (leaving.length > 0) {
        await Promise.all(leaving.map((entry) => entry.value));
        continue;
      }
      // All that can refuse comes before the first change; after each wait all of it is asked again.
      this.#refuseHeldBack(job);
      const formers = this.#formerHolders(job);
      const enforcement = this.#enforcementOf(job);
      this.#refuseTooMany(formers.length);
      if (formers.length === 0) return this.#admit(key, job, enforcement, leaseMs);
      await Promise.all(formers.map((former) => this.#end(former, 'replaced')));
    }
    throw changesHands(job);
  }

  #refuseHeldBack(job: Job): void {
    for (const address of job.addresses) {
      const dpids = this.heldBack.blocking(address);
      if (dpids.length > 0) throw heldBack(address, dpids);
    }
  }

  /** The machine's own jobs that have to end first; throws where a job of another machine is in the way. */
  #formerHolders(job: Job): readonly Admitted[] {
    const formers = new Set<Admitted>();
    for (const address of job.addresses) {
      const holder = this.#registry.byAddress(address);
      if (holder === undefined) continue;
      if (!isOfSameMachine(holder, job)) throw addressHeld(address, holder, job);
      formers.add(holder);
    }
    const holder = job.mac === undefined ? undefined : this.#registry.byMac(job.mac);
    if (holder !== undefined && job.mac !== undefined) {
      if (!isOfSameMachine(holder, job)) throw macHeld(job.mac, holder, job);
      formers.add(holder);
    }
    return [...formers];
  }

  #refuseTooMany(making: number): void {
    const { mostJobs = MOST_JOBS } = this.#options;
    if (this.#registry.size - making >= mostJobs) throw tooManyJobs(mostJobs);
  }

  #enforcementOf(job: Job): Enforcement {
    if (job.addresses.length === 0) return 'unenforced';
    const location = this.#options.enforcer.locate(job);
    if (location.kind === 'unlocated') throw new JobError('JOB_UNLOCATED', location.message);
    if (location.kind === 'away') throw new JobError('JOB_SWITCH_AWAY', location.message);
    return location.kind;
  }

  async #admit(key: string, job: Job, enforcement: Enforcement, leaseMs: number | undefined): Promise<Admitted> {
    const leaseEndsAt = leaseMs === undefined ? undefined : this.#options.clock.now() + leaseMs;
    this.#registry.add({ job, enforcement, leaseEndsAt });
    const confirmed =
      enforcement === 'unenforced' ? NOTHING_TO_CONFIRM : this.#options.enforcer.jobAdded(job, enforcement);
    if (leaseEndsAt !== undefined) this.#leaseTimer.arm(leaseEndsAt);
    const confirmation = await confirmed;

    const admitted = this.#registry.byKey(key);
    if (admitted?.job !== job) {
      await this.#leaving.byKey(key)?.value;
      throw removedMeanwhile(key);
    }
    if (!confirmation.edgeConfirmed) {
      await this.#end(admitted, undefined);
      throw notConfirmed(key, confirmation);
    }
    this.#announced.add(job);
    this.events.emit('admitted', admitted);
    return admitted;
  }

  /** Takes a job out of the registry and off the switches, in this turn; settles when its rules are gone. */
  #end(admitted: Admitted, reason: RemovalReason | undefined): Promise<Removed> {
    const { job, enforcement } = admitted;
    this.#registry.delete(admitted);
    const confirmed =
      enforcement === 'unenforced' ? NOTHING_TO_CONFIRM : this.#options.enforcer.jobRemoved(job, enforcement);
    const removal = this.#leave(job, confirmed, enforcement, reason);
    this.#leaving.add(job, removal);
    return removal;
  }

  async #leave(
    job: Job,
    confirmed: Confirmation | Promise<Confirmation>,
    enforcement: Enforcement,
    reason: RemovalReason | undefined,
  ): Promise<Removed> {
    const { silent, away } = await confirmed;
    const pendingSwitches = [...new Set([...silent, ...away])];
    this.#holdBack(job, pendingSwitches);
    if (enforcement !== 'unenforced') await pause(this.#options.clock, this.#options.settleMs());
    this.#leaving.delete(registrationKey(job.registration));
    const removed: Removed = { job, pendingSwitches };
    if (reason !== undefined && this.#announced.has(job)) this.events.emit('removed', removed, reason);
    return removed;
  }

  #holdBack(job: Job, dpids: readonly string[]): void {
    this.heldBack.hold(job.addresses, dpids);
    for (const dpid of dpids) {
      void this.#options.enforcer.whenMended(dpid).then(() => this.heldBack.release(job.addresses, dpid));
    }
  }
}

function isOfSameMachine(holder: Admitted, job: Job): boolean {
  return holder.job.registration.machine === job.registration.machine;
}
