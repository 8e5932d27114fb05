// Which numbers stand for endpoint classes in the switches' rules. A number is one live class's alone. When its last
// member is gone it is held back until every switch that may have rules naming it has confirmed that they are gone, has
// been mended, or was forgotten; only then may it stand for another class. So no packet is ever judged by what its number
// meant before.

import { MAX_CLASS } from './multi-table/layout.ts';

export function isClassNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= MAX_CLASS;
}

/** All that decides which numbers come next. */
export interface NumbersState {
  /** This and all above it were never given. */
  readonly next: number;
  /** To be given again, the last first. */
  readonly free: readonly number[];
  /** With the datapath ids of the switches that may still name them. */
  readonly held: readonly (readonly [number: number, switches: readonly bigint[]])[];
}

export class ClassNumbers {
  #next = 0;
  readonly #free: number[] = [];
  /** Numbers that no class has any more, and the datapath ids of the switches that may still name them. */
  readonly #held = new Map<number, Set<bigint>>();

  /** How many more can be taken now. */
  get available(): number {
    return this.#free.length + MAX_CLASS + 1 - this.#next;
  }

  get heldBack(): number {
    return this.#held.size;
  }

  /** Takes these, before any other was taken. */
  takeExactly(taken: ReadonlySet<number>): void {
    if (this.#next > 0) throw new Error('numbers were taken before');
    const most = Math.max(-1, ...taken);
    for (let number = most; number >= 0; number--) if (!taken.has(number)) this.#free.push(number);
    this.#next = most + 1;
  }

  /** Throws where there is none: see `available`. */
  take(): number {
    const number = this.#free.pop() ?? this.#next;
    if (number > MAX_CLASS) throw new Error(`all ${MAX_CLASS + 1} class numbers are in use or held back`);
    if (number === this.#next) this.#next++;
    return number;
  }

  /** Its class has no members any more; these switches may have rules that name it. */
  retire(number: number, switches: Iterable<bigint>): void {
    this.#held.set(number, new Set(switches));
    this.#freeIfUnnamed(number);
  }

  /** The numbers that are held back for this switch, perhaps among others. */
  heldFor(dpid: bigint): readonly number[] {
    return [...this.#held].filter(([, switches]) => switches.has(dpid)).map(([number]) => number);
  }

  /** This switch has no rule any more that names these. */
  release(dpid: bigint, numbers: Iterable<number>): void {
    for (const number of numbers) {
      this.#held.get(number)?.delete(dpid);
      this.#freeIfUnnamed(number);
    }
  }

  get state(): NumbersState {
    return { next: this.#next, free: [...this.#free], held: [...this.#held].map(([number, of]) => [number, [...of]]) };
  }

  static from({ next, free, held }: NumbersState): ClassNumbers {
    const numbers = new ClassNumbers();
    numbers.#next = next;
    numbers.#free.push(...free);
    for (const [number, switches] of held) numbers.#held.set(number, new Set(switches));
    return numbers;
  }

  /** For trying out what would be taken. */
  copy(): ClassNumbers {
    return ClassNumbers.from(this.state);
  }

  #freeIfUnnamed(number: number): void {
    if (this.#held.get(number)?.size !== 0) return;
    this.#held.delete(number);
    this.#free.push(number);
  }
}
