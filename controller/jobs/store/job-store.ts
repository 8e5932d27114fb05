// What must outlive the controller: the registered jobs, the addresses held back for switches that may still have rules
// of a job that ended, which switches have ever been under Lark's rule, at which of their ports jobs were, and the numbers of
// endpoint classes, and the addresses that are leased. A store carries out changes whole, in the order
// in which they were given, and says so only when they are on the disk.

import type { IpAddress } from '../../../protocols/packet/address.ts';
import type { AddressLease } from '../addresses/address-lease.ts';
import type { Admitted } from '../admission.ts';
import type { Job } from '../job.ts';
import type { StoreErrorCode } from './store-errors.ts';

/** A job as it was registered. `sequence` counts registrations, is never given twice, and names the record. */
export interface StoredJob extends Admitted {
  readonly sequence: number;
}

/** A job that ended, and the switches (datapath ids, 16 hex digits) that may still have rules of it. */
export interface EndedJob {
  /** That of the job. */
  readonly sequence: number;
  /** Its registration key, for people. */
  readonly key: string;
  readonly addresses: readonly IpAddress[];
  /** `all`: which of them still has some was not known yet when this was written. */
  readonly switches: readonly string[] | 'all';
}

export interface StoredState {
  /** In the order of registration. */
  readonly jobs: readonly StoredJob[];
  readonly ended: readonly EndedJob[];
  /** Every switch that may have rules of Lark's, but for those that an operator has declared forgotten. */
  readonly switches: readonly string[];
  readonly jobPorts: readonly StoredJobPort[];
  readonly classes: readonly StoredClass[];
  readonly leases: readonly AddressLease[];
}

/** A port that a job is at, or was. */
export interface StoredJobPort {
  readonly dpid: string;
  readonly portName: string;
}

/** The number by which the switches' rules name a class of endpoints. */
export interface StoredClass {
  readonly number: number;
  /** What is the same for the same class after a restart. */
  readonly key: string;
}

/** What the engine has found out and wants to know again. */
export type Memory =
  | (StoredJobPort & { readonly kind: 'jobPort'; readonly isJobPort: boolean })
  /** Without a key: the number stands for no class any more. */
  | { readonly kind: 'class'; readonly number: number; readonly key: string | undefined };

export type StoreChange =
  | { readonly kind: 'job'; readonly job: StoredJob }
  /** The job is gone and leaves this behind; what was said of the same sequence number before is replaced. */
  | { readonly kind: 'ended'; readonly ended: EndedJob }
  /** Nothing of this job is left anywhere. */
  | { readonly kind: 'free'; readonly sequence: number }
  | { readonly kind: 'switch'; readonly dpid: string }
  /** The switch and its job ports. */
  | { readonly kind: 'forget'; readonly dpid: string }
  | { readonly kind: 'lease'; readonly lease: AddressLease }
  | { readonly kind: 'leaseEnded'; readonly number: number }
  | Memory;

export interface JobStore {
  /**
   * What had been synced when the store was opened. To be called once, before the first change.
   * @param each is given each job as it is read, when looking at its ads costs least.
   */
  load(each?: (job: Job) => void): StoredState;
  /**
   * Resolves when all of the changes are on the disk. Rejects with a StoreError where they could not be written: then
   * none of them is in force, though after STORE_BROKEN they may be found after a restart.
   */
  commit(changes: readonly StoreChange[]): Promise<void>;
  /** Why it takes nothing any more, until a restart. */
  readonly broken: StoreError | undefined;
  /** Ends what is under way and closes. */
  close(): Promise<void>;
}

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** `message` says which store, what was wrong and what to do. */
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

export const EMPTY_STATE: StoredState = { jobs: [], ended: [], switches: [], jobPorts: [], classes: [], leases: [] };

/** For a Lark whose policy file has no `store`: it keeps nothing, so what is registered is lost at a restart. */
export class VolatileJobStore implements JobStore {
  readonly broken = undefined;

  load(): StoredState {
    return EMPTY_STATE;
  }

  async commit(_changes: readonly StoreChange[]): Promise<void> {}

  async close(): Promise<void> {}
}
