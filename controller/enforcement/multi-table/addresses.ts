// Where a packet's addresses are matched. IPv4 and ARP have them in different fields, so with standard OpenFlow one address
// takes two rules, as an IPv6 address does for solicitations. With Nicira's registers the table ADDRESSES copies them, whichever the packet is, and one rule is enough:
//
//   reg0        the source's IPv4 address: nw_src, or the sender's of ARP
//   reg1        the destination's: nw_dst, or the target's of ARP
//   reg2, reg3  the MAC that the sender says it has (the lower 32 bits and the upper 16): of ARP and neighbour
//               solicitations the one in their body, of other neighbour discovery none
//
//   reg4, reg5  the MAC of the job that the destination's address belongs to: the table RECIPIENT sets it
//
// A packet that is neither has 0 there, which is no job's address.

import type { Ipv4Address, MacAddress } from '../../../protocols/packet/address.ts';
import { EtherType, Icmpv6Type, IpProto } from '../../../protocols/packet/protocol-numbers.ts';
import {
  type FlowMatch,
  type FlowRule,
  hostPrefix,
  type RegisterLoad,
  type RegisterMove,
} from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import { drop, type MultiTableContext, ruleMaker } from './context.ts';
import { FROM_JOB_PORT, IS_QUESTION, Table } from './layout.ts';

const IPV4 = { ethType: EtherType.IPV4 } as const;
const ARP = { ethType: EtherType.ARP } as const;
const IPV6 = { ethType: EtherType.IPV6 } as const;
const SOLICITATION = {
  ...IPV6,
  ipProto: IpProto.ICMPV6,
  icmpv6Type: Icmpv6Type.NEIGHBOR_SOLICITATION,
} as const;

export const ADVERTISEMENT: FlowMatch = { ...SOLICITATION, icmpv6Type: Icmpv6Type.NEIGHBOR_ADVERTISEMENT };

const rule = ruleMaker(RuleKind.BASE);

export function addressRules(): FlowRule[] {
  const question = { isGroup: true, writeMetadata: IS_QUESTION } as const;
  const next = { goto: Table.SENDER };
  const asked = { ...next, writeMetadata: question.writeMetadata };
  return [
    rule(
      Table.ADDRESSES,
      20,
      { ...ARP, isGroup: true },
      { ...asked, moves: movesOf('nxmArpSpa', 'nxmArpTpa', 'nxmArpSha') },
    ),
    rule(Table.ADDRESSES, 20, { ...SOLICITATION, isGroup: true }, { ...asked, moves: claimed('nxmNdSll') }),
    rule(Table.ADDRESSES, 10, ARP, { ...next, moves: movesOf('nxmArpSpa', 'nxmArpTpa', 'nxmArpSha') }),
    rule(Table.ADDRESSES, 10, IPV4, { ...next, moves: movesOf('nxmIpSrc', 'nxmIpDst', 'nxmEthSrc') }),
    ...discovery()
      .filter(({ icmpv6Type }) => icmpv6Type !== Icmpv6Type.NEIGHBOR_SOLICITATION)
      .map((match) => rule(Table.ADDRESSES, 15, match, next)),
    rule(Table.ADDRESSES, 15, SOLICITATION, { ...next, moves: claimed('nxmNdSll') }),
    rule(Table.ADDRESSES, 10, IPV6, { ...next, moves: claimed('nxmEthSrc') }),
    rule(Table.ADDRESSES, 5, { metadata: FROM_JOB_PORT }, drop),
  ];
}

type Source = RegisterMove['from'];

function movesOf(source: Source, destination: Source, claimedMac: Source): readonly RegisterMove[] {
  return [
    { from: source, fromBit: 0, bits: 32, to: 'reg0' },
    { from: destination, fromBit: 0, bits: 32, to: 'reg1' },
    ...claimed(claimedMac),
  ];
}

function claimed(mac: Source): readonly RegisterMove[] {
  return [
    { from: mac, fromBit: 0, bits: 32, to: 'reg2' },
    { from: mac, fromBit: 32, bits: 16, to: 'reg3' },
  ];
}

/** Packets of IPv4 and ARP from this address. */
export function sourcesOf({ hasRegisters }: MultiTableContext, address: Ipv4Address): FlowMatch[] {
  if (hasRegisters) return [{ reg0: address }];
  const prefix = hostPrefix(address);
  return [
    { ipSrc: prefix, ...IPV4 },
    { arpSpa: prefix, ...ARP },
  ];
}

/** The same, where ARP says no other MAC in its body. The frame's own source MAC is another matter. */
export function ownSourcesOf(context: MultiTableContext, address: Ipv4Address, mac: MacAddress): FlowMatch[] {
  if (context.hasRegisters) return [{ reg0: address, ...claiming(mac) }];
  const [ip, arp] = sourcesOf(context, address) as [FlowMatch, FlowMatch];
  return [ip, { arpSha: mac, ...arp }];
}

/** Packets that say no other MAC than this one, where they say any. With registers. */
export function claiming(mac: MacAddress): FlowMatch {
  return { reg2: lower(mac), reg3: upper(mac) };
}

/** Packets for this address that some job's rules do not explain; ARP for no known job is asked about in any case. */
export function destinationsOf({ hasRegisters }: MultiTableContext, address: Ipv4Address): FlowMatch[] {
  return hasRegisters ? [{ reg1: address }] : [{ ipDst: hostPrefix(address), ...IPV4 }];
}

/** Notes whose MAC a packet must have to be delivered. */
export function expectMac(mac: MacAddress): readonly RegisterLoad[] {
  return [
    { value: lower(mac), to: 'reg4' },
    { value: upper(mac), to: 'reg5' },
  ];
}

/** Packets for the job with this MAC, by their address as by their MAC. */
export function addressedTo(mac: MacAddress): FlowMatch {
  return { ethDst: mac, reg4: lower(mac), reg5: upper(mac) };
}

const lower = (mac: MacAddress) => mac % 2 ** 32;
const upper = (mac: MacAddress) => Math.floor(mac / 2 ** 32);

/** The five messages of neighbour discovery (RFC 4861). */
export function discovery(): FlowMatch[] {
  const types = [
    Icmpv6Type.ROUTER_SOLICITATION,
    Icmpv6Type.ROUTER_ADVERTISEMENT,
    Icmpv6Type.NEIGHBOR_SOLICITATION,
    Icmpv6Type.REDIRECT,
  ];
  return [...types.map((icmpv6Type) => ({ ...SOLICITATION, icmpv6Type })), ADVERTISEMENT];
}
