// Notices that a peer has gone silent: asks after one interval without a message, gives up after another.

export interface KeepAliveOptions {
  readonly intervalMs: number;
  readonly ask: () => void;
  readonly giveUp: () => void;
}

export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #timer: NodeJS.Timeout | undefined;
  #hasAsked = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
  }

  /** The peer said something (or the connection has just begun). */
  heard(): void {
    this.#hasAsked = false;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onSilence(), this.#options.intervalMs);
    // Silence alone is no reason to keep a process alive.
    this.#timer.unref();
  }

  #onSilence(): void {
    if (this.#hasAsked) {
      this.#options.giveUp();
      return;
    }
    this.#hasAsked = true;
    this.#options.ask();
    this.#arm();
  }
}
