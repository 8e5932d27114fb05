// FlowMods that are alike but for the pair of hosts that they match and the cookie: one is encoded, and each other pair is
// written over it. Where things are in it is found by looking what changes when another is encoded, so that the codec alone knows how a
// FlowMod is made.

import type { Ends } from './raw-packets.ts';

/** What differs: the ends without their port, and the number that a cookie's low 24 bits hold. */
export type PairFields = Omit<Ends, 'inPort'> & { readonly id: number };

const NOTHING: PairFields = { mac0: 0, mac1: 0, mac2: 0, ipSrc: 0, ipDst: 0, id: 0 };
const MAC_BYTES = 6;
const IP_BYTES = 4;
const ID_BYTES = 3;

export class PairMessage {
  readonly #bytes: Uint8Array;
  readonly #ethDst: number;
  readonly #ethSrc: number;
  readonly #ipSrc: number;
  readonly #ipDst: number;
  readonly #id: number;

  /** @param encode the message for a pair, by the codec. */
  constructor(encode: (fields: PairFields) => Uint8Array) {
    const bytes = Uint8Array.from(encode(NOTHING));
    const placeOf = (changed: Partial<PairFields>, length: number) =>
      placeOfChange(bytes, encode({ ...NOTHING, ...changed }), length);
    this.#ethDst = placeOf({ mac0: -1, mac1: 0xffff_0000 | 0 }, MAC_BYTES);
    this.#ethSrc = placeOf({ mac1: 0xffff, mac2: -1 }, MAC_BYTES);
    this.#ipSrc = placeOf({ ipSrc: -1 }, IP_BYTES);
    this.#ipDst = placeOf({ ipDst: -1 }, IP_BYTES);
    this.#id = placeOf({ id: 0xff_ffff }, ID_BYTES);
    this.#bytes = bytes;
  }

  /** The message with these in it; until it is asked for the next one. */
  with({ mac0, mac1, mac2, ipSrc, ipDst, id }: PairFields): Uint8Array {
    const bytes = this.#bytes;
    put32(bytes, this.#ethDst, mac0);
    put16(bytes, this.#ethDst + 4, mac1 >>> 16);
    put16(bytes, this.#ethSrc, mac1);
    put32(bytes, this.#ethSrc + 2, mac2);
    put32(bytes, this.#ipSrc, ipSrc);
    put32(bytes, this.#ipDst, ipDst);
    bytes[this.#id] = id >>> 16;
    put16(bytes, this.#id + 1, id);
    return bytes;
  }
}

/** Where the two differ: in so many bytes on end, each of them. */
function placeOfChange(one: Uint8Array, other: Uint8Array, length: number): number {
  const differs = (byte: number, at: number) => byte !== other[at];
  const [first, last] = [one.findIndex(differs), one.findLastIndex(differs)];
  const isAll = one.length === other.length && last - first + 1 === length;
  if (!isAll || !one.subarray(first, last + 1).every((byte, i) => differs(byte, first + i))) {
    throw new Error(`a field of ${length} bytes is not where a FlowMod has one`);
  }
  return first;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
}
