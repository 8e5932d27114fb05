// The jobs that the network knows, in memory: what an address stands for is answered from here. It holds values only;
// who may enter and when an entry counts is decided by the admission service, which is the only one to change it.

import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { Admitted } from './admission.ts';
import { registrationKey } from './job.ts';
import { JobIndex } from './job-index.ts';

/** What those who only ask may do with the registry. */
export interface RegisteredJobs {
  readonly size: number;
  byKey(key: string): Admitted | undefined;
  /** The one job that holds the address. */
  byAddress(address: IpAddress): Admitted | undefined;
  byMac(mac: MacAddress): Admitted | undefined;
  /** In order of registration. */
  list(): readonly Admitted[];
}

/** A part of the list: up to so many jobs, and the cursor to ask for the next part with; no cursor at the end. */
export interface JobPage {
  readonly jobs: readonly Admitted[];
  readonly next: number | undefined;
}

export class JobRegistry implements RegisteredJobs {
  readonly #jobs = new JobIndex<{ admitted: Admitted; readonly sequence: number }>();
  #nextSequence = 1;

  get size(): number {
    return this.#jobs.size;
  }

  /** Throws if its key, an address or its MAC address is there already. */
  add(admitted: Admitted): void {
    this.#jobs.add(admitted.job, { admitted, sequence: this.#nextSequence++ });
  }

  /** The same job with another end of its lease; undefined if there is no such job. */
  renew(key: string, leaseEndsAt: number): Admitted | undefined {
    const entry = this.#jobs.byKey(key);
    if (entry === undefined) return undefined;
    entry.value.admitted = { ...entry.value.admitted, leaseEndsAt };
    return entry.value.admitted;
  }

  delete(admitted: Admitted): void {
    this.#jobs.delete(registrationKey(admitted.job.registration));
  }

  byKey(key: string): Admitted | undefined {
    return this.#jobs.byKey(key)?.value.admitted;
  }

  byAddress(address: IpAddress): Admitted | undefined {
    return this.#jobs.byAddress(address)?.value.admitted;
  }

  byMac(mac: MacAddress): Admitted | undefined {
    return this.#jobs.byMac(mac)?.value.admitted;
  }

  list(): readonly Admitted[] {
    return Array.from(this.#jobs.values(), (entry) => entry.value.admitted);
  }

  /** Up to `limit` jobs registered after the one that `cursor` stands for (0: from the first). Stays right while jobs come and go. */
  page(cursor: number, limit: number): JobPage {
    const jobs: Admitted[] = [];
    let last = cursor;
    for (const { value } of this.#jobs.values()) {
      if (value.sequence <= cursor) continue;
      if (jobs.length === limit) return { jobs, next: last };
      jobs.push(value.admitted);
      last = value.sequence;
    }
    return { jobs, next: undefined };
  }
}
