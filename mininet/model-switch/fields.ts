// What a match can look at: the fields of a packet as Open vSwitch keeps them, once for both OpenFlow versions. As there,
// IPv4 and ARP addresses share `nwSrc`/`nwDst`, IP protocol and ARP operation share `nwProto`, and ports and ICMP type
// and code share `tpSrc`/`tpDst`: which one is meant follows from `ethType` and `nwProto`, which OpenFlow requires to be
// matched first. All values are bigints, so that one masked comparison serves every width.

import type { Frame } from '../../protocols/packet/frame.ts';
import { EtherType, IpProto } from '../../protocols/packet/protocol-numbers.ts';

const REGISTERS = [
  ...(['reg0', 'reg1', 'reg2', 'reg3', 'reg4', 'reg5', 'reg6', 'reg7'] as const),
  ...(['reg8', 'reg9', 'reg10', 'reg11', 'reg12', 'reg13', 'reg14', 'reg15'] as const),
] as const;

function registers<T>(value: T): Record<(typeof REGISTERS)[number], T> {
  return Object.fromEntries(REGISTERS.map((name) => [name, value])) as Record<(typeof REGISTERS)[number], T>;
}

/** A packet comes with all of Nicira's registers 0. */
const ZEROED = registers(0n);

/** Every field and its width in bits. `vlanVid` has OpenFlow 1.3's presence bit 0x1000; it is 0 without a tag. */
export const FIELD_BITS = {
  inPort: 32,
  metadata: 64,
  ethDst: 48,
  ethSrc: 48,
  ethType: 16,
  vlanVid: 13,
  vlanPcp: 3,
  ipDscp: 6,
  ipEcn: 2,
  nwProto: 8,
  nwSrc: 32,
  nwDst: 32,
  tpSrc: 16,
  tpDst: 16,
  arpSha: 48,
  arpTha: 48,
  ipv6Src: 128,
  ipv6Dst: 128,
  ipv6Flabel: 20,
  ndTarget: 128,
  ndSll: 48,
  ndTll: 48,
  ...registers(32 as const),
} as const;

export type FieldName = keyof typeof FIELD_BITS;

export const FIELD_NAMES = Object.keys(FIELD_BITS) as readonly FieldName[];

/** All ones for the field's width. */
export function fullMask(field: FieldName): bigint {
  return (1n << BigInt(FIELD_BITS[field])) - 1n;
}

/** The value of every field for one packet; 0 where the packet has no such header. */
export type FlowKey = Record<FieldName, bigint>;

export const VLAN_PRESENT = 0x1000n;

/**
 * What a switch sees of a frame. It looks through one tag only, so a frame with two has no IP fields. A fragment has no
 * ports, the first one neither (OF1.0 §3.4, `OFPC_FRAG_NORMAL`).
 */
export function flowKey(frame: Frame, inPort: number): FlowKey {
  const isSeenThrough = frame.tagCount < 2;
  const hasTransport = isSeenThrough && frame.fragment === 'none';
  const tos = isSeenThrough ? (frame.ipTos ?? 0) : 0;
  const hasNeighbor = hasTransport && (frame.icmpType === 135 || frame.icmpType === 136);
  const see = (value: number | bigint | undefined, isSeen = isSeenThrough) => (isSeen ? BigInt(value ?? 0) : 0n);
  return {
    inPort: BigInt(inPort),
    metadata: 0n,
    ethDst: BigInt(frame.ethDst),
    ethSrc: BigInt(frame.ethSrc),
    ethType: BigInt(frame.matchType),
    vlanVid: frame.vlanVid === undefined ? 0n : VLAN_PRESENT | BigInt(frame.vlanVid),
    vlanPcp: BigInt(frame.vlanPcp ?? 0),
    ipDscp: BigInt(tos >>> 2),
    ipEcn: BigInt(tos & 3),
    nwProto: see(frame.arpOp === undefined ? frame.ipProto : frame.arpOp > 0xff ? 0 : frame.arpOp),
    nwSrc: see(frame.arpSpa ?? frame.ipv4Src),
    nwDst: see(frame.arpTpa ?? frame.ipv4Dst),
    tpSrc: see(frame.srcPort ?? frame.icmpType, hasTransport),
    tpDst: see(frame.dstPort ?? frame.icmpCode, hasTransport),
    arpSha: see(frame.arpSha),
    arpTha: see(frame.arpTha),
    ipv6Src: see(frame.ipv6Src),
    ipv6Dst: see(frame.ipv6Dst),
    ipv6Flabel: see(frame.ipv6FlowLabel),
    ndTarget: see(frame.ndTarget, hasNeighbor),
    ndSll: see(frame.ndSll, hasNeighbor),
    ndTll: see(frame.ndTll, hasNeighbor),
    ...ZEROED,
  };
}

export function isRegister(field: FieldName): boolean {
  return field in ZEROED;
}

/** Those that are not 0, as a PacketIn tells them. */
export function setRegisters(key: FlowKey): readonly (readonly [FieldName, bigint])[] {
  return REGISTERS.flatMap((name) => (key[name] === 0n ? [] : [[name, key[name]] as const]));
}

/** True where the key's EtherType is IPv4 or IPv6. */
export function isIpKey(key: FlowKey): boolean {
  return key.ethType === BigInt(EtherType.IPV4) || key.ethType === BigInt(EtherType.IPV6);
}

/** True where the key's upper protocol has ports that Lark and switches rewrite. */
export function hasPorts(key: FlowKey): boolean {
  return isIpKey(key) && (key.nwProto === BigInt(IpProto.TCP) || key.nwProto === BigInt(IpProto.UDP));
}
