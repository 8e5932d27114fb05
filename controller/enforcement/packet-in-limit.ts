// How many packets a port may have asked about: a token bucket for each port, so that a storm from one port costs the others
// nothing. What is beyond is not looked at. It is asked for every PacketIn: a bucket is two numbers, and the clock is read only
// when one is empty. So up to twice the burst may pass at once after a pause; never less than the burst.
//
// A packet that its own rule answers, which is on its way, costs a sixteenth: answering it takes as much less, and a flow at
// line rate whose rule is late is no storm.

import type { PacketInLimitConfig } from '../config/config.ts';

/** What a packet costs that has to be judged, and one that its rule answers. */
export const JUDGED_COST = 1;
export const REPEATED_COST = 1 / 16;

/** Ports that many are behind have so many times as much. */
const SHARED_FACTOR = 10;

export interface PacketInLimitParts {
  /** Undefined: none. Asked when a bucket is empty, and after `reset`. */
  readonly limit: () => PacketInLimitConfig | undefined;
  /** Undefined: the switch has no such port. All of these share one bucket, so that they cannot use up memory. */
  readonly isShared: (portNo: number) => boolean | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

const NO_PORT = -1;

export class PacketInLimit {
  readonly #parts: PacketInLimitParts;
  readonly #buckets = new Map<number, Bucket>();

  constructor(parts: PacketInLimitParts) {
    this.#parts = parts;
  }

  /** Whether one more packet from this port may be handled; takes its cost if so. */
  take(portNo: number, cost: number): boolean {
    const bucket = this.#buckets.get(portNo) ?? this.#bucketOf(portNo);
    if (bucket.tokens < cost && !this.#fill(portNo, bucket, cost)) return false;
    bucket.tokens -= cost;
    return true;
  }

  /** The port is gone. */
  forget(portNo: number): void {
    this.#buckets.delete(portNo);
  }

  /** The figures are others from now on: every bucket is full. */
  reset(): void {
    this.#buckets.clear();
  }

  #bucketOf(portNo: number): Bucket {
    const isShared = this.#parts.isShared(portNo);
    const key = isShared === undefined ? NO_PORT : portNo;
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const made = { tokens: this.#most(isShared), filledAt: this.#parts.now() };
    this.#buckets.set(key, made);
    return made;
  }

  #most(isShared: boolean | undefined): number {
    const limit = this.#parts.limit();
    return limit === undefined ? Number.POSITIVE_INFINITY : limit.burst * factorOf(isShared);
  }

  #fill(portNo: number, bucket: Bucket, cost: number): boolean {
    const { limit: limitNow, isShared, now: clock } = this.#parts;
    const limit = limitNow();
    const factor = factorOf(isShared(portNo));
    const now = clock();
    const { tokens, filledAt } = bucket;
    const filled =
      limit === undefined ? Number.POSITIVE_INFINITY : tokens + ((now - filledAt) / 1000) * limit.perSec * factor;
    if (filled < cost) return false;
    bucket.tokens = Math.min(filled, this.#most(isShared(portNo)));
    bucket.filledAt = now;
    return true;
  }
}

function factorOf(isShared: boolean | undefined): number {
  return isShared === true ? SHARED_FACTOR : 1;
}
