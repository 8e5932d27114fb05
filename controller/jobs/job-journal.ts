// What of the registry is written down, and when. The admission service changes the registry and tells this journal; the
// journal turns each change into records of the store.
//
// A change that somebody waits for is refused when it cannot be written. One that happens anyway (a lease that is over, a
// port that is gone) cannot be: it is owed, and goes in front of the next commit, so that no later acknowledgement rests
// on a store that contradicts it; without one it is tried again after a while. Of each job only the latest
// change is owed, so what is owed is bounded by the number of jobs.
//
// What the engine wants to know again (`remember`) is owed from the start: it goes to the disk in front of the next commit, and
// nobody waits for it. That is soon enough. The port of a job that is there is in the job's own record; that it stays a
// job's port is written before, or with, the end of the job. Numbers of classes that are lost are given anew, which costs FlowMods.

import { JobError } from './admission.ts';
import type { Clock } from './clock.ts';
import type { HoldingJob } from './held-back.ts';
import { type JobStore, type Memory, type StoreChange, type StoredJob, StoreError } from './store/job-store.ts';
import { type NumberedChange, OwedChanges } from './store/owed-changes.ts';

export interface JournalLog {
  error(fields: object, event: string): void;
}

/** How long after a failure what is owed is tried again by itself. */
const RETRY_MS = 5000;
/** How long what is to be remembered may wait for a commit to go with. */
const MEMORY_MS = 1000;
/** Changes that are written at once, and hold up the event loop meanwhile. */
const MOST_TOGETHER = 256;

export class JobJournal {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #log: JournalLog | undefined;
  readonly #owed = new OwedChanges();
  #cancelRetry: (() => void) | undefined;
  #cancelWriting: (() => void) | undefined;
  #isStopped = false;

  constructor(store: JobStore, clock: Clock, log?: JournalLog) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects with JOB_STORE_FAILED, in which case nothing was written. */
  async register(job: StoredJob): Promise<void> {
    await this.#commit([{ kind: 'job', job }]);
  }

  /** The job as it is now: a renewed lease, another place. As `register`. */
  update = this.register;

  /**
   * The job ends, and the lease of its addresses if it has one: neither will be there after a restart, and until `settled`
   * its addresses are held back for every switch. As `register`.
   */
  async ending(job: StoredJob, leaseNumber: number | undefined): Promise<void> {
    await this.#commit(ending(job, leaseNumber));
  }

  /** The same for a job that ends whatever the store says. */
  endingAnyway(job: StoredJob, leaseNumber: number | undefined): void {
    this.#owe(ending(job, leaseNumber));
  }

  /** Which switches still stand in the way of a former job's addresses; none: nothing is left of it. */
  settled(left: HoldingJob): void {
    this.#owe([settledChange(left)]);
  }

  /** A registration that was written, and then came to nothing before a switch had heard of it. */
  withdrawn(sequence: number): void {
    this.#owe([{ kind: 'free', sequence }]);
  }

  changed(job: StoredJob): void {
    this.#owe([{ kind: 'job', job }]);
  }

  /** As `changed`, for any number of jobs. */
  changedTogether(jobs: readonly StoredJob[]): void {
    for (let at = 0; at < jobs.length; at += MOST_TOGETHER) {
      this.#owe(jobs.slice(at, at + MOST_TOGETHER).map((job) => ({ kind: 'job', job })));
    }
  }

  /** To be awaited before the switch gets a rule that names a job. As `register`. */
  async meetSwitch(dpid: string): Promise<void> {
    await this.#commit([{ kind: 'switch', dpid }]);
  }

  /** As `register`. */
  async forgetSwitch(dpid: string, left: readonly HoldingJob[]): Promise<void> {
    await this.#commit([{ kind: 'forget', dpid }, ...left.map(settledChange)]);
  }

  /** As `register`. */
  async leases(changes: readonly StoreChange[]): Promise<void> {
    await this.#commit(changes);
  }

  /** A lease that ends whatever the store says. */
  leaseEnded(number: number): void {
    this.#owe([{ kind: 'leaseEnded', number }]);
  }

  remember(memory: Memory): void {
    this.#owed.later(memory);
    this.#cancelWriting ??= this.#clock.after(MEMORY_MS, () => {
      this.#cancelWriting = undefined;
      if (this.#owed.size > 0) this.#owe([]);
    });
  }

  /** What is owed is given once more; nothing is tried again from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelWriting?.();
    this.#cancelRetry?.();
    if (this.#owed.size > 0) this.#owe([]);
  }

  async #commit(changes: readonly StoreChange[]): Promise<void> {
    const batch = this.#owed.begin(changes);
    try {
      await this.#give(batch);
    } catch (error) {
      this.#owed.failed(batch, batch.length - changes.length);
      throw storeFailed(error);
    }
  }

  #owe(changes: readonly StoreChange[]): void {
    const batch = this.#owed.begin(changes);
    this.#give(batch).catch((error: unknown) => {
      this.#owed.failed(batch, batch.length);
      this.#log?.error({ owed: this.#owed.size, error: String(error) }, 'job_store.write_failed');
      if (this.#isStopped) return;
      this.#cancelRetry ??= this.#clock.after(RETRY_MS, () => {
        this.#cancelRetry = undefined;
        this.#owe([]);
      });
    });
  }

  async #give(batch: readonly NumberedChange[]): Promise<void> {
    await this.#store.commit(batch.map(({ change }) => change));
    this.#owed.taken(batch);
  }
}

function ending(stored: StoredJob, leaseNumber: number | undefined): readonly StoreChange[] {
  const ended = endingOfJob(stored);
  return leaseNumber === undefined ? [ended] : [ended, { kind: 'leaseEnded', number: leaseNumber }];
}

function endingOfJob({ sequence, job, enforcement }: StoredJob): StoreChange {
  // No switch has ever heard of these.
  if (enforcement === 'unenforced' || enforcement === 'waiting') return { kind: 'free', sequence };
  const key = job.key;
  return { kind: 'ended', ended: { sequence, key, addresses: job.addresses, switches: 'all' } };
}

function settledChange(left: HoldingJob): StoreChange {
  if (left.switches.length === 0) return { kind: 'free', sequence: left.sequence };
  return { kind: 'ended', ended: left };
}

function storeFailed(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return new JobError('JOB_STORE_FAILED', `The change could not be made durable, so it was not made. ${error.message}`);
}
