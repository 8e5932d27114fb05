// Bytes in, lines out, however TCP cut them. Bytes are copied into one growing buffer, so that a line which arrives byte by
// byte costs what it is long and no more. A line ends at a newline, with a carriage return before it left out. Lines are
// byte strings: each character is one byte, 0 to 255.

const FIRST_CAPACITY = 4096;
const NEWLINE = 0x0a;

export class LineBuffer {
  #data = Buffer.alloc(0);
  /** Where the next line begins, where the bytes end, and up to where no newline was found. */
  #start = 0;
  #end = 0;
  #searched = 0;

  /** How many bytes are held. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Whether `next` has one. */
  get hasNext(): boolean {
    const at = this.#data.subarray(0, this.#end).indexOf(NEWLINE, this.#searched);
    this.#searched = at === -1 ? this.#end : at;
    return at !== -1;
  }

  push(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#data.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next whole line, without its end; undefined when the rest has no newline yet. */
  next(): string | undefined {
    const at = this.#data.subarray(0, this.#end).indexOf(NEWLINE, this.#searched);
    if (at === -1) {
      this.#searched = this.#end;
      return undefined;
    }
    const line = this.#data.toString('latin1', this.#start, at);
    this.#start = at + 1;
    this.#searched = this.#start;
    if (this.#start === this.#end) this.clear();
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** What has come of a line that has not ended; it stays. */
  peek(most: number): string {
    return this.#data.toString('latin1', this.#start, Math.min(this.#end, this.#start + most));
  }

  /** The rest as if a newline ended it; undefined when there is none. */
  takeRest(): string | undefined {
    if (this.length === 0) return undefined;
    const rest = this.#data.toString('latin1', this.#start, this.#end);
    this.clear();
    return rest.endsWith('\r') ? rest.slice(0, -1) : rest;
  }

  /** Gives everything back. */
  clear(): void {
    this.#start = this.#end = this.#searched = 0;
    if (this.#data.length > 16 * FIRST_CAPACITY) this.#data = Buffer.alloc(0);
  }

  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#data.length) return;
    const held = this.length;
    let capacity = Math.max(this.#data.length, FIRST_CAPACITY);
    // Moving to the front alone is worth it only when it leaves room for about as much again.
    while (capacity < 2 * held + bytes) capacity *= 2;
    const data = Buffer.alloc(capacity);
    this.#data.copy(data, 0, this.#start, this.#end);
    this.#data = data;
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = held;
  }
}
