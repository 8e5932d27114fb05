// Load at a given rate, whatever is unanswered: what a slow answer would have held back is asked all the same.

import type { LoadSwitch } from './load-switch.ts';

/** Bursts of a millisecond, the switches in turn. */
export class Offering {
  readonly #switches: readonly LoadSwitch[];
  readonly #perMs: number;
  #timer: NodeJS.Timeout | undefined;
  #begin = 0;
  #due = 0;
  #heldBack = 0;
  #turn = 0;

  constructor(switches: readonly LoadSwitch[], perSec: number) {
    this.#switches = switches;
    this.#perMs = perSec / 1000;
  }

  start(): void {
    this.reset();
    this.#timer = setInterval(() => this.#send(), 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** From now on it is counted. */
  reset(): void {
    this.#begin = performance.now();
    this.#due = 0;
    this.#heldBack = 0;
  }

  get shareHeldBack(): number {
    return this.#due === 0 ? 0 : this.#heldBack / this.#due;
  }

  #send(): void {
    const due = Math.floor((performance.now() - this.#begin) * this.#perMs);
    let left = due - this.#due;
    this.#due = due;
    const each = Math.ceil(left / this.#switches.length);
    for (let i = 0; i < this.#switches.length && left > 0; i++) {
      const asked = Math.min(each, left);
      this.#turn = (this.#turn + 1) % this.#switches.length;
      this.#heldBack += asked - this.#switches[this.#turn]!.offer(asked);
      left -= asked;
    }
  }
}
