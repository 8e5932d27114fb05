// How many rules that were decided for packets are kept for all switches together. Each takes more than a kilobyte of Lark's
// memory, and one job can have its switch ask about ever more flows: so many on each of a thousand switches would be more than
// there is.

/** What a switch may always have: with less its flows would be asked about again and again. */
const ALWAYS = 1024;

export class DecidedRoom {
  readonly #most: number;
  #used = 0;

  /** @param most beyond it, a switch that has more than it may always have gives up one for another. */
  constructor(most: number) {
    this.#most = most;
  }

  get used(): number {
    return this.#used;
  }

  isFullFor(own: number): boolean {
    return this.#used >= this.#most && own >= ALWAYS;
  }

  take(): void {
    this.#used++;
  }

  giveBack(count: number): void {
    this.#used -= count;
  }
}
