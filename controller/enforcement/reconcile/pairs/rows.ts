// Rows of integers in one array, and what finds them again. A rule that was decided for a packet takes a row where it would take a dozen
// objects: there may be hundreds of thousands, one more for each new flow, and the collector has nothing to do with a row.
//
// A row is named by the place of its first integer. It is in a list, or in a bucket, by integers of its own.

const FIRST_ROWS = 16;

export class Rows {
  readonly #length: number;
  /** Another array whenever there are too few rows in it. */
  ints = new Int32Array(0);
  /** Those that were given back, each with the place of the next in its first integer. */
  #free = NONE;
  #used = 0;

  /** @param length of a row, in integers. */
  constructor(length: number) {
    this.#length = length;
  }

  /** One whose integers may be anything. */
  take(): number {
    if (this.#free !== NONE) {
      const row = this.#free;
      this.#free = this.ints[row]!;
      return row;
    }
    const row = this.#used;
    this.#used += this.#length;
    if (this.#used > this.ints.length) {
      const more = new Int32Array(Math.max(FIRST_ROWS * this.#length, this.ints.length * 2));
      more.set(this.ints);
      this.ints = more;
    }
    return row;
  }

  giveBack(row: number): void {
    this.ints[row] = this.#free;
    this.#free = row;
  }
}

/** No row. */
export const NONE = -1;

/** Lists of rows, each by a value: a ring of rows in which the last is before the first. Two integers of a row. */
export class RowLists {
  readonly #rows: Rows;
  readonly #before: number;
  readonly #behind: number;
  readonly #first = new Map<number, number>();

  /** @param at of its two integers in a row. */
  constructor(rows: Rows, at: number) {
    this.#rows = rows;
    this.#before = at;
    this.#behind = at + 1;
  }

  /** The oldest of this value. */
  first(value: number): number {
    return this.#first.get(value) ?? NONE;
  }

  /** In the order in which they were added. */
  of(value: number): number[] {
    const rows: number[] = [];
    const first = this.first(value);
    for (let row = first; row !== NONE; ) {
      rows.push(row);
      const next = this.#rows.ints[row + this.#behind]!;
      row = next === first ? NONE : next;
    }
    return rows;
  }

  add(value: number, row: number): void {
    const { ints } = this.#rows;
    const first = this.first(value);
    if (first === NONE) {
      this.#first.set(value, row);
      this.#join(row, row);
      return;
    }
    const last = ints[first + this.#before]!;
    this.#join(last, row);
    this.#join(row, first);
  }

  delete(value: number, row: number): void {
    const { ints } = this.#rows;
    const [before, behind] = [ints[row + this.#before]!, ints[row + this.#behind]!];
    if (behind === row) {
      this.#first.delete(value);
      return;
    }
    this.#join(before, behind);
    if (this.first(value) === row) this.#first.set(value, behind);
  }

  #join(row: number, next: number): void {
    const { ints } = this.#rows;
    ints[row + this.#behind] = next;
    ints[next + this.#before] = row;
  }
}

const FIRST_BUCKETS = 16;
const HASH_BITS = 32;

/** Rows by a hash, of whose 32 bits the highest count. One integer of a row. */
export class RowBuckets {
  readonly #rows: Rows;
  readonly #next: number;
  readonly #hashOf: (ints: Int32Array, row: number) => number;
  #first = new Int32Array(0);
  #shift = HASH_BITS;
  #size = 0;

  /**
   * @param at of its integer in a row.
   * @param hashOf of a row by its integers, which do not change while it is in here.
   */
  constructor(rows: Rows, at: number, hashOf: (ints: Int32Array, row: number) => number) {
    this.#rows = rows;
    this.#next = at;
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#size;
  }

  /** One that has this hash, or another, as have those behind it. */
  first(hash: number): number {
    return this.#size === 0 ? NONE : this.#first[hash >>> this.#shift]!;
  }

  next(row: number): number {
    return this.#rows.ints[row + this.#next]!;
  }

  add(row: number): void {
    if (this.#size === this.#first.length) this.#grow();
    this.#size++;
    this.#put(row);
  }

  delete(row: number): void {
    const { ints } = this.#rows;
    const bucket = this.#bucketOf(row);
    this.#size--;
    const next = this.next(row);
    if (this.#first[bucket] === row) {
      this.#first[bucket] = next;
      return;
    }
    let before = this.#first[bucket]!;
    while (this.next(before) !== row) before = this.next(before);
    ints[before + this.#next] = next;
  }

  #bucketOf(row: number): number {
    return this.#hashOf(this.#rows.ints, row) >>> this.#shift;
  }

  #put(row: number): void {
    const bucket = this.#bucketOf(row);
    this.#rows.ints[row + this.#next] = this.#first[bucket]!;
    this.#first[bucket] = row;
  }

  #grow(): void {
    const former = this.#first;
    this.#first = new Int32Array(Math.max(FIRST_BUCKETS, former.length * 2)).fill(NONE);
    this.#shift = HASH_BITS - Math.log2(this.#first.length);
    for (const first of former) {
      for (let row = first; row !== NONE; ) {
        const next = this.next(row);
        this.#put(row);
        row = next;
      }
    }
  }
}
