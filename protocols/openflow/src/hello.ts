// HELLO, the one message that may come with any version number and any content (OF1.3.5 §7.5.1). Decoding it never fails
// on what is behind the header: what is no well-formed element is kept as trailing bytes.

import { badValue } from './error.ts';
import { readU16, readU32, view, writeBytes, writeU16, writeU32, writeUint16, writeZeros } from './wire/bytes.ts';
import { struct } from './wire/compile.ts';
import { type Codec, constant, length, part, u8, u32 } from './wire/layout.ts';
import { finishLength } from './wire/sequence.ts';

export type HelloElement =
  /** Bit n of the first number stands for version n, of the second for version 32 + n, and so on. */
  | { readonly type: 'versionBitmap'; readonly bitmaps: readonly number[] }
  | { readonly type: 'unknown'; readonly elementType: number; readonly data: Uint8Array }
  /** Bytes that are no element; only at the end. */
  | { readonly type: 'trailing'; readonly data: Uint8Array };

const VERSION_BITMAP = 1;
const HEADER = 4;

function decode(bytes: Uint8Array, from: number, end: number): readonly HelloElement[] {
  const elements: HelloElement[] = [];
  let at = from;
  while (at < end) {
    const size = end - at >= HEADER ? readU16(bytes, at + 2) : 0;
    if (size < HEADER || size > end - at) {
      elements.push({ type: 'trailing', data: view(bytes, at, end) });
      break;
    }
    elements.push(decodeElement(bytes, at, at + size));
    // Some senders leave out the last padding.
    at = Math.min(at + ((size + 7) & ~7), end);
  }
  return elements;
}

function decodeElement(bytes: Uint8Array, at: number, end: number): HelloElement {
  const elementType = readU16(bytes, at);
  if (elementType !== VERSION_BITMAP || (end - at) % 4 !== 0) {
    return { type: 'unknown', elementType, data: view(bytes, at + HEADER, end) };
  }
  const bitmaps: number[] = [];
  for (let i = at + HEADER; i < end; i += 4) bitmaps.push(readU32(bytes, i));
  return { type: 'versionBitmap', bitmaps };
}

function encode(out: Uint8Array, from: number, elements: readonly HelloElement[]): number {
  if (!Array.isArray(elements)) throw badValue('elements', from, elements, 'an array');
  let at = from;
  for (const element of elements as readonly HelloElement[]) {
    if (element.type === 'trailing') {
      at = writeBytes(out, at, element.data, 'data');
      continue;
    }
    const end = encodeElement(out, at, element);
    finishLength(out, at + 2, end - at, 'element');
    const padding = (8 - ((end - at) % 8)) % 8;
    writeZeros(out, end, padding);
    at = end + padding;
  }
  return at;
}

function encodeElement(out: Uint8Array, at: number, element: Exclude<HelloElement, { type: 'trailing' }>): number {
  if (element.type === 'unknown') {
    writeUint16(out, at, element.elementType, 'elementType');
    return writeBytes(out, at + HEADER, element.data, 'data');
  }
  writeU16(out, at, VERSION_BITMAP);
  element.bitmaps.forEach((bitmap, index) => {
    if (bitmap >>> 0 !== bitmap) throw badValue('bitmaps', at, bitmap, 'an integer of 32 bits');
    writeU32(out, at + HEADER + 4 * index, bitmap);
  });
  return at + HEADER + 4 * element.bitmaps.length;
}

const elementsCodec: Codec<readonly HelloElement[]> = {
  name: 'elements',
  least: 0,
  declaration: { kind: 'own' },
  extent: (_bytes, at, end) => end - at,
  decode,
  encode,
};

export interface Hello {
  /** The highest version that the sender speaks. */
  readonly version: number;
  readonly type: 'hello';
  readonly xid: number;
  readonly elements: readonly HelloElement[];
}

export const hello: Codec<Hello> = struct(
  'hello',
  [u8('version'), constant(1, 0), length(), u32('xid'), part('elements', elementsCodec)],
  {},
  { type: 'hello' },
);

/** The version bitmap element for a list of versions (each below 32). */
export function versionBitmap(versions: readonly number[]): HelloElement {
  return { type: 'versionBitmap', bitmaps: [versions.reduce((bits, version) => bits | (1 << version), 0) >>> 0] };
}
