// What damage a fuzzer does to good input. Bytes in, bytes out; the input is never changed. Several kinds of damage in
// one go, because a length that lies is only interesting when what it speaks of is still there.

import type { Random } from './random.ts';

/** Numbers at which lengths, counts and types tend to go wrong. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 0x7f, 0x80, 0xfe, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff, 0xffffffff];
const MAX_LENGTH = 65535;

type Damage = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

function position(bytes: Uint8Array, random: Random): number {
  return random.below(bytes.length + 1);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts)).subarray(0, MAX_LENGTH);
}

function edgeOf(width: number): Damage {
  return (bytes, random) => {
    const changed = bytes.slice();
    const at = position(bytes, random);
    const edge = random.pick(EDGES);
    for (let i = 0; i < width; i++) changed[at + i] = edge >>> (8 * (width - 1 - i));
    return changed;
  };
}

const DAMAGES: readonly Damage[] = [
  // One bit.
  (bytes, random) => {
    const changed = bytes.slice();
    changed[position(bytes, random)]! ^= 1 << random.below(8);
    return changed;
  },
  (bytes, random) => {
    const changed = bytes.slice();
    changed[position(bytes, random)] = random.below(256);
    return changed;
  },
  edgeOf(1),
  edgeOf(2),
  edgeOf(4),
  // Cut short.
  (bytes, random) => bytes.slice(0, position(bytes, random)),
  // A piece left out, doubled, or taken from another input.
  (bytes, random) => {
    const from = position(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(from + random.below(16)));
  },
  (bytes, random) => {
    const from = position(bytes, random);
    const to = from + random.below(32);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, random, corpus) => {
    const other = random.pick(corpus);
    return joined(bytes.subarray(0, position(bytes, random)), other.subarray(position(other, random)));
  },
  // A piece many times over: what is slow or deep shows itself.
  (bytes, random) => {
    const from = position(bytes, random);
    const to = Math.min(bytes.length, from + 1 + random.below(8));
    const many = Array.from({ length: 1 << random.below(13) }, () => bytes.subarray(from, to));
    return joined(bytes.subarray(0, from), ...many, bytes.subarray(to));
  },
];

/** One to four kinds of damage to an input of the corpus. */
export function mutate(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  let bytes = random.pick(corpus);
  for (let count = 1 + random.below(4); count > 0; count--) bytes = random.pick(DAMAGES)(bytes, random, corpus);
  return bytes;
}
