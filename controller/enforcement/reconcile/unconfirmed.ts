// What was sent to a switch and not confirmed yet, by xid, in the order in which it was sent. Put at the end and taken from the
// front for every FlowMod, asked only when the switch complains: two lists, searched from end to end, cost less than a Map.

/** The front is cut off once so many are gone there, and half of all; or all. */
const CUT_AT = 64;

export class Unconfirmed<What> {
  #xids: number[] = [];
  #whats: (What | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#xids.length - this.#first;
  }

  /** @param xid that none of them has. */
  add(xid: number, what: What): void {
    this.#xids.push(xid);
    this.#whats.push(what);
  }

  get(xid: number): What | undefined {
    const at = this.#xids.indexOf(xid, this.#first);
    return at < 0 ? undefined : this.#whats[at];
  }

  forgetFirst(): void {
    if (this.size === 0) return;
    this.#whats[this.#first] = undefined;
    this.#first++;
    const isHalf = this.#first * 2 >= this.#xids.length;
    if (this.size === 0 || (this.#first >= CUT_AT && isHalf)) this.#cut();
  }

  #cut(): void {
    this.#xids = this.#xids.slice(this.#first);
    this.#whats = this.#whats.slice(this.#first);
    this.#first = 0;
  }
}
