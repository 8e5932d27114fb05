// When a class's number may stand for another class. The numbers of classes that are gone are held back until every switch that
// may have rules naming them has forgotten them; where many are, the switches are told to. See class-numbers.ts.

import type { ClassMemory } from './class-memory.ts';
import type { ClassNumbers } from './class-numbers.ts';
import type { ManagedSwitch } from './managed-switch.ts';

/** With so many held back, switches are told to forget them. */
const MOST_HELD_NUMBERS = 64;

export interface ClassRecyclingParts {
  /** Of the policy in force. */
  readonly numbers: () => ClassNumbers;
  readonly memory: ClassMemory;
  readonly connected: () => readonly ManagedSwitch[];
  /** Datapath ids of all that may have rules, connected or not. */
  readonly holders: () => readonly bigint[];
  readonly confirmTimeoutMs: () => number;
}

export class ClassRecycling {
  readonly #parts: ClassRecyclingParts;
  #isRecycling = false;

  constructor(parts: ClassRecyclingParts) {
    this.#parts = parts;
  }

  /** Classes with these numbers are gone: no number stands for another before every switch has forgotten what it meant. */
  retire(retired: readonly number[]): void {
    const { memory, holders } = this.#parts;
    const numbers = this.#parts.numbers();
    memory.forget(retired);
    const named = retired.length === 0 ? [] : holders();
    for (const number of retired) numbers.retire(number, named);
    if (numbers.heldBack < MOST_HELD_NUMBERS || this.#isRecycling) return;
    this.#isRecycling = true;
    void this.#recycle().finally(() => {
      this.#isRecycling = false;
    });
  }

  /** Has every connected switch forget the verdicts of classes that are gone. */
  async #recycle(): Promise<void> {
    const { connected, numbers, confirmTimeoutMs } = this.#parts;
    await Promise.all(
      connected().map(async (managed) => {
        const { dpid } = managed.state;
        const held = numbers().heldFor(dpid);
        if (held.length === 0) return;
        managed.rules.refreshWhole(managed.pipeline.groupsOfClasses());
        if (await managed.rules.confirm(confirmTimeoutMs())) numbers().release(dpid, held);
      }),
    );
  }
}
