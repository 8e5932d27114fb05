// The few reads and writes that do not fit into one expression: 64 and 128-bit integers, fixed-width text, byte runs.
// Writes beyond the end of the output are dropped silently, as typed arrays do: `encodeMessage` learns from the
// position that the output was too small and runs again with enough (see output.ts).

import { badValue } from '../error.ts';

const halves = new Uint32Array(2);
const whole = new BigUint64Array(halves.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function readU64(bytes: Uint8Array, at: number): bigint {
  halves[HIGH] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  halves[LOW] = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return whole[0]!;
}

export function readU128(bytes: Uint8Array, at: number): bigint {
  return (readU64(bytes, at) << 64n) | readU64(bytes, at + 8);
}

export function readU48(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);
}

/** An unsigned integer of 1, 2, 3, 4 or 6 bytes. */
export function readUint(bytes: Uint8Array, at: number, width: number): number {
  if (width === 4) return readU32(bytes, at);
  if (width === 2) return readU16(bytes, at);
  if (width === 1) return bytes[at]!;
  return width === 6 ? readU48(bytes, at) : (bytes[at]! << 16) | readU16(bytes, at + 1);
}

export function writeU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

export function writeU64(out: Uint8Array, at: number, value: bigint, field: string): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    throw badValue(field, at, value, 'a bigint of 64 bits');
  }
  whole[0] = value;
  writeU32(out, at, halves[HIGH]!);
  writeU32(out, at + 4, halves[LOW]!);
}

export function writeU128(out: Uint8Array, at: number, value: bigint, field: string): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(128, value) !== value) {
    throw badValue(field, at, value, 'a bigint of 128 bits');
  }
  writeU64(out, at, value >> 64n, field);
  writeU64(out, at + 8, BigInt.asUintN(64, value), field);
}

// With a check that the value fits: `writeU16` and its like trust their callers, these do not.

export function writeUint8(out: Uint8Array, at: number, value: number, field: string): void {
  if ((value & 0xff) !== value) throw badValue(field, at, value, 'an integer of 8 bits');
  out[at] = value;
}

export function writeUint16(out: Uint8Array, at: number, value: number, field: string): void {
  if ((value & 0xffff) !== value) throw badValue(field, at, value, 'an integer of 16 bits');
  writeU16(out, at, value);
}

export function writeUint32(out: Uint8Array, at: number, value: number, field: string): void {
  if (value >>> 0 !== value) throw badValue(field, at, value, 'an integer of 32 bits');
  writeU32(out, at, value);
}

export function writeUint48(out: Uint8Array, at: number, value: number, field: string): void {
  if (!(value >= 0 && value <= 0xffff_ffff_ffff && Math.floor(value) === value)) {
    throw badValue(field, at, value, 'an integer of 48 bits');
  }
  writeU16(out, at, Math.floor(value / 0x1_0000_0000));
  writeU32(out, at + 2, value >>> 0);
}

/** An unsigned integer of 1, 2, 3, 4 or 6 bytes. */
export function writeUint(out: Uint8Array, at: number, width: number, value: number, field: string): void {
  if (width === 4) writeUint32(out, at, value, field);
  else if (width === 2) writeUint16(out, at, value, field);
  else if (width === 1) writeUint8(out, at, value, field);
  else if (width === 6) writeUint48(out, at, value, field);
  else {
    if ((value & 0xffffff) !== value) throw badValue(field, at, value, 'an integer of 24 bits');
    out[at] = value >>> 16;
    writeU16(out, at + 1, value);
  }
}

export function writeZeros(out: Uint8Array, at: number, count: number): void {
  for (let i = at; i < at + count; i++) out[i] = 0;
}

/** Copies a byte run; returns the position behind it. */
export function writeBytes(out: Uint8Array, at: number, value: Uint8Array, field: string): number {
  if (!(value instanceof Uint8Array)) throw badValue(field, at, value, 'a Uint8Array');
  const end = at + value.length;
  if (end <= out.length) out.set(value, at);
  return end;
}

/** A view of a part of the bytes: nothing is copied, and a Buffer's part is a plain Uint8Array too. */
export function view(bytes: Uint8Array, at: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * Text that ends at the first NUL or fills its field. UTF-8; where the bytes are not, each byte above 0x7f becomes a lone
 * surrogate U+DC80..U+DCFF, which `writeText` turns back, so that any name survives a round trip.
 */
export function readText(bytes: Uint8Array, at: number, width: number): string {
  let length = 0;
  let isAscii = true;
  for (; length < width && bytes[at + length] !== 0; length++) if (bytes[at + length]! > 127) isAscii = false;
  const part = view(bytes, at, at + length);
  if (isAscii) return String.fromCharCode(...part);
  try {
    return strictUtf8.decode(part);
  } catch {
    return String.fromCharCode(...Array.from(part, (byte) => (byte > 127 ? 0xdc00 + byte : byte)));
  }
}

/** Writes text, filled up with NULs; refuses a NUL inside and more bytes than the field has. */
export function writeText(out: Uint8Array, at: number, width: number, value: string, field: string): void {
  if (typeof value !== 'string' || value.includes('\0')) throw badValue(field, at, value, 'a string without NUL');
  let end = at;
  for (const character of value) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) out[end++] = code;
    else if (code >= 0xdc80 && code <= 0xdcff) out[end++] = code - 0xdc00;
    else for (const byte of utf8.encode(character)) out[end++] = byte;
    if (end > at + width) throw badValue(field, at, value, `at most ${width} bytes of text`);
  }
  writeZeros(out, end, at + width - end);
}

export function writeU32s(out: Uint8Array, at: number, count: number, values: readonly number[], field: string): void {
  if (!Array.isArray(values) || values.length !== count) throw badValue(field, at, values, `${count} integers`);
  for (const [index, value] of values.entries()) writeUint32(out, at + 4 * index, value, field);
}
