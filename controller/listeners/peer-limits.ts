// What one address may have of a listener: so many connections at a time, and so many new ones a second. The one who asks for
// more is refused; the others are not. An IPv6 peer is its /64, since a host has all of that.

import { LRUCache } from 'lru-cache';
import { parseIp } from '../../protocols/packet/address.ts';
import { plainAddress } from '../config/socket-address.ts';
import { TokenBucket } from '../token-bucket.ts';

export interface Rate {
  readonly perSec: number;
  readonly burst: number;
}

export interface PeerFigures extends Rate {
  /** At a time. */
  readonly connections: number;
}

/** Why a connection is one too many. */
export type PeerRefusal = 'too-many-of-peer' | 'too-fast';

/** Addresses whose rates are remembered; of more, those that were quiet for longest begin anew. */
const MOST_REMEMBERED = 8192;

export class PeerRates {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string | bigint, TokenBucket>({ max: MOST_REMEMBERED });

  /** @param now milliseconds, monotonic. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Whether it may do so once more now. */
  take(address: string): boolean {
    const { perSec, burst } = this.#rate;
    const peer = peerOf(address);
    let bucket = this.#buckets.get(peer);
    if (bucket === undefined) {
      bucket = new TokenBucket(burst, this.#now());
      this.#buckets.set(peer, bucket);
    }
    if (bucket.take()) return true;
    bucket.fill(this.#now(), perSec, burst);
    return bucket.take();
  }
}

export class PeerLimits {
  readonly #figures: PeerFigures;
  readonly #rates: PeerRates;
  readonly #connections = new Map<string | bigint, number>();

  constructor(figures: PeerFigures, now?: () => number) {
    this.#figures = figures;
    this.#rates = new PeerRates(figures, now);
  }

  /** Undefined: it may, and is counted until `release`. Else why not. */
  admit(address: string): PeerRefusal | undefined {
    const peer = peerOf(address);
    const there = this.#connections.get(peer) ?? 0;
    if (there >= this.#figures.connections) return 'too-many-of-peer';
    if (!this.#rates.take(address)) return 'too-fast';
    this.#connections.set(peer, there + 1);
    return undefined;
  }

  /** A connection that was admitted has closed. */
  release(address: string): void {
    const peer = peerOf(address);
    const left = (this.#connections.get(peer) ?? 1) - 1;
    if (left === 0) this.#connections.delete(peer);
    else this.#connections.set(peer, left);
  }
}

const SUBNET_BITS = 64n;

/** What stands for the host that an address is of: two that are equal are one peer. */
export function peerOf(address: string): string | bigint {
  const plain = plainAddress(address);
  const parsed = parseIp(plain.replace(/%.*$/, ''));
  return typeof parsed === 'bigint' ? parsed >> SUBNET_BITS : plain;
}
