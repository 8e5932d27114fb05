// The 40-byte match of OpenFlow 1.0 (OF1.0.1 §5.2.3) as an object that has only the fields that are matched. The encoder
// that is used for what a controller sends refuses a field whose prerequisites are missing: a switch would not complain,
// it would ignore the field and match far more.

import { badValue, OpenflowError } from '../error.ts';
import { readU16, readU32, readUint, writeU32, writeUint } from '../wire/bytes.ts';
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

/** All wildcards, with 32 as the number of ignored address bits. */
const ANY = 0x3820ff;
const SIZE = 40;

/**
 * Any number of ignored bits from 32 to 63 means "any address", and controllers differ in which they send. The one that
 * was received is remembered here, invisibly, so that encoding a decoded match gives the same bytes.
 */
const wireWildcards = Symbol('wildcards as received');

type Writable = { -readonly [K in keyof Match10]: Match10[K] };

function decode(bytes: Uint8Array, at: number): Match10 {
  const wildcards = readU32(bytes, at);
  const match: Writable = {};
  if ((wildcards & Wildcard10.IN_PORT) === 0) match.inPort = readU16(bytes, at + 4);
  if ((wildcards & Wildcard10.DL_SRC) === 0) match.dlSrc = readUint(bytes, at + 6, 6);
  if ((wildcards & Wildcard10.DL_DST) === 0) match.dlDst = readUint(bytes, at + 12, 6);
  if ((wildcards & Wildcard10.DL_VLAN) === 0) match.dlVlan = readU16(bytes, at + 18);
  if ((wildcards & Wildcard10.DL_VLAN_PCP) === 0) match.dlVlanPcp = bytes[at + 20]!;
  if ((wildcards & Wildcard10.DL_TYPE) === 0) match.dlType = readU16(bytes, at + 22);
  if ((wildcards & Wildcard10.NW_TOS) === 0) match.nwTos = bytes[at + 24]!;
  if ((wildcards & Wildcard10.NW_PROTO) === 0) match.nwProto = bytes[at + 25]!;
  const srcIgnored = (wildcards >> Wildcard10.NW_SRC_SHIFT) & 63;
  if (srcIgnored < 32) match.nwSrc = { address: readU32(bytes, at + 28), prefixLength: 32 - srcIgnored };
  const dstIgnored = (wildcards >> Wildcard10.NW_DST_SHIFT) & 63;
  if (dstIgnored < 32) match.nwDst = { address: readU32(bytes, at + 32), prefixLength: 32 - dstIgnored };
  if ((wildcards & Wildcard10.TP_SRC) === 0) match.tpSrc = readU16(bytes, at + 36);
  if ((wildcards & Wildcard10.TP_DST) === 0) match.tpDst = readU16(bytes, at + 38);
  if (srcIgnored > 32 || dstIgnored > 32 || wildcards > Wildcard10.ALL) {
    Object.defineProperty(match, wireWildcards, { value: wildcards });
  }
  return match;
}

function encode(out: Uint8Array, at: number, match: Match10): number {
  if (typeof match !== 'object' || match === null) throw badValue('match', at, match, 'a match object');
  out.fill(0, at, at + SIZE);
  let wildcards = ANY;
  const { inPort, dlSrc, dlDst, dlVlan, dlVlanPcp, dlType, nwTos, nwProto, nwSrc, nwDst, tpSrc, tpDst } = match;
  if (inPort !== undefined) {
    writeUint(out, at + 4, 2, inPort, 'inPort');
    wildcards &= ~Wildcard10.IN_PORT;
  }
  if (dlSrc !== undefined) {
    writeUint(out, at + 6, 6, dlSrc, 'dlSrc');
    wildcards &= ~Wildcard10.DL_SRC;
  }
  if (dlDst !== undefined) {
    writeUint(out, at + 12, 6, dlDst, 'dlDst');
    wildcards &= ~Wildcard10.DL_DST;
  }
  if (dlVlan !== undefined) {
    writeUint(out, at + 18, 2, dlVlan, 'dlVlan');
    wildcards &= ~Wildcard10.DL_VLAN;
  }
  if (dlVlanPcp !== undefined) {
    writeUint(out, at + 20, 1, dlVlanPcp, 'dlVlanPcp');
    wildcards &= ~Wildcard10.DL_VLAN_PCP;
  }
  if (dlType !== undefined) {
    writeUint(out, at + 22, 2, dlType, 'dlType');
    wildcards &= ~Wildcard10.DL_TYPE;
  }
  if (nwTos !== undefined) {
    writeUint(out, at + 24, 1, nwTos, 'nwTos');
    wildcards &= ~Wildcard10.NW_TOS;
  }
  if (nwProto !== undefined) {
    writeUint(out, at + 25, 1, nwProto, 'nwProto');
    wildcards &= ~Wildcard10.NW_PROTO;
  }
  if (nwSrc !== undefined) wildcards ^= writeIpv4(out, at + 28, nwSrc, 'nwSrc') << Wildcard10.NW_SRC_SHIFT;
  if (nwDst !== undefined) wildcards ^= writeIpv4(out, at + 32, nwDst, 'nwDst') << Wildcard10.NW_DST_SHIFT;
  if (tpSrc !== undefined) {
    writeUint(out, at + 36, 2, tpSrc, 'tpSrc');
    wildcards &= ~Wildcard10.TP_SRC;
  }
  if (tpDst !== undefined) {
    writeUint(out, at + 38, 2, tpDst, 'tpDst');
    wildcards &= ~Wildcard10.TP_DST;
  }
  writeU32(out, at, (match as { [wireWildcards]?: number })[wireWildcards] ?? wildcards);
  return at + SIZE;
}

/** Writes the address; returns what turns "32 bits ignored" into the block's number of ignored bits by exclusive or. */
function writeIpv4(out: Uint8Array, at: number, { address, prefixLength }: Ipv4Match, field: string): number {
  writeUint(out, at, 4, address, field);
  if (!(prefixLength >= 0 && prefixLength <= 32 && Number.isInteger(prefixLength))) {
    throw badValue(`${field}.prefixLength`, at, prefixLength, 'an integer from 0 to 32');
  }
  return 32 ^ (32 - prefixLength);
}

const IPV4 = 0x0800;
const ARP = 0x0806;
const ICMP = 1;
const WITH_PORTS = [ICMP, 6, 17, 132];

/** Throws OF_PREREQUISITE for a field that the switch would ignore (OF1.0.1 §3.4, figure 4). */
export function checkMatch10(match: Match10): void {
  const { dlType, nwProto } = match;
  const need = (field: keyof Match10, holds: boolean, what: string) => {
    if (match[field] === undefined || holds) return;
    const text = `${field} means nothing without ${what}: a switch would ignore it and match more; add ${what}`;
    throw new OpenflowError('OF_PREREQUISITE', text, { field, answer: { type: 3, code: 5 } });
  };
  const isIpOrArp = dlType === IPV4 || dlType === ARP;
  need('nwSrc', isIpOrArp, 'dlType 0x0800 or 0x0806');
  need('nwDst', isIpOrArp, 'dlType 0x0800 or 0x0806');
  need('nwProto', isIpOrArp, 'dlType 0x0800 or 0x0806');
  need('nwTos', dlType === IPV4, 'dlType 0x0800');
  const hasPorts = dlType === IPV4 && nwProto !== undefined && WITH_PORTS.includes(nwProto);
  need('tpSrc', hasPorts, 'dlType 0x0800 and an nwProto of 1, 6, 17 or 132');
  need('tpDst', hasPorts, 'dlType 0x0800 and an nwProto of 1, 6, 17 or 132');
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
