// A rule's match in either version. A field that a version cannot say is an error here, never left out: a match without
// it would be wider than what was decided.

import type { Match10, OxmField } from 'node-openflow';
import { isIpv4, networkOf, type Prefix } from '../../protocols/packet/address.ts';
import { IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { narrowPort } from '../network/port-numbers.ts';
import { CT_STATES } from './connection-tracking.ts';
import { type FlowMatch, REGISTERS } from './flow-rule.ts';

/** OFP_VLAN_NONE (OF1.0 §5.2.3): frames without a tag. */
const NO_TAG_10 = 0xffff;
/** OFPVID_NONE and OFPVID_PRESENT (OF1.3.5 §7.2.3.7). */
const NO_TAG_13 = 0;
const TAG_PRESENT_13 = 0x1000;

const ONLY_IN_13 = [
  'icmpv6Type',
  'isGroup',
  'isReserved',
  'metadata',
  'arpSha',
  'ndTarget',
  'ndSll',
  'ndTll',
  'tcpFlag',
  ...REGISTERS,
  'connection',
] as const;
/** The bit of a MAC address that says broadcast or multicast. */
const GROUP_BIT = 0x010000000000;
const RESERVED = { value: 0x0180c2000000, mask: 0xfffffffffff0 } as const;

export function match10(match: FlowMatch): Match10 {
  for (const field of ONLY_IN_13) {
    if (match[field] !== undefined) throw new Error(`OpenFlow 1.0 cannot match ${field}`);
  }
  const source = match.ipSrc ?? match.arpSpa;
  const destination = match.ipDst ?? match.arpTpa;
  return {
    ...(match.inPort !== undefined && { inPort: narrowPort(match.inPort) }),
    ...(match.ethSrc !== undefined && { dlSrc: match.ethSrc }),
    ...(match.ethDst !== undefined && { dlDst: match.ethDst }),
    ...(match.vlan !== undefined && { dlVlan: match.vlan === 'none' ? NO_TAG_10 : match.vlan }),
    ...(match.ethType !== undefined && { dlType: match.ethType }),
    ...(source !== undefined && { nwSrc: block10(source) }),
    ...(destination !== undefined && { nwDst: block10(destination) }),
    ...(match.ipProto !== undefined && { nwProto: match.ipProto }),
    ...(match.udpSrc !== undefined && { tpSrc: match.udpSrc }),
    ...(match.udpDst !== undefined && { tpDst: match.udpDst }),
  };
}

function block10({ network, length }: Prefix): { address: number; prefixLength: number } {
  if (!isIpv4(network)) throw new Error('OpenFlow 1.0 cannot match IPv6 addresses');
  return { address: network, prefixLength: length };
}

export function match13(match: FlowMatch): OxmField[] {
  const fields: OxmField[] = [];
  const exact = (field: string, value: number | bigint | undefined) => {
    if (value !== undefined) fields.push({ field, value } as OxmField);
  };
  exact('inPort', match.inPort);
  if (match.metadata !== undefined) fields.push({ field: 'metadata', ...match.metadata });
  exact('ethDst', match.ethDst);
  if (match.isGroup === true) fields.push({ field: 'ethDst', value: GROUP_BIT, mask: GROUP_BIT });
  if (match.isReserved === true) fields.push({ field: 'ethDst', ...RESERVED });
  exact('ethSrc', match.ethSrc);
  exact('ethType', match.ethType);
  if (match.vlan !== undefined) exact('vlanVid', match.vlan === 'none' ? NO_TAG_13 : TAG_PRESENT_13 | match.vlan);
  exact('ipProto', match.ipProto);
  for (const [prefix, ipv4Field, ipv6Field] of [
    [match.ipSrc, 'ipv4Src', 'ipv6Src'],
    [match.ipDst, 'ipv4Dst', 'ipv6Dst'],
    [match.arpSpa, 'arpSpa', undefined],
    [match.arpTpa, 'arpTpa', undefined],
  ] as const) {
    if (prefix === undefined) continue;
    const field = isIpv4(prefix.network) ? ipv4Field : ipv6Field;
    if (field === undefined) throw new Error('ARP has IPv4 addresses only');
    fields.push(block13(field, prefix));
  }
  exact('udpSrc', match.ipProto === IpProto.UDP ? match.udpSrc : undefined);
  exact('udpDst', match.ipProto === IpProto.UDP ? match.udpDst : undefined);
  if (match.tcpFlag !== undefined) fields.push({ field: 'onfTcpFlags', value: match.tcpFlag, mask: match.tcpFlag });
  exact('arpSha', match.arpSha);
  exact('icmpv6Type', match.icmpv6Type);
  exact('ipv6NdTarget', match.ndTarget);
  exact('ipv6NdSll', match.ndSll);
  exact('ipv6NdTll', match.ndTll);
  if (match.connection !== undefined) fields.push({ field: 'ctState', ...CT_STATES[match.connection] });
  for (const register of REGISTERS) exact(register, match[register]);
  return fields;
}

function block13(field: string, { network, length }: Prefix): OxmField {
  const width = isIpv4(network) ? 32 : 128;
  if (length === width) return { field, value: network } as OxmField;
  const allOnes = (isIpv4(network) ? 0xffffffff : (1n << 128n) - 1n) as typeof network;
  return { field, value: network, mask: networkOf(allOnes, length) } as OxmField;
}
