// Time that passes only when a sequence says so. While it is in force, `performance.now`, `setTimeout` and `clearTimeout`
// are its own, because the engine's time-outs read those; promises and `setImmediate` stay real, so that what is settled
// runs its course at once.

import type { Clock } from '../../controller/jobs/clock.ts';

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

const REAL = {
  now: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
} as const;

/** Where wall-clock time stands when a sequence begins. */
const WALL_CLOCK = 1_754_300_000_000;

export class VirtualTime implements Clock {
  #now = 1000;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  /** Milliseconds, monotonic. */
  get nowMs(): number {
    return this.#now;
  }

  install(): void {
    performance.now = () => this.#now;
    const set = (action: () => void, ms = 0) => this.#set(action, ms);
    const clear = (id: unknown) => {
      if (typeof id === 'number') this.#timers.delete(id);
    };
    globalThis.setTimeout = set as unknown as typeof setTimeout;
    globalThis.clearTimeout = clear as unknown as typeof clearTimeout;
  }

  uninstall(): void {
    performance.now = REAL.now;
    globalThis.setTimeout = REAL.setTimeout;
    globalThis.clearTimeout = REAL.clearTimeout;
  }

  now(): number {
    return WALL_CLOCK + this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const id = this.#set(action, ms);
    return () => this.#timers.delete(id);
  }

  /** Moves on to the next timer within `ms`, or by `ms` where there is none; what is left of `ms`. */
  step(ms: number): number {
    const end = this.#now + ms;
    let next: [number, Timer] | undefined;
    for (const each of this.#timers)
      if (each[1].at <= end && (next === undefined || each[1].at < next[1].at)) next = each;
    if (next === undefined) {
      this.#now = end;
      return 0;
    }
    this.#timers.delete(next[0]);
    this.#now = Math.max(this.#now, next[1].at);
    next[1].action();
    return end - this.#now;
  }

  /** Whoever set them is no more. */
  forgetTimers(): void {
    this.#timers.clear();
  }

  #set(action: () => void, ms: number): number {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { at: this.#now + ms, action });
    return this.#lastId;
  }
}

/** Lets everything that is already settled run its course. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
