// Frames of the protocols that hold a network together: ICMP echo, neighbour discovery (RFC 4861 §4) and LLDP
// (IEEE 802.1AB). Built on the layers of build.ts.

import { BROADCAST_MAC, type Ipv6Address, isIpv4, type MacAddress } from './address.ts';
import { buildEthernet, buildIcmp, type EthernetOptions, type IpOptions, type VlanTag } from './build.ts';
import { concatBytes, writeIpv6, writeMac, writeU16, writeU32 } from './bytes.ts';
import { EtherType, IcmpType, Icmpv6Type } from './protocol-numbers.ts';

export interface EchoOptions {
  /** Default 'request'. */
  readonly kind?: 'request' | 'reply';
  readonly identifier: number;
  readonly sequence: number;
  readonly data?: Uint8Array;
}

/** A ping or its answer, of the addresses' IP version. */
export function buildIcmpEcho(ethernet: EthernetOptions, ip: IpOptions, echo: EchoOptions): Uint8Array {
  const numbers = new Uint8Array(4);
  writeU16(numbers, 0, echo.identifier);
  writeU16(numbers, 2, echo.sequence);
  const types = isIpv4(ip.src)
    ? { request: IcmpType.ECHO_REQUEST, reply: IcmpType.ECHO_REPLY }
    : { request: Icmpv6Type.ECHO_REQUEST, reply: Icmpv6Type.ECHO_REPLY };
  const body = concatBytes(numbers, echo.data ?? new Uint8Array(0));
  return buildIcmp(ethernet, ip, { type: types[echo.kind ?? 'request'], body });
}

/** The group that a node with this address listens to for solicitations (RFC 4291 §2.7.1): `ff02::1:ffXX:XXXX`. */
export function solicitedNodeAddress(address: Ipv6Address): Ipv6Address {
  return (0xff02_0000_0000_0000_0000_0001_ff00_0000n | (address & 0xff_ffffn)) as Ipv6Address;
}

/** The MAC address that an IPv6 multicast is sent to (RFC 2464 §7): `33:33` and the last 32 bits. */
export function ipv6MulticastMac(address: Ipv6Address): MacAddress {
  return (0x3333_0000_0000 + Number(address & 0xffff_ffffn)) as MacAddress;
}

export const ALL_NODES = 0xff02_0000_0000_0000_0000_0000_0000_0001n as Ipv6Address;
export const ALL_ROUTERS = 0xff02_0000_0000_0000_0000_0000_0000_0002n as Ipv6Address;

export interface NeighborOptions {
  readonly ethSrc: MacAddress | number;
  /** Default: the MAC of a multicast destination; broadcast where the destination is one host. */
  readonly ethDst?: MacAddress | number;
  readonly src: Ipv6Address;
  readonly target: Ipv6Address;
  readonly tags?: readonly VlanTag[];
}

export interface SolicitationOptions extends NeighborOptions {
  /** The source link-layer option; none by default, as in duplicate address detection. */
  readonly sll?: MacAddress | number;
  /** Default: the target's solicited-node address. */
  readonly dst?: Ipv6Address;
}

export function buildNeighborSolicitation(options: SolicitationOptions): Uint8Array {
  const dst = options.dst ?? solicitedNodeAddress(options.target);
  const body = neighborBody(options.target, 0);
  const option = options.sll === undefined ? [] : [linkLayerOption(1, options.sll)];
  return buildNd(options, dst, Icmpv6Type.NEIGHBOR_SOLICITATION, concatBytes(body, ...option));
}

export interface AdvertisementOptions extends NeighborOptions {
  /** Default: all nodes, as when unsolicited. */
  readonly dst?: Ipv6Address;
  /** The target link-layer option. */
  readonly tll?: MacAddress | number;
  readonly isSolicited?: boolean;
  readonly isOverride?: boolean;
}

export function buildNeighborAdvertisement(options: AdvertisementOptions): Uint8Array {
  const flags = (options.isSolicited ? 0x4000_0000 : 0) + (options.isOverride ? 0x2000_0000 : 0);
  const body = neighborBody(options.target, flags);
  const option = options.tll === undefined ? [] : [linkLayerOption(2, options.tll)];
  return buildNd(options, options.dst ?? ALL_NODES, Icmpv6Type.NEIGHBOR_ADVERTISEMENT, concatBytes(body, ...option));
}

export interface RouterSolicitationOptions {
  readonly ethSrc: MacAddress | number;
  readonly ethDst?: MacAddress | number;
  readonly src: Ipv6Address;
  readonly sll?: MacAddress | number;
  readonly tags?: readonly VlanTag[];
}

export function buildRouterSolicitation(options: RouterSolicitationOptions): Uint8Array {
  const option = options.sll === undefined ? [] : [linkLayerOption(1, options.sll)];
  return buildNd(options, ALL_ROUTERS, Icmpv6Type.ROUTER_SOLICITATION, concatBytes(new Uint8Array(4), ...option));
}

function buildNd(
  options: Omit<RouterSolicitationOptions, 'sll'>,
  dst: Ipv6Address,
  type: number,
  body: Uint8Array,
): Uint8Array {
  const isMulticast = dst >> 120n === 0xffn;
  const ethDst = options.ethDst ?? (isMulticast ? ipv6MulticastMac(dst) : BROADCAST_MAC);
  const ethernet = { ethDst, ethSrc: options.ethSrc, tags: options.tags ?? [] };
  // A receiver takes no neighbour discovery that may have crossed a router: hop limit 255 (RFC 4861 §6.1, §7.1).
  return buildIcmp(ethernet, { src: options.src, dst, ttl: 255 }, { type, body });
}

/** The flags word and the target, which solicitations and advertisements share. */
function neighborBody(target: Ipv6Address, flags: number): Uint8Array {
  const body = new Uint8Array(20);
  writeU32(body, 0, flags);
  writeIpv6(body, 4, target);
  return body;
}

function linkLayerOption(type: number, mac: MacAddress | number): Uint8Array {
  const option = new Uint8Array(8);
  option[0] = type;
  option[1] = 1;
  writeMac(option, 2, mac);
  return option;
}

/** Where LLDP goes: the nearest bridge, which no bridge forwards (IEEE 802.1AB §7.1). */
export const LLDP_MULTICAST = 0x0180_c200_000e as MacAddress;

export interface LldpOptions {
  readonly ethSrc: MacAddress | number;
  /** Locally assigned text, up to 255 bytes. */
  readonly chassisId: string;
  readonly portId: string;
  readonly ttlSec: number;
}

export function buildLldp(options: LldpOptions): Uint8Array {
  const LOCALLY_ASSIGNED = 7;
  const ttl = new Uint8Array(2);
  writeU16(ttl, 0, options.ttlSec);
  const encode = (text: string) => concatBytes(Uint8Array.of(LOCALLY_ASSIGNED), new TextEncoder().encode(text));
  const body = concatBytes(
    lldpTlv(1, encode(options.chassisId)),
    lldpTlv(2, encode(options.portId)),
    lldpTlv(3, ttl),
    lldpTlv(0, new Uint8Array(0)),
  );
  return buildEthernet({ ethDst: LLDP_MULTICAST, ethSrc: options.ethSrc }, EtherType.LLDP, body);
}

function lldpTlv(type: number, value: Uint8Array): Uint8Array {
  if (value.length > 256) throw new RangeError(`an LLDP id holds at most 255 bytes, not ${value.length - 1}`);
  const header = new Uint8Array(2);
  writeU16(header, 0, type * 0x200 + value.length);
  return concatBytes(header, value);
}
