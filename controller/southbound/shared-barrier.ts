// One barrier on the wire for all who ask in the same turn of the event loop whether what was sent is carried out. It is
// sent when the turn ends, after everything that was sent in it, so its reply answers each of them; a hundred jobs that are
// registered together cost a switch one barrier and not a hundred. Each who asks has a deadline of their own.

export class SharedBarrier {
  readonly #waiting = new Set<(isConfirmed: boolean) => void>();
  /** Called when the last of those who asked has given up. */
  onAbandoned: () => void = () => {};

  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isConfirmed: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(isConfirmed);
      };
      const timer = setTimeout(() => {
        settle(false);
        if (this.#waiting.size === 0) this.onAbandoned();
      }, timeoutMs);
      this.#waiting.add(settle);
    });
  }

  settle(isConfirmed: boolean): void {
    for (const settle of [...this.#waiting]) settle(isConfirmed);
  }
}
