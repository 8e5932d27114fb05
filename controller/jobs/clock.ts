// Time as the jobs' code sees it: passed in, so that tests move it by hand and nothing waits for real.

/** Wall-clock time and one-shot timers. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `action` once after `ms`; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** What setTimeout can count: a longer wait would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** A step of the wall clock by less than this is not told apart from its being read late. */
const LEAST_JUMP_MS = 1000;

/**
 * The system's clock, which tells when it is set to another time: before `now` gives the new time, so that nobody takes the
 * step for time that has passed.
 */
export class WallClock implements Clock {
  readonly after = systemClock.after;
  onJump: (byMs: number) => void = () => {};
  #offset = Date.now() - performance.now();

  now(): number {
    const now = Date.now();
    const offset = now - performance.now();
    const byMs = Math.round(offset - this.#offset);
    if (Math.abs(byMs) >= LEAST_JUMP_MS) {
      this.#offset = offset;
      this.onJump(byMs);
    }
    return now;
  }
}

/** Resolves after `ms` of the clock; at once for 0. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resolve) => clock.after(ms, resolve));
}
