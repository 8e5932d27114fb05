// Which class each number stands for, as it is written down: whoever writes is told of what differs, and of nothing twice.

import type { EndpointClass, VerdictEngine } from './endpoint-classes.ts';

export class ClassMemory {
  /** Fingerprints by number. */
  readonly #written = new Map<number, string>();
  readonly #onChange: (number: number, fingerprint: string | undefined) => void;

  constructor(onChange: (number: number, fingerprint: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** What was written down before, and is compared with the classes that there are now. */
  restore(written: Iterable<readonly [number: number, fingerprint: string]>, engine: VerdictEngine): void {
    for (const [number, fingerprint] of written) this.#written.set(number, fingerprint);
    const live: ReadonlySet<number> = new Set(Array.from(engine.live(), ({ id }: EndpointClass) => id));
    this.forget([...this.#written.keys()].filter((number) => !live.has(number)));
    this.note(engine);
  }

  /** Takes up the numbers that were given since. */
  note(engine: VerdictEngine): void {
    for (const each of engine.takeNumbered()) this.#set(each.id, engine.fingerprintOf(each));
  }

  /** These stand for no class any more. */
  forget(numbers: Iterable<number>): void {
    for (const number of numbers) this.#set(number, undefined);
  }

  #set(number: number, fingerprint: string | undefined): void {
    if (this.#written.get(number) === fingerprint) return;
    if (fingerprint === undefined) this.#written.delete(number);
    else this.#written.set(number, fingerprint);
    this.#onChange(number, fingerprint);
  }
}
