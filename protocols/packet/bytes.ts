// Big-endian reads and writes in a byte array. Readers do not check bounds (they would cost more than what they read):
// a caller compares lengths once per header, and a byte beyond the end reads as 0.

import type { Ipv4Address, Ipv6Address, MacAddress } from './address.ts';

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function readMac(bytes: Uint8Array, at: number): MacAddress {
  return (readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2)) as MacAddress;
}

export function readIpv4(bytes: Uint8Array, at: number): Ipv4Address {
  return readU32(bytes, at) as Ipv4Address;
}

export function readIpv6(bytes: Uint8Array, at: number): Ipv6Address {
  const high = (BigInt(readU32(bytes, at)) << 32n) | BigInt(readU32(bytes, at + 4));
  const low = (BigInt(readU32(bytes, at + 8)) << 32n) | BigInt(readU32(bytes, at + 12));
  return ((high << 64n) | low) as Ipv6Address;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, value >>> 16);
  writeU16(bytes, at + 2, value & 0xffff);
}

export function writeMac(bytes: Uint8Array, at: number, mac: MacAddress | number): void {
  writeU16(bytes, at, Math.floor(mac / 0x1_0000_0000));
  writeU32(bytes, at + 2, mac % 0x1_0000_0000);
}

export function writeIpv6(bytes: Uint8Array, at: number, address: Ipv6Address | bigint): void {
  for (let word = 0; word < 4; word++) {
    writeU32(bytes, at + word * 4, Number((address >> BigInt(96 - word * 32)) & 0xffff_ffffn));
  }
}

/** The parts one after the other in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
