// A token bucket whose clock is read only when it is empty: so after a pause up to twice the burst may be taken at once, and
// never less than one that is filled all the time would give.

export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds, monotonic. */
  constructor(tokens: number, now: number) {
    this.#tokens = tokens;
    this.#filledAt = now;
  }

  /** False where there is not so much: `fill` it, and ask again. */
  take(cost = 1): boolean {
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** @param most how full it gets. */
  fill(now: number, perSec: number, most: number): void {
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#filledAt) / 1000) * perSec);
    this.#filledAt = now;
  }
}
