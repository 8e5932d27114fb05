// Acknowledged admission: who may hold an address, and when a change counts as made. What it promises:
// - an address, and a MAC address, has one holder at a time, and the next comes only after the former is gone from every
//   switch that knew it (or is held back for those that could not say so);
// - each change of the registry and the enforcer's word on it happen in one turn of the event loop, and no switch hears of a
//   job before the store has it;
// - a register, a removal or a renewal that is refused has changed nothing. Two things outlive a refusal by the switches
//   (JOB_NOT_CONFIRMED), since they are true all the same: a former job of the same machine stays ended, and an address
//   whose undoing was not confirmed is held back;
// - every promise settles, as every wait is for the store, for a confirmation (bounded by the enforcer) or for `settleMs`.
// How changes and restarts hang together is in restore.ts.

import { EventEmitter } from 'node:events';
import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { LeaseChange } from './addresses/address-leases.ts';
import { type Admitted, type JobAdmission, JobError, type RegisterOptions, type Removed } from './admission.ts';
import { type Clock, pause } from './clock.ts';
import type { Confirmation, Enforcer, JobLocation } from './enforcer.ts';
import { formerHolders } from './former-holders.ts';
import { FormerRules } from './former-rules.ts';
import type { HeldBackAddresses } from './held-back.ts';
import type { Job } from './job.ts';
import { JobIndex } from './job-index.ts';
import { JobJournal, type JournalLog } from './job-journal.ts';
import { LeaseWatch } from './lease-watch.ts';
import { isSamePlace, type Place, placeOf } from './place.ts';
import * as refuse from './refusals.ts';
import { type JobPage, JobRegistry } from './registry.ts';
import { planRestore } from './restore.ts';
import { type JobStore, type Memory, type StoredJob, type StoredState, VolatileJobStore } from './store/job-store.ts';

/** `replaced`: the same machine registered another job with its address or MAC address. `port`: its port is gone. */
export type RemovalReason = 'asked' | 'replaced' | 'lease' | 'port';

/** `admitted` once the switches have confirmed; `removed` once the rules are gone, for each job that was admitted or waited. */
export interface AdmissionEvents {
  admitted: [admitted: Admitted];
  removed: [removed: Removed, reason: RemovalReason];
  /** Its switch is not connected: `admitted` follows when it is. */
  waiting: [waiting: Admitted];
  /** Half of the lease is over, and it was not renewed. */
  leaseHalf: [admitted: Admitted];
}

export interface AdmissionOptions {
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  /** How long a removal waits after the barriers; asked each time, so that a reload counts. */
  readonly settleMs: () => number;
  readonly counters: Pick<Counters, 'leasesEnded'>;
  /** No more jobs than this are taken. */
  readonly mostJobs?: number;
  /** Without one nothing outlives the process. */
  readonly store?: JobStore;
  /** What becomes of a job whose switch is not connected; asked each time. */
  readonly notConnected?: () => 'refuse' | 'wait';
  readonly leases?: LeasesOfAddresses;
  /** Where it is told what could not be written and nobody waits for. */
  readonly log?: JournalLog;
}

/** What it needs of the leases of addresses. */
export interface LeasesOfAddresses {
  /** The registration that has leased an address: no other one gets it. */
  holderOf(address: IpAddress): string | undefined;
  /** The number of a registration's lease, which ends with its job, in the same write. */
  numberOf(key: string): number | undefined;
}

const MOST_JOBS = 250_000;

/** How often a register may find its address changing hands before it gives up. */
const MOST_ROUNDS = 16;
/** What "the switches" say of a job that none of them has rules of. */
const NOTHING_TO_CONFIRM: Confirmation = { edgeConfirmed: true, silent: [], away: [] };

export class AdmissionService implements JobAdmission {
  readonly events = new EventEmitter<AdmissionEvents>();
  readonly #options: AdmissionOptions;
  readonly #journal: JobJournal;
  readonly #formerRules: FormerRules;
  readonly #registry = new JobRegistry();
  readonly #leases: LeaseWatch<StoredJob>;
  /** Registrations whose outcome is not known yet, by key; in the registry or not yet. */
  readonly #pending = new Map<string, Promise<Admitted>>();
  /** Jobs that are being written to the store and are not in the registry yet. */
  readonly #entering = new JobIndex<Promise<void>>();
  /** Jobs that are being removed: in the registry until the store has it, then off it and not yet off the switches. */
  readonly #leaving = new JobIndex<Promise<Removed>>();
  /** Jobs in the registry whose `admitted` or `waiting` event has not gone out, so that no `removed` follows for them. */
  readonly #unannounced = new Set<Job>();
  /** Jobs in the registry whose switch has not confirmed them since this process began. */
  readonly #unconfirmed = new Set<Job>();
  readonly #waiting = new Set<Job>();
  #lastSequence = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#journal = new JobJournal(options.store ?? new VolatileJobStore(), options.clock, options.log);
    this.#formerRules = new FormerRules(this.#journal, options.enforcer);
    this.#leases = new LeaseWatch<StoredJob>({
      clock: options.clock,
      jobs: () => this.#registry.list(),
      ended: (leases) => void this.#endLeases(leases),
      half: (lease) => this.events.emit('leaseHalf', lease),
    });
  }

  /** Addresses that no job may have for now. */
  get heldBack(): HeldBackAddresses {
    return this.#formerRules.heldBack;
  }

  /** Takes up what was there before a restart. To be called once, before anything listens. */
  restore(state: StoredState): void {
    const plan = planRestore(state);
    this.#lastSequence = plan.lastSequence;
    for (const held of plan.held) {
      this.#journal.settled(held);
      this.#formerRules.hold(held);
    }
    this.#registry.restore(plan.jobs);
    const jobs = this.#registry.list();
    for (const stored of jobs) {
      const { job, enforcement } = stored;
      if (enforcement === 'waiting') this.#waiting.add(job);
      this.#leases.watch(stored);
    }
    const enforced = jobs.filter(({ enforcement }) => enforcement === 'port' || enforcement === 'by-address');
    const { switches, jobPorts, classes } = state;
    this.#options.enforcer.restore({ jobs: enforced, switches, jobPorts, classes });
    for (const [dpid, jobs] of jobsByDpid(enforced)) void this.#confirmLater(jobs, dpid);
    this.sweep();
  }

  register(job: Job, options: RegisterOptions): Promise<Admitted> {
    const key = job.key;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const outcome = this.#register(key, job, options).finally(() => this.#pending.delete(key));
    this.#pending.set(key, outcome);
    return outcome;
  }

  async renew(key: string, leaseMs: number): Promise<Admitted> {
    const known = this.#registry.byKey(key);
    const leaseEndsAt = this.#options.clock.now() + leaseMs;
    const renewed = known && (await this.#change(known.job, { leaseMs, leaseEndsAt }));
    if (renewed === undefined) throw refuse.notFound(key);
    this.#leases.watch(renewed);
    return renewed;
  }

  /** The wall clock was set: leases last as long as before. */
  clockJumped(byMs: number): void {
    const shifted: StoredJob[] = [];
    for (const { job, leaseEndsAt } of this.#registry.list()) {
      const changed = leaseEndsAt && this.#registry.change(job, { leaseEndsAt: leaseEndsAt + byMs });
      if (changed) shifted.push(changed);
    }
    this.#journal.changedTogether(shifted);
  }

  async remove(key: string, guard?: (admitted: Admitted) => void): Promise<Removed> {
    // A registration that is being written, or waits for a former job, is not in the registry yet: without these waits it
    // would outlive its removal.
    const isThere = () => (this.#registry.byKey(key) ?? this.#leaving.byKey(key)) !== undefined;
    if (!isThere()) await this.#entering.byKey(key)?.value.catch(() => undefined);
    if (!isThere()) await this.#pending.get(key)?.catch(() => undefined);
    const leaving = this.#leaving.byKey(key);
    if (leaving !== undefined) return leaving.value;
    const admitted = this.#registry.byKey(key);
    if (admitted === undefined) throw refuse.notFound(key);
    guard?.(admitted);
    return this.#end(admitted, 'asked');
  }

  /** The port that led to these jobs is gone, and they with it, in this turn. */
  portGone(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const admitted = this.#registry.byKey(job.key);
      if (admitted?.job === job) void this.#end(admitted, 'port');
    }
  }

  /** A job's switch is back, and the job at another port of it or of another. */
  moved(job: Job, location: JobLocation | undefined): void {
    const moved = this.#registry.change(job, { location });
    if (moved !== undefined) this.#journal.changed(moved);
  }

  /** A switch or a port is there that was not: jobs may have waited for it. */
  networkChanged(): void {
    for (const job of [...this.#waiting]) void this.#enforceWaiting(job);
  }

  /** The engine wants to know this again after a restart; nothing waits for it. */
  remember(memory: Memory): void {
    this.#journal.remember(memory);
  }

  /** To be awaited before a switch that has not been met before gets a rule. Rejects with JOB_STORE_FAILED. */
  meetSwitch(dpid: string): Promise<void> {
    return this.#journal.meetSwitch(dpid);
  }

  /**
   * An operator's word that a switch will not come back with old rules: nothing is held back for it any more. The addresses
   * that are free now; undefined, and nothing is done, where the switch is connected. Rejects with JOB_STORE_FAILED.
   */
  forgetSwitch(dpid: string): Promise<readonly IpAddress[] | undefined> {
    return this.#formerRules.forgetSwitch(dpid);
  }

  /** The removal now under way of the job that held this address last; undefined where there is none. */
  removalOf(address: IpAddress): Promise<Removed> | undefined {
    return this.#leaving.byAddress(address)?.value;
  }

  /** Whether no job has the address, is getting or leaving it, and no switch that is away is in its way. */
  isFree(address: IpAddress): boolean {
    const holders = [
      this.#registry.byAddress(address),
      this.#entering.byAddress(address),
      this.#leaving.byAddress(address),
    ];
    return holders.every((holder) => holder === undefined) && this.heldBack.blocking(address).length === 0;
  }

  /** Rejects with JOB_STORE_FAILED, in which case nothing was written. */
  writeLeases(changes: readonly LeaseChange[]): Promise<void> {
    return this.#journal.leases(changes);
  }

  /** A lease that ends whatever the store says. */
  leaseEnded(number: number): void {
    this.#journal.leaseEnded(number);
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

  /** Ends every job whose lease is over. */
  sweep(): void {
    this.#leases.look();
  }

  /** Leases end no more. What is under way goes on to its end. */
  stop(): void {
    this.#leases.stop();
    this.#journal.stop();
  }

  async #register(key: string, job: Job, options: RegisterOptions): Promise<Admitted> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const changing = [...this.#leaving.touching(job), ...this.#entering.touching(job)];
      if (changing.length > 0) {
        await Promise.allSettled(changing.map((entry): Promise<unknown> => entry.value));
        continue;
      }
      const known = this.#registry.byKey(key);
      if (known !== undefined) return this.#again(key, known, options.leaseMs);
      // All that can refuse comes before the first change; after each wait all of it is asked again.
      this.#refuseHeldBack(job);
      this.#refuseLeased(job);
      const formers = formerHolders(job, this.#registry);
      for (const former of formers) options.guard?.(former);
      const place = this.#place(job);
      this.#refuseTooMany(formers.length);
      if (formers.length === 0) return this.#admit(key, job, place, options);
      await Promise.all(formers.map((former) => this.#end(former, 'replaced')));
    }
    throw refuse.changesHands(job);
  }

  /** The same registration once more: never OK for a job that no switch has confirmed. */
  async #again(key: string, known: StoredJob, leaseMs: number | undefined): Promise<Admitted> {
    const isUnconfirmed = this.#unconfirmed.has(known.job);
    if (isUnconfirmed && !this.#mayWait) throw refuse.notBackYet(key);
    const renewed = leaseMs === undefined ? known : await this.renew(key, leaseMs);
    return this.#unconfirmed.has(known.job) ? { ...renewed, enforcement: 'waiting' } : renewed;
  }

  get #mayWait(): boolean {
    return this.#options.notConnected?.() === 'wait';
  }

  #refuseHeldBack(job: Job): void {
    for (const address of job.addresses) {
      const dpids = this.heldBack.blocking(address);
      if (dpids.length > 0) throw refuse.heldBack(address, dpids);
    }
  }

  #refuseLeased({ key, addresses }: Job): void {
    for (const address of addresses) {
      const holder = this.#options.leases?.holderOf(address);
      if (holder !== undefined && holder !== key) throw refuse.leased(address, holder);
    }
  }

  #refuseTooMany(making: number): void {
    const { mostJobs = MOST_JOBS } = this.#options;
    if (this.#registry.size + this.#entering.size - making >= mostJobs) throw refuse.tooManyJobs(mostJobs);
  }

  #place(job: Job): Place {
    const mostClasses = this.#options.enforcer.classLimitFor(job);
    if (mostClasses !== undefined) throw refuse.tooManyClasses(mostClasses);
    return placeOf(job, this.#options.enforcer, this.#mayWait);
  }

  async #admit(key: string, job: Job, place: Place, { leaseMs, peer }: RegisterOptions): Promise<Admitted> {
    const leaseEndsAt = leaseMs === undefined ? undefined : this.#options.clock.now() + leaseMs;
    this.#lastSequence += 1;
    const written: StoredJob = { job, ...place, leaseMs, leaseEndsAt, peer, sequence: this.#lastSequence };
    const writing = this.#journal.register(written);
    this.#entering.add(job, writing);
    try {
      await writing;
    } finally {
      this.#entering.delete(key);
    }
    const registered = this.#stillAt(written);
    this.#registry.add(registered);
    this.#leases.watch(registered);
    if (registered.enforcement !== 'waiting') {
      this.#unannounced.add(job);
      return this.#enforce(key, registered);
    }
    this.#waiting.add(job);
    this.events.emit('waiting', registered);
    return registered;
  }

  /** The job at its place of now, since the network may have changed while it was written. */
  #stillAt(written: StoredJob): StoredJob {
    try {
      const place = this.#place(written.job);
      if (isSamePlace(place, written)) return written;
      const moved = { ...written, ...place };
      this.#journal.changed(moved);
      return moved;
    } catch (error) {
      this.#journal.withdrawn(written.sequence);
      throw error;
    }
  }

  async #enforce(key: string, { job, enforcement }: StoredJob): Promise<Admitted> {
    const confirmation = await this.#giveToSwitches(job, enforcement);
    await this.#leaving.byKey(key)?.value.catch(() => undefined);
    const admitted = this.#registry.byKey(key);
    if (admitted?.job !== job) throw refuse.removedMeanwhile(key);
    if (!confirmation.edgeConfirmed) {
      await this.#end(admitted, undefined);
      throw refuse.notConfirmed(key, confirmation);
    }
    this.#unannounced.delete(job);
    this.events.emit('admitted', admitted);
    return admitted;
  }

  #giveToSwitches(job: Job, enforcement: Admitted['enforcement']): Confirmation | Promise<Confirmation> {
    return enforcement === 'unenforced' ? NOTHING_TO_CONFIRM : this.#options.enforcer.jobAdded(job, enforcement);
  }

  /** A job that waits for its switch gets its rules, if the switch is there: first in the store, as any other. */
  async #enforceWaiting(job: Job): Promise<void> {
    const key = job.key;
    const place = this.#placeIfAny(job);
    if (place === undefined) return;
    this.#waiting.delete(job);
    this.#unconfirmed.add(job);
    const enforced = await this.#change(job, place).catch(() => undefined);
    const isStill = this.#registry.byKey(key)?.job === job && this.#leaving.byKey(key) === undefined;
    const now = enforced && this.#placeIfAny(job);
    if (!isStill || now === undefined) {
      this.#unconfirmed.delete(job);
      if (isStill) this.#waitAgain(job);
      return;
    }
    if (!isSamePlace(now, place)) this.moved(job, now.location);
    const { edgeConfirmed } = await this.#giveToSwitches(job, now.enforcement);
    if (!edgeConfirmed && now.location !== undefined) await this.#confirmLater([job], now.location.dpid);
    this.#unconfirmed.delete(job);
    const admitted = this.#registry.byKey(key);
    if (admitted?.job === job) this.events.emit('admitted', admitted);
  }

  /** Its switch has gone again, or the store did not take its new place. */
  #waitAgain(job: Job): void {
    const waiting = this.#registry.change(job, { enforcement: 'waiting', location: undefined });
    if (waiting === undefined) return;
    this.#journal.changed(waiting);
    this.#waiting.add(job);
  }

  /**
   * Writes a job with these changes, anew where something else changed meanwhile, and then makes them. Undefined where the
   * job has gone. Rejects with JOB_STORE_FAILED.
   */
  async #change(job: Job, changes: Partial<Pick<StoredJob, keyof Place | 'leaseMs' | 'leaseEndsAt'>>) {
    const key = job.key;
    for (;;) {
      // A removal that cannot be written leaves the job there.
      await this.#leaving.byKey(key)?.value.catch(() => undefined);
      const before = this.#registry.byKey(key);
      if (before?.job !== job) return undefined;
      await this.#journal.update({ ...before, ...changes });
      if (this.#registry.byKey(key) !== before || this.#leaving.byKey(key) !== undefined) continue;
      return this.#registry.change(job, changes);
    }
  }

  #placeIfAny(job: Job): Place | undefined {
    try {
      const place = this.#place(job);
      return place.enforcement === 'waiting' ? undefined : place;
    } catch (error) {
      if (error instanceof JobError) return undefined;
      throw error;
    }
  }

  async #confirmLater(jobs: readonly Job[], dpid: bigint): Promise<void> {
    for (const job of jobs) this.#unconfirmed.add(job);
    await this.#options.enforcer.whenMended(dpid.toString(16).padStart(16, '0'));
    for (const job of jobs) this.#unconfirmed.delete(job);
  }

  async #endLeases(leases: readonly StoredJob[]): Promise<void> {
    const ending = leases.filter(({ job }) => this.#leaving.byKey(job.key) === undefined);
    if (ending.length > 0) this.#options.counters.leasesEnded.add([], ending.length);
    await Promise.all(ending.map((admitted) => this.#end(admitted, 'lease')));
  }

  /**
   * Takes a job out of the registry and off the switches; settles when its rules are gone. What somebody asks for is
   * written first, and refused (JOB_STORE_FAILED) if it cannot be; what happens anyway happens in this turn.
   */
  #end(admitted: StoredJob, reason: RemovalReason | undefined): Promise<Removed> {
    const { job } = admitted;
    const key = job.key;
    const under = this.#leaving.byKey(key);
    if (under !== undefined) return under.value;
    const removal = this.#leave(key, admitted, reason).finally(() => this.#leaving.delete(key));
    this.#leaving.add(job, removal);
    return removal;
  }

  async #leave(key: string, { job, sequence }: StoredJob, reason: RemovalReason | undefined): Promise<Removed> {
    const stored = this.#registry.byKey(key);
    if (stored === undefined) throw new Error(`${key} is not registered, and so cannot end`);
    const isTold = reason !== undefined && !this.#unannounced.has(job);
    // A registration that came to nothing may be tried again with the addresses that it has leased.
    const leaseNumber = isTold ? this.#options.leases?.numberOf(key) : undefined;
    if (reason === 'asked' || reason === 'replaced') await this.#journal.ending(stored, leaseNumber);
    else this.#journal.endingAnyway(stored, leaseNumber);
    this.#registry.delete(job);
    this.#waiting.delete(job);
    this.#unconfirmed.delete(job);
    const { enforcement } = stored;
    const isOnSwitches = enforcement === 'port' || enforcement === 'by-address';
    const { silent, away } = isOnSwitches
      ? await this.#options.enforcer.jobRemoved(job, enforcement)
      : await NOTHING_TO_CONFIRM;
    const pendingSwitches = [...new Set([...silent, ...away])];
    const left = { sequence, key, addresses: job.addresses, switches: pendingSwitches };
    this.#formerRules.hold(left);
    if (isOnSwitches) {
      this.#journal.settled(left);
      await pause(this.#options.clock, this.#options.settleMs());
    }
    const removed: Removed = { job, pendingSwitches };
    this.#unannounced.delete(job);
    if (isTold) this.events.emit('removed', removed, reason);
    return removed;
  }
}

function jobsByDpid(placed: readonly StoredJob[]): ReadonlyMap<bigint, readonly Job[]> {
  const jobs = new Map<bigint, Job[]>();
  for (const { job, location } of placed) {
    if (location === undefined) continue;
    const there = jobs.get(location.dpid);
    if (there === undefined) jobs.set(location.dpid, [job]);
    else there.push(job);
  }
  return jobs;
}
