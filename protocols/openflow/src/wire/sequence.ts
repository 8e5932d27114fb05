// Sequences of one codec's values, back to back, and the length fields written behind what they measure. Each value
// takes at least one byte, so a sequence never has more values than its bytes.

import { badValue, OpenflowError, tooLong } from '../error.ts';
import { writeU16 } from './bytes.ts';
import type { Codec } from './layout.ts';

/** Decodes values until `end`. */
export function listDecoder<T>(codec: Codec<T>): (bytes: Uint8Array, at: number, end: number) => readonly T[] {
  return (bytes, at, end) => {
    const values: T[] = [];
    let position = at;
    while (position < end) {
      const next = position + codec.extent(bytes, position, end);
      values.push(codec.decode(bytes, position, next));
      position = next;
    }
    return values;
  };
}

export function listEncoder<T>(codec: Codec<T>) {
  return (out: Uint8Array, at: number, values: readonly T[], field: string): number => {
    if (!Array.isArray(values)) throw badValue(field, at, values, 'an array');
    let position = at;
    for (const value of values) position = codec.encode(out, position, value);
    return position;
  };
}

/** Writes a 16-bit length; refuses one that does not fit or is no multiple of `unit`. */
export function finishLength(out: Uint8Array, at: number, length: number, field: string, unit = 1): void {
  if (length > 65535) throw tooLong(field, length);
  if (length % unit !== 0) {
    const text = `${field}: ${length} bytes, but its length must be a multiple of ${unit}: pad its bytes`;
    throw new OpenflowError('OF_BAD_LENGTH', text, { offset: at, field });
  }
  writeU16(out, at, length);
}
