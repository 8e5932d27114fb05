// The jobs that the network knows, in memory: what an address stands for is answered from here. It holds values only;
// who may enter and when an entry counts is decided by the admission service, which is the only one to change it.

import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { Job } from './job.ts';
import { JobIndex } from './job-index.ts';
import type { StoredJob } from './store/job-store.ts';

/** What those who only ask may do with the registry. */
export interface RegisteredJobs {
  readonly size: number;
  byKey(key: string): StoredJob | undefined;
  /** The one job that holds the address. */
  byAddress(address: IpAddress): StoredJob | undefined;
  byMac(mac: MacAddress): StoredJob | undefined;
  /** In order of registration. */
  list(): readonly StoredJob[];
}

/** A part of the list: up to so many jobs, and the cursor to ask for the next part with; no cursor at the end. */
export interface JobPage {
  readonly jobs: readonly StoredJob[];
  readonly next: number | undefined;
}

export class JobRegistry implements RegisteredJobs {
  #jobs = new JobIndex<StoredJob>();

  /** Begins with these, in order of registration, which are its own from now on. */
  restore(jobs: JobIndex<StoredJob>): void {
    this.#jobs = jobs;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Throws if its key, an address or its MAC address is there already. Sequence numbers must rise. */
  add(registered: StoredJob): void {
    this.#jobs.add(registered.job, registered);
  }

  /** The same job with another lease, enforcement or place; undefined, and nothing done, if it is not there. */
  change(job: Job, changes: Partial<Omit<StoredJob, 'job' | 'sequence'>>): StoredJob | undefined {
    const entry = this.#jobs.byKey(job.key);
    if (entry?.job !== job) return undefined;
    entry.value = { ...entry.value, ...changes };
    return entry.value;
  }

  delete(job: Job): void {
    this.#jobs.delete(job.key);
  }

  byKey(key: string): StoredJob | undefined {
    return this.#jobs.byKey(key)?.value;
  }

  byAddress(address: IpAddress): StoredJob | undefined {
    return this.#jobs.byAddress(address)?.value;
  }

  byMac(mac: MacAddress): StoredJob | undefined {
    return this.#jobs.byMac(mac)?.value;
  }

  list(): readonly StoredJob[] {
    return Array.from(this.#jobs.values(), (entry) => entry.value);
  }

  /** Up to `limit` jobs registered after the one that `cursor` stands for (0: from the first). Stays right while jobs come and go. */
  page(cursor: number, limit: number): JobPage {
    const jobs: StoredJob[] = [];
    let last = cursor;
    for (const { value } of this.#jobs.values()) {
      if (value.sequence <= cursor) continue;
      if (jobs.length === limit) return { jobs, next: last };
      jobs.push(value);
      last = value.sequence;
    }
    return { jobs, next: undefined };
  }
}
