// The registered jobs as the network sees them: by address, by MAC and by the port that their packets enter at. The
// enforcement engine keeps it in step with the registry, in the same turn of the event loop.
//
// Invariant: an address and a MAC have at most one job. A learned MAC never replaces a registered one.

import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { Job } from '../jobs/job.ts';

export interface PortLocation {
  readonly dpid: bigint;
  readonly portNo: number;
  /** Tells the port from another that has got its number since. */
  readonly portName?: string | undefined;
}

export interface PlacedJob {
  readonly job: Job;
  /** Undefined for a job that is enforced by its address alone. */
  readonly location: PortLocation | undefined;
  /** The registered MAC, or the one learned from its first packet. */
  readonly mac: MacAddress | undefined;
}

export class JobTable {
  readonly #byKey = new Map<string, PlacedJob>();
  readonly #byAddress = new Map<IpAddress, PlacedJob>();
  readonly #byMac = new Map<MacAddress, PlacedJob>();
  /** By datapath id and port; most ports have one job, which then stands for the set of it. */
  readonly #byPort = new Map<bigint, Map<number, PlacedJob | Set<PlacedJob>>>();
  readonly #unplaced = new Set<PlacedJob>();

  get size(): number {
    return this.#byKey.size;
  }

  /** A job that was bound to this job's registered MAC by use loses it: see `boundTo`. */
  add(job: Job, location: PortLocation | undefined): PlacedJob {
    this.remove(job);
    const bound = job.mac === undefined ? undefined : this.boundTo(job.mac);
    if (bound !== undefined) {
      this.#take(bound);
      this.#put({ ...bound, mac: undefined });
    }
    const placed: PlacedJob = { job, location, mac: job.mac };
    this.#put(placed);
    return placed;
  }

  remove(job: Job): PlacedJob | undefined {
    const placed = this.#byKey.get(job.key);
    if (placed !== undefined) this.#take(placed);
    return placed;
  }

  /** Binds a job that registered without a MAC to the one it sends from; the answer is the job as it is placed now. */
  learnMac(placed: PlacedJob, mac: MacAddress): PlacedJob {
    if (placed.mac !== undefined || this.#byMac.has(mac)) return placed;
    const bound = { ...placed, mac };
    this.#take(placed);
    this.#put(bound);
    return bound;
  }

  get(job: Job): PlacedJob | undefined {
    return this.#byKey.get(job.key);
  }

  /** By `Job.key`. */
  byKey(key: string): PlacedJob | undefined {
    return this.#byKey.get(key);
  }

  byAddress(address: IpAddress): PlacedJob | undefined {
    return this.#byAddress.get(address);
  }

  byMac(mac: MacAddress): PlacedJob | undefined {
    return this.#byMac.get(mac);
  }

  /** The job that registered without a MAC and has used this one. */
  boundTo(mac: MacAddress): PlacedJob | undefined {
    const placed = this.#byMac.get(mac);
    return placed?.job.mac === undefined ? placed : undefined;
  }

  at(dpid: bigint, portNo: number): ReadonlySet<PlacedJob> {
    const there = this.#byPort.get(dpid)?.get(portNo);
    return there === undefined ? NONE : there instanceof Set ? there : new Set([there]);
  }

  /** Those at any port of this switch. */
  ofSwitch(dpid: bigint): readonly PlacedJob[] {
    return [...(this.#byPort.get(dpid)?.values() ?? [])].flatMap((there) =>
      there instanceof Set ? [...there] : there,
    );
  }

  /** Those at no known port. */
  unplaced(): ReadonlySet<PlacedJob> {
    return this.#unplaced;
  }

  all(): Iterable<PlacedJob> {
    return this.#byKey.values();
  }

  #put(placed: PlacedJob): void {
    this.#byKey.set(placed.job.key, placed);
    for (const address of placed.job.addresses) this.#byAddress.set(address, placed);
    if (placed.mac !== undefined) this.#byMac.set(placed.mac, placed);
    if (placed.location === undefined) {
      this.#unplaced.add(placed);
      return;
    }
    const { dpid, portNo } = placed.location;
    let ports = this.#byPort.get(dpid);
    if (ports === undefined) {
      ports = new Map();
      this.#byPort.set(dpid, ports);
    }
    const there = ports.get(portNo);
    if (there === undefined) ports.set(portNo, placed);
    else if (there instanceof Set) there.add(placed);
    else ports.set(portNo, new Set([there, placed]));
  }

  #take(placed: PlacedJob): void {
    this.#byKey.delete(placed.job.key);
    for (const address of placed.job.addresses) {
      if (this.#byAddress.get(address) === placed) this.#byAddress.delete(address);
    }
    if (placed.mac !== undefined && this.#byMac.get(placed.mac) === placed) this.#byMac.delete(placed.mac);
    this.#unplaced.delete(placed);
    if (placed.location === undefined) return;
    const { dpid, portNo } = placed.location;
    const ports = this.#byPort.get(dpid);
    const there = ports?.get(portNo);
    if (there instanceof Set) there.delete(placed);
    if (there === placed || (there instanceof Set && there.size === 0)) ports?.delete(portNo);
    if (ports?.size === 0) this.#byPort.delete(dpid);
  }
}

const NONE: ReadonlySet<PlacedJob> = new Set();
