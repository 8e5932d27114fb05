// The lists of attribute names to which the records of jobs refer by number. The jobs of a pool have few different ones, and
// a list is as long as an ad: it is written with the first job that has it, in the same transaction, and no more after.
//
// Which jobs still have a list nobody counts. When there are more lists than a pool has, those that no record refers to
// are taken away, and the next time is when there are twice as many as were left: so what this costs is shared by many.

import type { Database } from 'lmdb';
import { type NameList, nameListOf } from '../name-list.ts';
import { decodeNames, encodeNames, namesNumberOf, RecordError, readRecord } from './records.ts';

/** Lists that may be there before anybody looks which of them are needed. */
const MANY_LISTS = 1024;

export class StoredNames {
  readonly #table: Database<Buffer, number>;
  readonly #jobs: Database<Buffer, number>;
  readonly #numbers = new Map<NameList, number>();
  readonly #lists = new Map<number, NameList>();
  #last: number;
  /** How many lists there may be before it is looked again which are needed. */
  #most = MANY_LISTS;
  /** What this transaction has added and taken away. */
  readonly #added: NameList[] = [];
  readonly #removed: number[] = [];

  constructor(tables: { names: Database<Buffer, number>; jobs: Database<Buffer, number> }) {
    this.#table = tables.names;
    this.#jobs = tables.jobs;
    [this.#last = 0] = this.#table.getKeys({ reverse: true, limit: 1 });
  }

  /** In a transaction: the number of this list, which it gets here if it has none. */
  numberOf(list: NameList): number {
    const known = this.#numbers.get(list);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#table.putSync(this.#last, encodeNames(list.bytes));
    this.#numbers.set(list, this.#last);
    this.#lists.set(this.#last, list);
    this.#added.push(list);
    return this.#last;
  }

  /** Reads all that are there. To be called before jobs are read: whoever reads one must not read another table meanwhile. */
  load(): void {
    for (const { key, value } of this.#table.getRange()) {
      const list = nameListOf(readRecord('names', key, value, (_, bytes) => decodeNames(bytes)));
      this.#lists.set(key, list);
      this.#numbers.set(list, key);
    }
  }

  /** Of those that were read or written. Throws a RecordError where there is none. */
  readonly listOf = (number: number): NameList => {
    const list = this.#lists.get(number);
    if (list === undefined) throw new RecordError(`the list ${number} of its attributes' names is missing`);
    return list;
  };

  /** At the end of a transaction, in it. */
  tidy(): void {
    if (this.#added.length === 0 || this.#table.getCount() <= this.#most) return;
    const needed = new Set(Array.from(this.#jobs.getRange(), ({ value }) => namesNumberOf(value)));
    const there = Array.from(this.#table.getKeys());
    for (const number of there) {
      if (needed.has(number)) continue;
      this.#table.removeSync(number);
      this.#removed.push(number);
    }
    this.#most = Math.max(MANY_LISTS, 2 * needed.size);
  }

  /** The transaction is in the file. */
  committed(): void {
    this.#added.length = 0;
    for (const number of this.#removed.splice(0)) this.#forget(number);
  }

  /** Nothing of the transaction is in the file. */
  aborted(): void {
    this.#removed.length = 0;
    for (const list of this.#added.splice(0)) this.#forget(this.#numbers.get(list));
  }

  #forget(number: number | undefined): void {
    const list = number === undefined ? undefined : this.#lists.get(number);
    if (number === undefined || list === undefined) return;
    this.#lists.delete(number);
    if (this.#numbers.get(list) === number) this.#numbers.delete(list);
  }
}
