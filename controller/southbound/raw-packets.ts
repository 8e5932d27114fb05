// PacketIns read and PacketOuts written at fixed offsets, without an object for the message, its match or its packet
// (OF1.0 §5.3.6 and §5.4.1; OF1.3.5 §7.3.7 and §7.4.1). What takes more to read is left to the codec.

import { NO_BUFFER } from 'node-openflow';
import type { WireVersion } from './negotiation.ts';

/** OFPT_PACKET_IN in both versions. */
export const PACKET_IN = 10;
/** Where every message has its xid. */
export const XID_AT = 4;
const LENGTH_AT = 2;
const BUFFER_AT = 8;
/** Of 1.0. */
const IN_PORT_10_AT = 14;
const DATA_10_AT = 18;
/** Of 1.3: a match of OXMs, whose first is nearly always the port. */
const MATCH_AT = 24;
const FIRST_OXM_AT = MATCH_AT + 4;
const FIRST_VALUE_AT = FIRST_OXM_AT + 4;
const OXM_IN_PORT = 0x8000_0004;
const PADDING = 2;

/** A packet that may be longer than a PacketOut has room for, after its actions. A message has 16 bits for its length. */
export const MOST_PACKET_BYTES = 65_000;

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV4 = 0x0800;

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function i32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Gives a message another xid. */
export function putXid(message: Uint8Array, xid: number): void {
  put32(message, XID_AT, xid);
}

/** Where the packet of a PacketIn begins; -1 where that takes more to tell. */
export function packetAt(version: WireVersion, message: Uint8Array): number {
  if (version === 1) return message.length >= DATA_10_AT ? DATA_10_AT : -1;
  if (message.length < FIRST_VALUE_AT + 4 || i32(message, FIRST_OXM_AT) >>> 0 !== OXM_IN_PORT) return -1;
  const at = MATCH_AT + ((u16(message, MATCH_AT + 2) + 7) & ~7) + PADDING;
  return at <= message.length ? at : -1;
}

/** The port it came in by, as the version numbers it, in 32 bits with sign. */
export function inPortOf(version: WireVersion, message: Uint8Array): number {
  return version === 1 ? u16(message, IN_PORT_10_AT) : i32(message, FIRST_VALUE_AT);
}

export function bufferOf(message: Uint8Array): number {
  return i32(message, BUFFER_AT) >>> 0;
}

/** What tells packets between the same two ends apart from others, in 32 bits with sign each. */
export interface Ends {
  inPort: number;
  /** The two MAC addresses, destination first, in their twelve bytes. */
  mac0: number;
  mac1: number;
  mac2: number;
  ipSrc: number;
  ipDst: number;
}

/** Reads an untagged, whole IPv4 packet that a PacketOut has room for into `ends`; false for anything else. */
export function readEnds(version: WireVersion, message: Uint8Array, ends: Ends): boolean {
  const at = packetAt(version, message);
  const available = message.length - at - ETHERNET_BYTES;
  if (message.length > MOST_PACKET_BYTES) return false;
  if (at < 0 || available < IPV4_BYTES || u16(message, at + 12) !== IPV4) return false;
  const ip = at + ETHERNET_BYTES;
  const headerBytes = (message[ip]! & 15) * 4;
  const totalBytes = u16(message, ip + 2);
  const isWhole = message[ip]! >>> 4 === 4 && headerBytes >= IPV4_BYTES && totalBytes >= headerBytes;
  if (!isWhole || totalBytes > available) return false;
  ends.inPort = inPortOf(version, message);
  ends.mac0 = i32(message, at);
  ends.mac1 = i32(message, at + 4);
  ends.mac2 = i32(message, at + 8);
  ends.ipSrc = i32(message, ip + 12);
  ends.ipDst = i32(message, ip + 16);
  return true;
}

/** How long the PacketOut is that answers a PacketIn by `template`, a PacketOut without data. */
export function packetOutLength(version: WireVersion, template: Uint8Array, message: Uint8Array): number {
  const isWhole = bufferOf(message) === NO_BUFFER;
  return template.length + (isWhole ? message.length - packetAt(version, message) : 0);
}

/** Writes that PacketOut at `at` of `out`, with the packet itself where the switch keeps none. */
export function writePacketOut(
  version: WireVersion,
  template: Uint8Array,
  message: Uint8Array,
  out: Uint8Array,
  at: number,
  xid: number,
): void {
  const length = packetOutLength(version, template, message);
  out.set(template, at);
  out[at + LENGTH_AT] = length >>> 8;
  out[at + LENGTH_AT + 1] = length;
  put32(out, at + XID_AT, xid);
  for (let i = 0; i < 4; i++) out[at + BUFFER_AT + i] = message[BUFFER_AT + i]!;
  if (length > template.length) out.set(message.subarray(packetAt(version, message)), at + template.length);
}
