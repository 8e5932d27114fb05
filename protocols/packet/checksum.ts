// The Internet checksum (RFC 1071), whole and by difference (RFC 1624). The difference form is what a switch uses when
// it rewrites a field: a checksum that was wrong stays wrong.

import { readU16 } from './bytes.ts';

/** The sum of the 16-bit words of `bytes[from, to)`, not folded; an odd last byte counts as the high half of a word. */
export function sumWords(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += readU16(bytes, at);
  return at < to ? sum + (bytes[at]! << 8) : sum;
}

/** The checksum field for a sum of words: its carries added in, then its complement. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

export function internetChecksum(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return foldChecksum(sumWords(bytes, from, to));
}

/**
 * The checksum after some of the summed words changed: `oldSum` and `newSum` are the `sumWords` of the bytes before and
 * after (RFC 1624, equation 3, for any number of words at once).
 */
export function adjustChecksum(checksum: number, oldSum: number, newSum: number): number {
  const oldComplement = foldChecksum(oldSum);
  return foldChecksum((~checksum & 0xffff) + oldComplement + newSum);
}
