// The facts over time: the present ones, and those that a switch may still rightly act by because nobody has said yet that
// it has followed. What a frame does must be what the reference says by one of them; what is denied by all of them
// must not get through (promise 3), and what was acknowledged leaves only the present ones (promise 2).

import type { Facts } from './facts.ts';
import type { SwitchName } from './site.ts';

export class Knowledge {
  readonly #history: Facts[];
  /** The number of `#history[0]`. */
  #first = 0;
  readonly #since = new Map<SwitchName, number>();

  constructor(facts: Facts) {
    this.#history = [facts];
  }

  get now(): Facts {
    return this.#history.at(-1)!;
  }

  /** The number of the present facts. */
  get epoch(): number {
    return this.#first + this.#history.length - 1;
  }

  set now(facts: Facts) {
    if (facts !== this.now) this.#history.push(facts);
  }

  /** All that this switch may act by, the latest first. */
  possible(at: SwitchName): readonly Facts[] {
    const since = this.#since.get(at) ?? 0;
    return this.#history.slice(Math.max(0, since - this.#first)).reverse();
  }

  /** The switch has confirmed what followed from the facts of this number. */
  confirmed(at: SwitchName, epoch: number): void {
    this.#since.set(at, Math.max(this.#since.get(at) ?? 0, epoch));
  }

  /** Forgets what no switch may act by any more. */
  trim(names: Iterable<SwitchName>): void {
    const oldest = Math.min(this.epoch, ...Array.from(names, (name) => this.#since.get(name) ?? 0));
    if (oldest > this.#first) this.#history.splice(0, oldest - this.#first);
    this.#first = Math.max(this.#first, oldest);
  }
}
