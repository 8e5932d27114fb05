// So many of something in a minute, such as lines in the log; how many there were beyond is told when the minute is over.

export class MinuteLimit {
  readonly #most: number;
  readonly #tellLost: (lost: number) => void;
  #minute = 0;
  #taken = 0;

  constructor(most: number, tellLost: (lost: number) => void) {
    this.#most = most;
    this.#tellLost = tellLost;
  }

  /** Whether one more may be at `now`, in milliseconds. */
  take(now: number): boolean {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      if (this.#taken > this.#most) this.#tellLost(this.#taken - this.#most);
      this.#minute = minute;
      this.#taken = 0;
    }
    this.#taken += 1;
    return this.#taken <= this.#most;
  }
}
