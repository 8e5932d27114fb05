// How many rules that were decided for packets are kept for all switches together. One job can have its switch
// ask about ever more flows, and so many on each of a thousand switches would be more memory than there is: a rule of a pair takes
// 135 bytes, and any other about a kilobyte.

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
