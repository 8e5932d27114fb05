// OpenFlow 1.3 match fields (OXM) to fields of the normal form and back. The table says which this switch supports; the
// codec's own check of prerequisites, masks and repeats is applied to what was received, as a switch would.

import { checkMatch13, type Match13, type OxmField } from 'node-openflow';
import { EtherType, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { FIELD_NAMES, type FieldName, fullMask, isRegister } from './fields.ts';
import { exactValue, type MaskedValue, type Match, normalMatch } from './match.ts';
import { Refusal } from './refusal.ts';

/** Supported fields by their OpenFlow 1.3 name. */
const FIELD_OF_OXM: Readonly<Record<string, FieldName>> = {
  inPort: 'inPort',
  metadata: 'metadata',
  ethDst: 'ethDst',
  ethSrc: 'ethSrc',
  ethType: 'ethType',
  vlanVid: 'vlanVid',
  vlanPcp: 'vlanPcp',
  ipDscp: 'ipDscp',
  ipEcn: 'ipEcn',
  ipProto: 'nwProto',
  ipv4Src: 'nwSrc',
  ipv4Dst: 'nwDst',
  tcpSrc: 'tpSrc',
  tcpDst: 'tpDst',
  udpSrc: 'tpSrc',
  udpDst: 'tpDst',
  sctpSrc: 'tpSrc',
  sctpDst: 'tpDst',
  icmpv4Type: 'tpSrc',
  icmpv4Code: 'tpDst',
  icmpv6Type: 'tpSrc',
  icmpv6Code: 'tpDst',
  arpOp: 'nwProto',
  arpSpa: 'nwSrc',
  arpTpa: 'nwDst',
  arpSha: 'arpSha',
  arpTha: 'arpTha',
  ipv6Src: 'ipv6Src',
  ipv6Dst: 'ipv6Dst',
  ipv6Flabel: 'ipv6Flabel',
  ipv6NdTarget: 'ndTarget',
  ipv6NdSll: 'ndSll',
  ipv6NdTll: 'ndTll',
  ...Object.fromEntries(FIELD_NAMES.filter(isRegister).map((name) => [name, name])),
};

/** OpenFlow 1.3's name of a field where it does not depend on the packet's protocols. */
const OXM_OF_FIELD: Partial<Record<FieldName, string>> = {
  ndTarget: 'ipv6NdTarget',
  ndSll: 'ipv6NdSll',
  ndTll: 'ipv6NdTll',
};

export function fieldOfOxm(name: string): FieldName | undefined {
  return Object.hasOwn(FIELD_OF_OXM, name) ? FIELD_OF_OXM[name] : undefined;
}

/** `hasRegisters`: whether the switch has Nicira's. */
export function matchFrom13(match: Match13, hasRegisters = false): Match {
  for (const oxm of match) {
    const field = fieldOfOxm(oxm.field);
    if (field === undefined || (isRegister(field) && !hasRegisters)) {
      throw new Refusal(4, 6, `this switch does not match on ${oxm.field}`);
    }
  }
  checkMatch13(match);
  return normalMatch(
    match.map((oxm) => {
      const value = BigInt(oxm.value ?? 0);
      const entry = oxm.mask === undefined ? { value } : { value, mask: BigInt(oxm.mask) };
      return [fieldOfOxm(oxm.field)!, entry];
    }),
  );
}

export function matchTo13(match: Match): Match13 {
  return Array.from(match.fields, ([field, masked]) => oxmField(oxmName(field, match), field, masked));
}

/** One OXM; wide fields keep bigints, narrow ones become numbers. */
export function oxmField(name: string, field: FieldName, { value, mask }: MaskedValue): OxmField {
  const isWide = fullMask(field) >= 1n << 48n;
  const scalar = (bits: bigint) => (isWide ? bits : Number(bits));
  const isExact = mask === fullMask(field);
  return { field: name, value: scalar(value), ...(isExact ? {} : { mask: scalar(mask) }) } as OxmField;
}

/** The name depends on what else the match fixes: `nwSrc` is an IPv4 or an ARP address. */
function oxmName(field: FieldName, match: Match): string {
  const isArp = exactValue(match, 'ethType') === BigInt(EtherType.ARP);
  switch (field) {
    case 'nwProto':
      return isArp ? 'arpOp' : 'ipProto';
    case 'nwSrc':
      return isArp ? 'arpSpa' : 'ipv4Src';
    case 'nwDst':
      return isArp ? 'arpTpa' : 'ipv4Dst';
    case 'tpSrc':
      return transportName(match, 'Src', 'Type');
    case 'tpDst':
      return transportName(match, 'Dst', 'Code');
  }
  return OXM_OF_FIELD[field] ?? field;
}

function transportName(match: Match, port: 'Src' | 'Dst', icmp: 'Type' | 'Code'): string {
  switch (Number(exactValue(match, 'nwProto'))) {
    case IpProto.ICMP:
      return `icmpv4${icmp}`;
    case IpProto.ICMPV6:
      return `icmpv6${icmp}`;
    case IpProto.UDP:
      return `udp${port}`;
    case IpProto.SCTP:
      return `sctp${port}`;
  }
  return `tcp${port}`;
}

/** What must be matched exactly before a set-field of this name is consistent (OF1.3.5 §7.2.5, `MATCH_INCONSISTENT`). */
export function hasSetFieldPrerequisites(oxm: string, match: Match, isTagged: boolean): boolean {
  const ethType = Number(exactValue(match, 'ethType') ?? -1n);
  const proto = Number(exactValue(match, 'nwProto') ?? -1n);
  const icmpType = Number(exactValue(match, 'tpSrc') ?? -1n);
  const isIp = ethType === EtherType.IPV4 || ethType === EtherType.IPV6;
  if (oxm.startsWith('vlan')) return isTagged;
  if (oxm.startsWith('arp')) return ethType === EtherType.ARP;
  if (oxm.startsWith('ipv4')) return ethType === EtherType.IPV4;
  if (oxm === 'ipv6NdSll') return proto === IpProto.ICMPV6 && icmpType === 135;
  if (oxm === 'ipv6NdTll') return proto === IpProto.ICMPV6 && icmpType === 136;
  if (oxm.startsWith('ipv6Nd')) return proto === IpProto.ICMPV6 && (icmpType === 135 || icmpType === 136);
  if (oxm.startsWith('ipv6')) return ethType === EtherType.IPV6;
  if (oxm.startsWith('ip')) return isIp;
  if (oxm.startsWith('tcp')) return isIp && proto === IpProto.TCP;
  if (oxm.startsWith('udp')) return isIp && proto === IpProto.UDP;
  return true;
}
