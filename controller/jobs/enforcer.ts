// What the admission of jobs needs from the enforcement engine, so that neither imports the other's insides.

import type { Enforcement } from './admission.ts';
import type { Job } from './job.ts';
import type { StoredClass, StoredJobPort } from './store/job-store.ts';

/** A port of a switch. `portName` tells it from another that has got its number since; undefined where it was not known. */
export interface JobLocation {
  readonly dpid: bigint;
  readonly portNo: number;
  readonly portName?: string | undefined;
}

/** A job that was admitted before this start of the controller. */
export interface RestoredJob {
  readonly job: Job;
  readonly location: JobLocation | undefined;
}

/** What is known of the network before any switch has connected. Datapath ids are 16 hex digits. */
export interface RestoredNetwork {
  /** The jobs that were admitted, at their ports as they were. */
  readonly jobs: readonly RestoredJob[];
  /** The switches that may have rules of them. */
  readonly switches: readonly string[];
  readonly jobPorts: readonly StoredJobPort[];
  readonly classes: readonly StoredClass[];
}

/** Where a job's packets enter the network, as far as Lark can tell before it is admitted. */
export type Location =
  | ({ readonly kind: 'port' } & JobLocation)
  /** No port is known and the file says `unlocated: by-address`. */
  | { readonly kind: 'by-address' }
  /** No port is known; `message` says what was looked for and what to do. */
  | { readonly kind: 'unlocated'; readonly message: string }
  /** Its switch is known but not connected. */
  | { readonly kind: 'away'; readonly message: string };

/** What the switches said of a change. Datapath ids are 16 hex digits. */
export interface Confirmation {
  /** The job's edge switch (any connected switch for `by-address`) confirmed with a barrier. */
  readonly edgeConfirmed: boolean;
  /** Connected switches that did not confirm before the deadline. */
  readonly silent: readonly string[];
  /** Switches that are not connected and may still hold rules of the job. */
  readonly away: readonly string[];
}

export interface Enforcer {
  locate(job: Job): Location;
  /** The limit on endpoint classes, where this job would make one too many; undefined where it fits. */
  classLimitFor(job: Job): number | undefined;
  /**
   * To be called in the same turn of the event loop as the registry's change: writes the deletes and adds to every
   * connected switch before it returns, so that no PacketIn handled later can install the past; the promise settles
   * when every connected switch has confirmed or `confirmTimeoutMs` has passed. Never rejects.
   */
  jobAdded(job: Job, enforcement: Enforcement): Promise<Confirmation>;
  jobRemoved(job: Job, enforcement: Enforcement): Promise<Confirmation>;
  /** Resolves when this switch has connected and been mended, so that addresses held back for it may go. */
  whenMended(dpid: string): Promise<void>;
  /** Before any switch connects. */
  restore(network: RestoredNetwork): void;
  /** This switch will not come back with old rules. False, and nothing is done, if it is connected. */
  forget(dpid: string): boolean;
}
