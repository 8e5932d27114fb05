// How many may listen to a stream at a time: so many in all, and half of them of one address, so that no one host keeps
// all others from listening. Owner: the route of the stream. Whoever finds no place is refused.

import { peerOf } from '../listeners/peer-limits.ts';
import { ProblemError } from './problem.ts';

const PLACES = 64;
const PLACES_OF_PEER = PLACES / 2;

export class StreamPlaces {
  readonly #what: string;
  readonly #taken = new Map<string | bigint, number>();
  #sum = 0;

  /** @param what is listened to, for people */
  constructor(what: string) {
    this.#what = what;
  }

  /** Takes a place; the answer gives it back. Throws the refusal where there is none. */
  take(address: string): () => void {
    if (this.#sum >= PLACES) throw refusal(`${PLACES} clients listen to ${this.#what}, and no more may.`);
    const peer = peerOf(address);
    const ofPeer = this.#taken.get(peer) ?? 0;
    if (ofPeer >= PLACES_OF_PEER) {
      throw refusal(`${address} listens to ${this.#what} ${PLACES_OF_PEER} times, and no more one address may.`);
    }
    this.#add(peer, 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(peer, -1);
      isHeld = false;
    };
  }

  #add(peer: string | bigint, count: number): void {
    const taken = (this.#taken.get(peer) ?? 0) + count;
    if (taken === 0) this.#taken.delete(peer);
    else this.#taken.set(peer, taken);
    this.#sum += count;
  }
}

function refusal(detail: string): ProblemError {
  return new ProblemError('HTTP_TOO_MANY_STREAMS', detail);
}
