// One value per job, found by the job's registration key, by any of its addresses and by its MAC address, each in
// constant time. The caller sees to it that no two jobs of one index share a key, an address or a MAC address: `add`
// throws where they would, since a second holder of an address is the one thing that must never happen.

import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { Job } from './job.ts';

export interface IndexEntry<Value> {
  readonly key: string;
  readonly job: Job;
  value: Value;
}

export class JobIndex<Value> {
  readonly #byKey = new Map<string, IndexEntry<Value>>();
  readonly #byAddress = new Map<IpAddress, IndexEntry<Value>>();
  readonly #byMac = new Map<MacAddress, IndexEntry<Value>>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Throws if another job has the key, an address or the MAC address: a bug of the caller. */
  add(job: Job, value: Value): void {
    if (!this.tryAdd(job, value)) {
      throw new Error(`job ${job.key} shares its key, an address or its MAC address with another`);
    }
  }

  /** False, and nothing done, if another job has the key, an address or the MAC address. */
  tryAdd(job: Job, value: Value): boolean {
    const { key } = job;
    const macIsHeld = job.mac !== undefined && this.#byMac.has(job.mac);
    if (macIsHeld || this.#byKey.has(key) || job.addresses.some((address) => this.#byAddress.has(address)))
      return false;
    const entry: IndexEntry<Value> = { key, job, value };
    this.#byKey.set(key, entry);
    for (const address of job.addresses) this.#byAddress.set(address, entry);
    if (job.mac !== undefined) this.#byMac.set(job.mac, entry);
    return true;
  }

  /** False if there was none. */
  delete(key: string): boolean {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return false;
    this.#byKey.delete(key);
    for (const address of entry.job.addresses) this.#byAddress.delete(address);
    if (entry.job.mac !== undefined) this.#byMac.delete(entry.job.mac);
    return true;
  }

  byKey(key: string): IndexEntry<Value> | undefined {
    return this.#byKey.get(key);
  }

  byAddress(address: IpAddress): IndexEntry<Value> | undefined {
    return this.#byAddress.get(address);
  }

  byMac(mac: MacAddress): IndexEntry<Value> | undefined {
    return this.#byMac.get(mac);
  }

  /** In the order in which they were added. */
  values(): Iterable<IndexEntry<Value>> {
    return this.#byKey.values();
  }

  /** Every entry that has the job's key, one of its addresses or its MAC address, each once. */
  touching(job: Job): readonly IndexEntry<Value>[] {
    const found = [
      this.#byKey.get(job.key),
      ...job.addresses.map((address) => this.#byAddress.get(address)),
      job.mac === undefined ? undefined : this.#byMac.get(job.mac),
    ];
    return [...new Set(found.filter((entry) => entry !== undefined))];
  }
}
