// Where each MAC address was last seen on one switch. Bounded in all and per port, so that one noisy port can neither
// fill the table nor push out what others are known by; entries age unless they are seen again.

import { LRUCache } from 'lru-cache';
import type { MacAddress } from '../../protocols/packet/address.ts';

export interface HostTableOptions {
  readonly maxHosts: number;
  readonly maxHostsPerPort: number;
  /** 0: entries do not age here, since the switch tells when a host has fallen silent. */
  readonly ttlMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** A MAC is no longer where it was noted last: it is elsewhere, or not known any more. */
  readonly onLeft?: () => void;
  /** An entry had to go for lack of room. */
  readonly onEvicted?: (mac: MacAddress) => void;
}

export type Learned =
  | { readonly kind: 'new' | 'same' | 'full' }
  /** It was known at another port until now. */
  | { readonly kind: 'moved'; readonly from: number };

type Hosts = LRUCache<MacAddress, number>;

export class HostTable {
  readonly #options: HostTableOptions;
  /** Undefined until a host is noted: it takes two kilobytes, and many switches have none. */
  #hosts: Hosts | undefined;
  #perPort: Map<number, number> | undefined;

  constructor(options: HostTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#hosts?.size ?? 0;
  }

  /** Notes that `mac` was seen at `port`. `full`: the port has its share already, and nothing was noted. */
  learn(mac: MacAddress, port: number): Learned {
    this.#hosts ??= this.#make();
    const hosts = this.#hosts;
    const known = hosts.get(mac);
    if (known === port) {
      hosts.set(mac, port); // an equal value is not disposed of: the count stands
      return { kind: 'same' };
    }
    const { maxHostsPerPort } = this.#options;
    if (this.countAt(port) >= maxHostsPerPort) {
      hosts.purgeStale();
      if (this.countAt(port) >= maxHostsPerPort) return { kind: 'full' };
    }
    hosts.set(mac, port);
    this.#count(port, 1);
    return known === undefined ? { kind: 'new' } : { kind: 'moved', from: known };
  }

  portOf(mac: MacAddress): number | undefined {
    return this.#hosts?.get(mac);
  }

  /** False if it was not known. */
  forget(mac: MacAddress): boolean {
    return this.#hosts?.delete(mac) ?? false;
  }

  /** The MACs that were known there. */
  forgetPort(port: number): readonly MacAddress[] {
    const gone = this.at(port);
    for (const mac of gone) this.#hosts?.delete(mac);
    return gone;
  }

  // Lists, not iterators: asking for one host moves it to the front, under whoever iterates.
  all(): readonly MacAddress[] {
    return [...(this.#hosts?.keys() ?? [])];
  }

  countAt(port: number): number {
    return this.#perPort?.get(port) ?? 0;
  }

  at(port: number): readonly MacAddress[] {
    return [...(this.#hosts?.entries() ?? [])].filter(([, at]) => at === port).map(([mac]) => mac);
  }

  #make(): Hosts {
    const { maxHosts, ttlMs, now, onLeft, onEvicted } = this.#options;
    return new LRUCache<MacAddress, number>({
      // Not `max`, which takes the room for all of them at once, at every switch.
      maxSize: maxHosts,
      sizeCalculation: () => 1,
      ttl: ttlMs,
      ttlResolution: 0,
      perf: { now },
      dispose: (port, mac, reason) => {
        this.#count(port, -1);
        onLeft?.();
        if (reason === 'evict') onEvicted?.(mac);
      },
    });
  }

  #count(port: number, by: number): void {
    this.#perPort ??= new Map();
    const count = (this.#perPort.get(port) ?? 0) + by;
    if (count > 0) this.#perPort.set(port, count);
    else this.#perPort.delete(port);
  }
}
