// Builds whole Ethernet frames: Lark's own (ARP, LLDP, neighbour discovery) and those of tests. Lengths and checksums
// come out right unless the caller says otherwise; what parseFrame reads back is what was given. Values that do not fit
// their field are a caller's bug and throw a RangeError.

import type { IpAddress, Ipv4Address, Ipv6Address, MacAddress } from './address.ts';
import { BROADCAST_MAC, isIpv4 } from './address.ts';
import { concatBytes, writeIpv6, writeMac, writeU16, writeU32 } from './bytes.ts';
import { foldChecksum, internetChecksum, sumWords } from './checksum.ts';
import { ArpOp, EtherType, IpProto } from './protocol-numbers.ts';

export interface VlanTag {
  /** 0 to 4095; 0 is a priority tag. */
  readonly vid: number;
  /** 0 to 7. Default 0. */
  readonly pcp?: number;
  /** Default `EtherType.VLAN`. */
  readonly tpid?: number;
}

export interface EthernetOptions {
  readonly ethDst: MacAddress | number;
  readonly ethSrc: MacAddress | number;
  /** Outermost first. */
  readonly tags?: readonly VlanTag[];
}

export interface IpOptions {
  /** Both of one IP version, which is the packet's. */
  readonly src: IpAddress;
  readonly dst: IpAddress;
  /** Default 64. */
  readonly ttl?: number;
  /** The traffic class octet. Default 0. */
  readonly tos?: number;
  readonly identification?: number;
  /** Makes this a fragment: `offset` in bytes, a multiple of 8; the payload is what this fragment carries. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** IPv4 options, padded to a multiple of 4 bytes. */
  readonly ipv4Options?: Uint8Array;
  /** IPv6 extension headers before a fragment header; `body` is all after the next-header octet, length octet included. */
  readonly ipv6Extensions?: readonly { readonly proto: number; readonly body: Uint8Array }[];
}

const IPV6_PSEUDO_LENGTH = 40;
const IPV4_PSEUDO_LENGTH = 12;
const NO_BYTES = new Uint8Array(0);

export function buildEthernet(options: EthernetOptions, etherType: number, payload: Uint8Array): Uint8Array {
  const tags = options.tags ?? [];
  const header = new Uint8Array(14 + tags.length * 4);
  writeMac(header, 0, checked(options.ethDst, 48, 'ethDst'));
  writeMac(header, 6, checked(options.ethSrc, 48, 'ethSrc'));
  let at = 12;
  for (const tag of tags) {
    writeU16(header, at, checked(tag.tpid ?? EtherType.VLAN, 16, 'tpid'));
    writeU16(header, at + 2, checked(tag.pcp ?? 0, 3, 'pcp') * 0x2000 + checked(tag.vid, 12, 'vid'));
    at += 4;
  }
  writeU16(header, at, checked(etherType, 16, 'etherType'));
  return concatBytes(header, payload);
}

export interface ArpOptions {
  /** `ArpOp.REQUEST` (the default) or `ArpOp.REPLY`, or any other number. */
  readonly op?: number;
  readonly sha: MacAddress | number;
  readonly spa: Ipv4Address | number;
  /** Default 0, as in a request. */
  readonly tha?: MacAddress | number;
  readonly tpa: Ipv4Address | number;
  /** Default: broadcast for a request, `tha` for the rest. */
  readonly ethDst?: MacAddress | number;
  /** Default `sha`. */
  readonly ethSrc?: MacAddress | number;
  readonly tags?: readonly VlanTag[];
}

export function buildArp(options: ArpOptions): Uint8Array {
  const op = options.op ?? ArpOp.REQUEST;
  const tha = options.tha ?? 0;
  const body = new Uint8Array(28);
  writeU32(body, 0, 0x0001_0800);
  writeU16(body, 4, 0x0604);
  writeU16(body, 6, checked(op, 16, 'op'));
  writeMac(body, 8, checked(options.sha, 48, 'sha'));
  writeU32(body, 14, checked(options.spa, 32, 'spa'));
  writeMac(body, 18, checked(tha, 48, 'tha'));
  writeU32(body, 24, checked(options.tpa, 32, 'tpa'));
  const ethDst = options.ethDst ?? (op === ArpOp.REQUEST ? BROADCAST_MAC : tha);
  const ethernet = { ethDst, ethSrc: options.ethSrc ?? options.sha, tags: options.tags ?? [] };
  return buildEthernet(ethernet, EtherType.ARP, body);
}

/** An IP packet of either version around a transport payload that is already whole. */
export function buildIp(
  ethernet: EthernetOptions,
  ip: IpOptions,
  proto: number,
  payload: Uint8Array = NO_BYTES,
): Uint8Array {
  if (isIpv4(ip.src) !== isIpv4(ip.dst)) throw new RangeError('src and dst must be of the same IP version');
  return isIpv4(ip.src)
    ? buildEthernet(ethernet, EtherType.IPV4, ipv4Packet(ip, proto, payload))
    : buildEthernet(ethernet, EtherType.IPV6, ipv6Packet(ip, proto, payload));
}

function ipv4Packet(ip: IpOptions, proto: number, payload: Uint8Array): Uint8Array {
  const options = ip.ipv4Options ?? NO_BYTES;
  const headerLength = 20 + Math.ceil(options.length / 4) * 4;
  const header = new Uint8Array(headerLength);
  header[0] = 0x40 + checked(headerLength / 4, 4, 'ipv4Options');
  header[1] = checked(ip.tos ?? 0, 8, 'tos');
  writeU16(header, 2, checked(headerLength + payload.length, 16, 'payload'));
  writeU16(header, 4, checked(ip.identification ?? 0, 16, 'identification'));
  writeU16(header, 6, ip.fragment === undefined ? 0 : fragmentUnits(ip.fragment) + (ip.fragment.more ? 0x2000 : 0));
  header[8] = checked(ip.ttl ?? 64, 8, 'ttl');
  header[9] = checked(proto, 8, 'proto');
  writeU32(header, 12, ip.src as Ipv4Address);
  writeU32(header, 16, ip.dst as Ipv4Address);
  header.set(options, 20);
  writeU16(header, 10, internetChecksum(header));
  return concatBytes(header, payload);
}

function ipv6Packet(ip: IpOptions, proto: number, payload: Uint8Array): Uint8Array {
  const headers = [...(ip.ipv6Extensions ?? [])];
  if (ip.fragment !== undefined) headers.push({ proto: IpProto.FRAGMENT, body: ipv6FragmentBody(ip) });
  const chain = headers.map(({ body }, i) => concatBytes(Uint8Array.of(headers[i + 1]?.proto ?? proto), body));
  const upper = concatBytes(...chain, payload);
  const header = new Uint8Array(40);
  writeU32(header, 0, 0x6000_0000 + checked(ip.tos ?? 0, 8, 'tos') * 0x10_0000);
  writeU16(header, 4, checked(upper.length, 16, 'payload'));
  header[6] = headers[0]?.proto ?? checked(proto, 8, 'proto');
  header[7] = checked(ip.ttl ?? 64, 8, 'ttl');
  writeIpv6(header, 8, ip.src as Ipv6Address);
  writeIpv6(header, 24, ip.dst as Ipv6Address);
  return concatBytes(header, upper);
}

/** A fragment header without its next-header octet (RFC 8200 §4.5). */
function ipv6FragmentBody(ip: IpOptions): Uint8Array {
  const body = new Uint8Array(7);
  writeU16(body, 1, fragmentUnits(ip.fragment!) * 8 + (ip.fragment!.more ? 1 : 0));
  writeU32(body, 3, checked(ip.identification ?? 0, 32, 'identification'));
  return body;
}

function fragmentUnits(fragment: { readonly offset: number }): number {
  if (fragment.offset % 8 !== 0)
    throw new RangeError(`fragment.offset must be a multiple of 8, not ${fragment.offset}`);
  return checked(fragment.offset / 8, 13, 'fragment.offset');
}

export interface PortOptions {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly data?: Uint8Array;
}

export function buildUdp(ethernet: EthernetOptions, ip: IpOptions, udp: PortOptions): Uint8Array {
  const datagram = concatBytes(new Uint8Array(8), udp.data ?? NO_BYTES);
  writePorts(datagram, udp);
  writeU16(datagram, 4, checked(datagram.length, 16, 'data'));
  // A sum of 0 would say "no checksum" and is sent as its other form (RFC 768).
  writeU16(datagram, 6, transportChecksum(ip, IpProto.UDP, datagram) || 0xffff);
  return buildIp(ethernet, ip, IpProto.UDP, datagram);
}

export const TcpFlags = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;

export interface TcpOptions extends PortOptions {
  /** Default SYN alone. */
  readonly flags?: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
}

export function buildTcp(ethernet: EthernetOptions, ip: IpOptions, tcp: TcpOptions): Uint8Array {
  const segment = concatBytes(new Uint8Array(20), tcp.data ?? NO_BYTES);
  writePorts(segment, tcp);
  writeU32(segment, 4, checked(tcp.sequence ?? 0, 32, 'sequence'));
  writeU32(segment, 8, checked(tcp.acknowledgment ?? 0, 32, 'acknowledgment'));
  writeU16(segment, 12, 0x5000 + checked(tcp.flags ?? TcpFlags.SYN, 9, 'flags'));
  writeU16(segment, 14, 0xffff);
  writeU16(segment, 16, transportChecksum(ip, IpProto.TCP, segment));
  return buildIp(ethernet, ip, IpProto.TCP, segment);
}

function writePorts(segment: Uint8Array, { srcPort, dstPort }: PortOptions): void {
  writeU16(segment, 0, checked(srcPort, 16, 'srcPort'));
  writeU16(segment, 2, checked(dstPort, 16, 'dstPort'));
}

/** ICMP over IPv4, ICMPv6 over IPv6. `body` is what follows type, code and checksum. */
export function buildIcmp(
  ethernet: EthernetOptions,
  ip: IpOptions,
  icmp: { readonly type: number; readonly code?: number; readonly body: Uint8Array },
): Uint8Array {
  const message = concatBytes(new Uint8Array(4), icmp.body);
  message[0] = checked(icmp.type, 8, 'type');
  message[1] = checked(icmp.code ?? 0, 8, 'code');
  const proto = isIpv4(ip.src) ? IpProto.ICMP : IpProto.ICMPV6;
  writeU16(message, 2, isIpv4(ip.src) ? internetChecksum(message) : transportChecksum(ip, proto, message));
  return buildIp(ethernet, ip, proto, message);
}

/** The checksum over the pseudo-header and the segment (RFC 9293 §3.1, RFC 8200 §8.1), whose own field is still 0. */
function transportChecksum(ip: IpOptions, proto: number, segment: Uint8Array): number {
  const pseudo = new Uint8Array(isIpv4(ip.src) ? IPV4_PSEUDO_LENGTH : IPV6_PSEUDO_LENGTH);
  if (isIpv4(ip.src)) {
    writeU32(pseudo, 0, ip.src);
    writeU32(pseudo, 4, ip.dst as Ipv4Address);
  } else {
    writeIpv6(pseudo, 0, ip.src);
    writeIpv6(pseudo, 16, ip.dst as Ipv6Address);
  }
  writeU16(pseudo, pseudo.length - 4, proto);
  writeU16(pseudo, pseudo.length - 2, segment.length);
  return foldChecksum(sumWords(pseudo) + sumWords(segment));
}

/** `value` if it is an unsigned integer of so many bits. */
function checked(value: number, bits: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${name} must be an integer from 0 to ${2 ** bits - 1}, not ${value}`);
  }
  return value;
}
