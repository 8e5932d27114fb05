// Which switches are mended when many connect at once: a bounded number at a time, those that somebody waits for first.
// Handshakes all go on meanwhile. Mending reads and writes a switch's whole tables, so a thousand at once would keep the
// event loop, and the memory, from everything else.
//
// A switch that is slow, or dead, gives up its slot after `SLOT_MS`, though it goes on being mended: a hundred of those delay
// the others by seconds and not by as many deadlines. Bound: each connected switch is in the queue at most once, and the
// listener bounds the connections. Owner: the engine.

export const MENDED_AT_ONCE = 8;
export const SLOT_MS = 2000;

interface Waiting {
  readonly subject: object;
  readonly begin: () => void;
}

export class MendQueue {
  #urgent: Waiting[] = [];
  #others: Waiting[] = [];
  #slots = MENDED_AT_ONCE;

  /** How many have not begun. */
  get waiting(): number {
    return this.#urgent.length + this.#others.length;
  }

  /** How many hold a slot. */
  get begun(): number {
    return MENDED_AT_ONCE - this.#slots;
  }

  /** Runs the task when it is the subject's turn; settles as the task does. */
  run<T>(subject: object, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        const leave = this.#enter();
        task().finally(leave).then(resolve, reject);
      };
      this.#others.push({ subject, begin });
      this.#next();
    });
  }

  /** Somebody waits for this subject: it goes before those for whom nobody does. */
  hasten(subject: object): void {
    const waiting = this.#others.find((each) => each.subject === subject);
    if (waiting === undefined) return;
    this.#others = this.#others.filter((each) => each !== waiting);
    this.#urgent.push(waiting);
  }

  /** Takes a slot; the answer gives it back, as does time. */
  #enter(): () => void {
    this.#slots--;
    let isHeld = true;
    const leave = () => {
      clearTimeout(timer);
      if (!isHeld) return;
      isHeld = false;
      this.#slots++;
      this.#next();
    };
    const timer = setTimeout(leave, SLOT_MS);
    return leave;
  }

  #next(): void {
    while (this.#slots > 0) {
      const next = this.#urgent.shift() ?? this.#others.shift();
      if (next === undefined) return;
      next.begin();
    }
  }
}
