// How many packets a port may have asked about: a token bucket for each port, so that a storm from one port costs the others
// nothing. What is beyond is not looked at. It is asked for every PacketIn, so the clock is read only when a bucket is empty.
//
// A packet that its own rule answers, which is on its way, costs a sixteenth: answering it takes as much less, and a flow at
// line rate whose rule is late is no storm.

import type { PacketInLimitConfig } from '../config/config.ts';
import { TokenBucket } from '../token-bucket.ts';

/** What a packet costs that has to be judged, and one that its rule answers. */
export const JUDGED_COST = 1;
export const REPEATED_COST = 1 / 16;

/** Ports that many are behind have so many times as much. */
const SHARED_FACTOR = 10;

export interface PacketInLimitParts {
  /** Undefined: none. `reset` has to follow where it becomes another. */
  readonly limit: () => PacketInLimitConfig | undefined;
  /** Undefined: the switch has no such port. All of these share one bucket, so that they cannot use up memory. */
  readonly isShared: (portNo: number) => boolean | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

const NO_PORT = -1;

export class PacketInLimit {
  readonly #parts: PacketInLimitParts;
  /** Undefined until a packet has come: many switches ask about none. */
  #buckets: Map<number, TokenBucket> | undefined;

  constructor(parts: PacketInLimitParts) {
    this.#parts = parts;
  }

  /** Whether one more packet from this port may be handled; takes its cost if so. */
  take(portNo: number, cost: number): boolean {
    const bucket = this.#buckets?.get(portNo) ?? this.#bucketOf(portNo);
    return bucket.take(cost) || this.#takeFilled(portNo, bucket, cost);
  }

  /** The port is gone. */
  forget(portNo: number): void {
    this.#buckets?.delete(portNo);
  }

  /** The figures are others from now on: every bucket is full. */
  reset(): void {
    this.#buckets = undefined;
  }

  #bucketOf(portNo: number): TokenBucket {
    const isShared = this.#parts.isShared(portNo);
    const key = isShared === undefined ? NO_PORT : portNo;
    const known = this.#buckets?.get(key);
    if (known !== undefined) return known;
    const { burst } = this.#figures(isShared);
    const made = new TokenBucket(burst, this.#parts.now());
    this.#buckets ??= new Map();
    this.#buckets.set(key, made);
    return made;
  }

  #takeFilled(portNo: number, bucket: TokenBucket, cost: number): boolean {
    const { perSec, burst } = this.#figures(this.#parts.isShared(portNo));
    bucket.fill(this.#parts.now(), perSec, burst);
    return bucket.take(cost);
  }

  #figures(isShared: boolean | undefined): Pick<PacketInLimitConfig, 'perSec' | 'burst'> {
    const limit = this.#parts.limit();
    if (limit === undefined) return UNLIMITED;
    const factor = isShared === true ? SHARED_FACTOR : 1;
    return { perSec: limit.perSec * factor, burst: limit.burst * factor };
  }
}

const UNLIMITED = { perSec: 0, burst: Number.POSITIVE_INFINITY };
