// A job's two ads and the values of their attributes in one block of bytes, which is also what the store keeps. A pool has
// a hundred thousand jobs with two hundred attributes each: as a Map they would take ten times the ads' own text. Here an
// attribute takes six bytes, for nearly every value stands in the ads' text already; names are shared by all jobs whose
// ads have the same ones; and nothing is read out before somebody asks for it. What was frozen is given back exactly.
// Where a store has the block, it need not be in memory: the ads are at rest there, and what somebody asks for is read.
//
// The block: how many bytes a character takes, the lengths of both texts, six bytes for each attribute (its kind in four bits,
// then its length in characters in twenty and where it begins in three bytes, or else a number in four), then characters: the
// two texts, and what is not in them.

import type { AttributeValue } from '../../policies/policy.ts';
import { type NameList, nameListFor } from './name-list.ts';

/** The ads as they came. */
export interface AdTexts {
  readonly job: string;
  readonly machine: string;
}

/** Where the bytes of ads stand that are not kept in memory. */
export interface AdsAtRest {
  /** What `FrozenAds.bytes` was, until anything else is read there: to be used at once. Throws where it cannot be had. */
  read(): Buffer;
}

const HEADER_BYTES = 9;
const ENTRY_BYTES = 6;
const LENGTH_BITS = 20;
export const LONGEST_VALUE = 2 ** LENGTH_BITS - 1;
const MOST_CHARACTERS = 2 ** 24 - 1;
const Kind = { UNDEFINED: 0, FALSE: 1, TRUE: 2, INT32: 3, REAL: 4, INTEGER: 5, STRING: 6 } as const;
const NEEDS_TWO_BYTES = /[\u0100-\uffff]/;

export class FrozenAds implements ReadonlyMap<string, AttributeValue>, AdTexts {
  readonly #names: NameList;
  #block: Buffer | AdsAtRest;

  /**
   * From what `names` and `bytes` of another gave. Throws a RangeError where they cannot belong together.
   * @param atRest where they stand, too: then they are not kept.
   */
  constructor(names: NameList, bytes: Buffer, atRest?: AdsAtRest) {
    this.#names = names;
    this.#block = atRest ?? bytes;
    if (bytes.length < HEADER_BYTES || bytes.length < textAt(names) + charactersOf(bytes) * widthOf(bytes)) {
      throw new RangeError(`${bytes.length} bytes are too few for these ads and ${names.list.length} attributes`);
    }
  }

  /** Throws a RangeError where a value has more than `LONGEST_VALUE` characters, or all together more than 16 million. */
  static of(texts: AdTexts, attributes: ReadonlyMap<string, AttributeValue>): FrozenAds {
    return FrozenAds.from(texts, nameListFor([...attributes.keys()]), [...attributes.values()]);
  }

  /** As `of`; the values are in the order of the names. */
  static from(texts: AdTexts, names: NameList, values: readonly AttributeValue[]): FrozenAds {
    return new FrozenAds(names, new Writer(texts, values).write());
  }

  get names(): NameList {
    return this.#names;
  }

  /** Never to be changed; and to be used at once, since of ads at rest they are what was just read. */
  get bytes(): Buffer {
    return Buffer.isBuffer(this.#block) ? this.#block : this.#block.read();
  }

  get isAtRest(): boolean {
    return !Buffer.isBuffer(this.#block);
  }

  /** From now on they are read there, where the same bytes stand, and memory is free of them. */
  rest(atRest: AdsAtRest): void {
    this.#block = atRest;
  }

  /** They are in memory from now on, and where they stood is not needed any more. */
  wake(): void {
    if (!Buffer.isBuffer(this.#block)) this.#block = ownCopy(this.#block.read());
  }

  get job(): string {
    const bytes = this.bytes;
    return charactersAt(bytes, this.#names, 0, jobLengthOf(bytes));
  }

  get machine(): string {
    const bytes = this.bytes;
    return charactersAt(bytes, this.#names, jobLengthOf(bytes), machineLengthOf(bytes));
  }

  get size(): number {
    return this.#names.list.length;
  }

  has(name: string): boolean {
    return this.#names.places.has(name);
  }

  get(name: string): AttributeValue {
    const place = this.#names.places.get(name);
    return place === undefined ? undefined : valueAt(this.bytes, this.#names, place);
  }

  keys(): MapIterator<string> {
    return this.#thawed().keys();
  }

  values(): MapIterator<AttributeValue> {
    return this.#thawed().values();
  }

  entries(): MapIterator<[string, AttributeValue]> {
    return this.#thawed().entries();
  }

  [Symbol.iterator](): MapIterator<[string, AttributeValue]> {
    return this.entries();
  }

  forEach(call: (value: AttributeValue, name: string, map: ReadonlyMap<string, AttributeValue>) => void): void {
    for (const [name, value] of this.#thawed()) call(value, name, this);
  }

  #thawed(): Map<string, AttributeValue> {
    const bytes = this.bytes;
    return new Map(this.#names.list.map((name, place) => [name, valueAt(bytes, this.#names, place)]));
  }
}

function valueAt(bytes: Buffer, names: NameList, place: number): AttributeValue {
  const entry = HEADER_BYTES + place * ENTRY_BYTES;
  const kind = bytes.readUInt8(entry) >> 4;
  switch (kind) {
    case Kind.UNDEFINED:
      return undefined;
    case Kind.FALSE:
    case Kind.TRUE:
      return kind === Kind.TRUE;
    case Kind.INT32:
      return bytes.readInt32LE(entry + 1);
  }
  const length = bytes.readUIntBE(entry, 3) & LONGEST_VALUE;
  const text = charactersAt(bytes, names, bytes.readUIntLE(entry + 3, 3), length);
  return kind === Kind.STRING ? text : kind === Kind.REAL ? Number(text) : BigInt(text);
}

function charactersAt(bytes: Buffer, names: NameList, from: number, length: number): string {
  const width = widthOf(bytes);
  const at = textAt(names) + from * width;
  return bytes.toString(width === 1 ? 'latin1' : 'utf16le', at, at + length * width);
}

function widthOf(bytes: Buffer): number {
  return bytes.readUInt8(0);
}

function jobLengthOf(bytes: Buffer): number {
  return bytes.readUInt32LE(1);
}

function machineLengthOf(bytes: Buffer): number {
  return bytes.readUInt32LE(5);
}

/** Of both texts. */
function charactersOf(bytes: Buffer): number {
  return jobLengthOf(bytes) + machineLengthOf(bytes);
}

function textAt(names: NameList): number {
  return HEADER_BYTES + names.list.length * ENTRY_BYTES;
}

/** Not in Node's pool, which would be kept as a whole for the sake of one job. */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** What one writer needs no longer than it writes. */
let table = Buffer.alloc(1024 * ENTRY_BYTES);

class Writer {
  readonly #texts: AdTexts;
  readonly #values: readonly AttributeValue[];
  /** What is in neither text. */
  #more = '';
  /** Values come in the order of the texts: what was not found before these places is looked for after them. */
  #searchedJob = 0;
  #searchedMachine = 0;

  constructor(texts: AdTexts, values: readonly AttributeValue[]) {
    this.#texts = texts;
    this.#values = values;
  }

  write(): Buffer {
    const tableLength = this.#values.length * ENTRY_BYTES;
    if (table.length < tableLength) table = Buffer.alloc(tableLength);
    let entry = 0;
    for (const value of this.#values) {
      this.#writeEntry(entry, value);
      entry += ENTRY_BYTES;
    }
    const { job, machine } = this.#texts;
    const characters = [job, machine, this.#more];
    const width = characters.some(needsTwoBytes) ? 2 : 1;
    const size = characters.reduce((sum, { length }) => sum + length * width, HEADER_BYTES + tableLength);
    // Of its own and not of Node's pool, which would be kept as a whole for the sake of one job.
    const bytes = Buffer.allocUnsafeSlow(size);
    bytes.writeUInt8(width, 0);
    bytes.writeUInt32LE(job.length, 1);
    bytes.writeUInt32LE(machine.length, 5);
    table.copy(bytes, HEADER_BYTES, 0, tableLength);
    let at = HEADER_BYTES + tableLength;
    for (const text of characters) at += bytes.write(text, at, width === 1 ? 'latin1' : 'utf16le');
    return bytes;
  }

  #writeEntry(entry: number, value: AttributeValue): void {
    if (typeof value === 'string') this.#writeText(entry, Kind.STRING, value);
    else if (value === undefined || typeof value === 'boolean') {
      writeNumber(entry, value === undefined ? Kind.UNDEFINED : value ? Kind.TRUE : Kind.FALSE, 0);
    } else if (typeof value === 'number' && Object.is(value, value | 0)) writeNumber(entry, Kind.INT32, value);
    else {
      // `String` makes "0" of -0.
      const text = Object.is(value, -0) ? '-0' : String(value);
      this.#writeText(entry, typeof value === 'number' ? Kind.REAL : Kind.INTEGER, text);
    }
  }

  #writeText(entry: number, kind: number, text: string): void {
    if (text.length > LONGEST_VALUE) throw new RangeError(`an attribute of ${text.length} characters is too long`);
    table.writeUIntBE(kind * 2 ** LENGTH_BITS + text.length, entry, 3);
    table.writeUIntLE(this.#placeOf(text), entry + 3, 3);
  }

  #placeOf(text: string): number {
    const { job, machine } = this.#texts;
    const inJob = job.indexOf(text, this.#searchedJob);
    if (inJob >= 0) {
      this.#searchedJob = inJob + text.length;
      return inJob;
    }
    const inMachine = machine.indexOf(text, this.#searchedMachine);
    if (inMachine >= 0) {
      this.#searchedMachine = inMachine + text.length;
      return job.length + inMachine;
    }
    const place = job.length + machine.length + this.#more.length;
    if (place > MOST_CHARACTERS) throw new RangeError(`ads of more than ${place} characters are too long`);
    this.#more += text;
    return place;
  }
}

function needsTwoBytes(text: string): boolean {
  // Of ASCII, which is quickly told, there are as many bytes in UTF-8.
  return Buffer.byteLength(text) !== text.length && NEEDS_TWO_BYTES.test(text);
}

function writeNumber(entry: number, kind: number, value: number): void {
  table[entry] = kind << 4;
  table.writeInt32LE(value, entry + 1);
  table[entry + 5] = 0;
}
