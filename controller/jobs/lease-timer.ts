// One timer for all leases: it fires when the earliest of them may have ended, and whoever owns it then looks which have.
// Renewing a lease leaves the timer alone, so it may fire early and find nothing; it never fires more than four times a
// second, so that leases which end one by one do not cost a pass over all jobs each.

import type { Clock } from './clock.ts';

const LEAST_WAIT_MS = 250;

export class LeaseTimer {
  readonly #clock: Clock;
  readonly #look: () => void;
  #firesAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** `look` is called when a lease may have ended; it arms the timer again for those that have not. */
  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Fire no later than shortly after this wall-clock time (ms). */
  arm(endsAt: number): void {
    const now = this.#clock.now();
    const firesAt = Math.max(endsAt, now + LEAST_WAIT_MS);
    if (firesAt >= this.#firesAt) return;
    this.stop();
    this.#firesAt = firesAt;
    this.#cancel = this.#clock.after(firesAt - now, () => {
      this.stop();
      this.#look();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }
}
