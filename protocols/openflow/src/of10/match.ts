// The 40-byte match of OpenFlow 1.0 (OF1.0.1 §5.2.3) as an object that has only the fields that are matched. The encoder
// that is used for what a controller sends refuses a field whose prerequisites are missing: a switch would not complain,
// it would ignore the field and match far more.

import { badValue, OpenflowError } from '../error.ts';
import { readU32, readUint, writeU16, writeU32, writeUint32 } from '../wire/bytes.ts';
import { generate } from '../wire/compile.ts';
import { storeStatements, writeUintStatement } from '../wire/encoder-source.ts';
import type { Codec } from '../wire/layout.ts';

/** An IPv4 block: the address as an unsigned 32-bit number, and how many of its leading bits are compared (0 to 32). */
export interface Ipv4Match {
  readonly address: number;
  readonly prefixLength: number;
}

/** An absent field is a wildcard. */
export interface Match10 {
  readonly inPort?: number;
  readonly dlSrc?: number;
  readonly dlDst?: number;
  /** VLAN id; 0xffff for frames without a tag. */
  readonly dlVlan?: number;
  readonly dlVlanPcp?: number;
  readonly dlType?: number;
  /** The DSCP in the upper six bits. */
  readonly nwTos?: number;
  /** IP protocol; the low byte of the opcode in ARP. */
  readonly nwProto?: number;
  readonly nwSrc?: Ipv4Match;
  readonly nwDst?: Ipv4Match;
  /** TCP or UDP port, or the ICMP type. */
  readonly tpSrc?: number;
  /** TCP or UDP port, or the ICMP code. */
  readonly tpDst?: number;
}

export const Wildcard10 = {
  IN_PORT: 1 << 0,
  DL_VLAN: 1 << 1,
  DL_SRC: 1 << 2,
  DL_DST: 1 << 3,
  DL_TYPE: 1 << 4,
  NW_PROTO: 1 << 5,
  TP_SRC: 1 << 6,
  TP_DST: 1 << 7,
  NW_SRC_SHIFT: 8,
  NW_DST_SHIFT: 14,
  DL_VLAN_PCP: 1 << 20,
  NW_TOS: 1 << 21,
  ALL: 0x3fffff,
} as const;

const SIZE = 40;

/**
 * Any number of ignored bits from 32 to 63 means "any address", and controllers differ in which they send. The one that
 * was received is remembered here, invisibly, so that encoding a decoded match gives the same bytes.
 */
const wireWildcards = Symbol('wildcards as received');

/** The fields that are one integer: name, offset, bytes and wildcard bit. */
const INTEGERS = [
  ['inPort', 4, 2, Wildcard10.IN_PORT],
  ['dlSrc', 6, 6, Wildcard10.DL_SRC],
  ['dlDst', 12, 6, Wildcard10.DL_DST],
  ['dlVlan', 18, 2, Wildcard10.DL_VLAN],
  ['dlVlanPcp', 20, 1, Wildcard10.DL_VLAN_PCP],
  ['dlType', 22, 2, Wildcard10.DL_TYPE],
  ['nwTos', 24, 1, Wildcard10.NW_TOS],
  ['nwProto', 25, 1, Wildcard10.NW_PROTO],
  ['tpSrc', 36, 2, Wildcard10.TP_SRC],
  ['tpDst', 38, 2, Wildcard10.TP_DST],
] as const;

type Writable = { -readonly [K in keyof Match10]: Match10[K] };

function decode(bytes: Uint8Array, at: number): Match10 {
  const wildcards = readU32(bytes, at);
  const match: Writable = {};
  for (const [name, offset, size, wildcard] of INTEGERS) {
    if ((wildcards & wildcard) === 0) match[name] = readUint(bytes, at + offset, size);
  }
  const srcIgnored = (wildcards >> Wildcard10.NW_SRC_SHIFT) & 63;
  if (srcIgnored < 32) match.nwSrc = { address: readU32(bytes, at + 28), prefixLength: 32 - srcIgnored };
  const dstIgnored = (wildcards >> Wildcard10.NW_DST_SHIFT) & 63;
  if (dstIgnored < 32) match.nwDst = { address: readU32(bytes, at + 32), prefixLength: 32 - dstIgnored };
  if (srcIgnored > 32 || dstIgnored > 32 || wildcards > Wildcard10.ALL) {
    Object.defineProperty(match, wireWildcards, { value: wildcards });
  }
  return match;
}

/**
 * Straight-line code for the integers, as compile.ts makes it for layouts: a FlowMod for each PacketIn is the hot path of
 * an OpenFlow 1.0 controller, and a function call for each field doubles its time. Absent fields are written as zeros,
 * because the output may hold older bytes. Returns the wildcard bits of those.
 */
function integersSource(): string {
  const lines = INTEGERS.map(([name, offset, size, wildcard]) => {
    const here = `at + ${offset}`;
    const absent = `${storeStatements(size, here, '0')} wildcards |= ${wildcard};`;
    return `if (match.${name} === undefined) { ${absent} } else { ${writeUintStatement(size, here, name, 'match')} }`;
  });
  return `function (out, at, match) {\nlet wildcards = 0;\n${lines.join('\n')}\nreturn wildcards;\n}`;
}

type EncodeIntegers = (out: Uint8Array, at: number, match: Match10) => number;
const encodeIntegers = generate('match', 'encode', integersSource()) as EncodeIntegers;

function encode(out: Uint8Array, at: number, match: Match10): number {
  if (typeof match !== 'object' || match === null) throw badValue('match', at, match, 'a match object');
  const wildcards =
    encodeIntegers(out, at, match) |
    (putIpv4(out, at + 28, match.nwSrc, 'nwSrc') << Wildcard10.NW_SRC_SHIFT) |
    (putIpv4(out, at + 32, match.nwDst, 'nwDst') << Wildcard10.NW_DST_SHIFT);
  out[at + 21] = 0;
  writeU16(out, at + 26, 0);
  writeU32(out, at, (match as { [wireWildcards]?: number })[wireWildcards] ?? wildcards);
  return at + SIZE;
}

/** Writes the address; returns the number of ignored bits. */
function putIpv4(out: Uint8Array, at: number, block: Ipv4Match | undefined, field: string): number {
  if (block === undefined) {
    writeU32(out, at, 0);
    return 32;
  }
  const { address, prefixLength } = block;
  writeUint32(out, at, address, field);
  if ((prefixLength & 63) !== prefixLength || prefixLength > 32) {
    throw badValue(`${field}.prefixLength`, at, prefixLength, 'an integer from 0 to 32');
  }
  return 32 - prefixLength;
}

const IPV4 = 0x0800;
const ARP = 0x0806;
const ICMP = 1;
const WITH_PORTS = [ICMP, 6, 17, 132];

/** Throws OF_PREREQUISITE for a field that the switch would ignore (OF1.0.1 §3.4, figure 4). */
export function checkMatch10(match: Match10): void {
  const { dlType, nwProto } = match;
  if (dlType !== IPV4 && dlType !== ARP) refuse(match, ['nwSrc', 'nwDst', 'nwProto'], 'dlType 0x0800 or 0x0806');
  if (dlType !== IPV4) refuse(match, ['nwTos'], 'dlType 0x0800');
  if (dlType !== IPV4 || nwProto === undefined || !WITH_PORTS.includes(nwProto)) {
    refuse(match, ['tpSrc', 'tpDst'], 'dlType 0x0800 and an nwProto of 1, 6, 17 or 132');
  }
}

function refuse(match: Match10, fields: readonly (keyof Match10)[], what: string): void {
  for (const field of fields) {
    if (match[field] === undefined) continue;
    const text = `${field} means nothing without ${what}: a switch would ignore it and match more; add ${what}`;
    throw new OpenflowError('OF_PREREQUISITE', text, { field, answer: { type: 3, code: 5 } });
  }
}

/** Not checked: what a switch reports. */
export const match10: Codec<Match10> = {
  name: 'match',
  least: SIZE,
  declaration: { kind: 'own' },
  extent: () => SIZE,
  decode,
  encode,
};

/** Checked when encoded: what a controller asks for. */
export const checkedMatch10: Codec<Match10> = {
  ...match10,
  encode: (out, at, match) => {
    const end = encode(out, at, match);
    checkMatch10(match);
    return end;
  },
};
