// The match of most rules that are decided for packets: untagged IPv4 from one host at one port to one other, and nothing
// else that a packet must have.

import { type Ipv4Address, isIpv4, type MacAddress } from '../../protocols/packet/address.ts';
import { type Frame, plainIpv4Frame } from '../../protocols/packet/frame.ts';
import { EtherType } from '../../protocols/packet/protocol-numbers.ts';
import type { FlowMatch } from '../southbound/flow-rule.ts';
import type { WireVersion } from '../southbound/negotiation.ts';
import type { Ends } from '../southbound/raw-packets.ts';

interface Host {
  readonly network: Ipv4Address;
  readonly length: 32;
}

export interface Ipv4Pair {
  readonly inPort: number;
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly vlan: 'none';
  readonly ethType: number;
  readonly ipSrc: Host;
  readonly ipDst: Host;
}

const FIELDS = 7;
const FULL_LENGTH = 32;

export function isIpv4Pair(match: FlowMatch): match is Ipv4Pair {
  const { inPort, ethSrc, ethDst, vlan, ethType, ipSrc, ipDst } = match;
  if (inPort === undefined || ethSrc === undefined || ethDst === undefined || ipSrc === undefined) return false;
  if (ipDst === undefined || vlan !== 'none' || ethType !== EtherType.IPV4) return false;
  if (ipSrc.length !== FULL_LENGTH || ipDst.length !== FULL_LENGTH) return false;
  return isIpv4(ipSrc.network) && isIpv4(ipDst.network) && Object.keys(match).length === FIELDS;
}

/** As a PacketIn of such a packet has them. */
export function endsOf(version: WireVersion, { inPort, ethSrc, ethDst, ipSrc, ipDst }: Ipv4Pair): Ends {
  return {
    inPort: version === 1 ? inPort & 0xffff : inPort | 0,
    mac0: (ethDst / 0x1_0000) | 0,
    mac1: ((ethDst % 0x1_0000) << 16) | (ethSrc / 0x1_0000_0000),
    mac2: ethSrc | 0,
    ipSrc: ipSrc.network | 0,
    ipDst: ipDst.network | 0,
  };
}

/** @param inPort in 32 bits. */
export function pairOf(inPort: number, ends: Omit<Ends, 'inPort'>): Ipv4Pair {
  return {
    inPort,
    ethSrc: ethSrcOf(ends),
    ethDst: ethDstOf(ends),
    vlan: 'none',
    ethType: EtherType.IPV4,
    ipSrc: { network: (ends.ipSrc >>> 0) as Ipv4Address, length: FULL_LENGTH },
    ipDst: { network: (ends.ipDst >>> 0) as Ipv4Address, length: FULL_LENGTH },
  };
}

export function ethSrcOf({ mac1, mac2 }: Pick<Ends, 'mac1' | 'mac2'>): number {
  return (mac1 & 0xffff) * 0x1_0000_0000 + (mac2 >>> 0);
}

export function ethDstOf({ mac0, mac1 }: Pick<Ends, 'mac0' | 'mac1'>): number {
  return (mac0 >>> 0) * 0x1_0000 + (mac1 >>> 16);
}

/** A packet that it matches. */
export function packetOf({ inPort, ethSrc, ethDst, ipSrc, ipDst }: Ipv4Pair): { frame: Frame; inPort: number } {
  const link = { ethSrc: ethSrc as MacAddress, ethDst: ethDst as MacAddress };
  return { frame: plainIpv4Frame(link, ipSrc.network, ipDst.network), inPort };
}
