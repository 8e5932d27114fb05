// The match of most rules that are decided for packets: untagged IPv4 from one host at one port to one other, and nothing
// else that a packet must have.

import { type Ipv4Address, isIpv4, type MacAddress } from '../../protocols/packet/address.ts';
import { type Frame, plainIpv4Frame } from '../../protocols/packet/frame.ts';
import { EtherType } from '../../protocols/packet/protocol-numbers.ts';
import type { FlowMatch } from '../southbound/flow-rule.ts';

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

/** A packet that it matches. */
export function packetOf({ inPort, ethSrc, ethDst, ipSrc, ipDst }: Ipv4Pair): { frame: Frame; inPort: number } {
  const link = { ethSrc: ethSrc as MacAddress, ethDst: ethDst as MacAddress };
  return { frame: plainIpv4Frame(link, ipSrc.network, ipDst.network), inPort };
}
