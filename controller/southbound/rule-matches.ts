// A rule's match in either version. A field that a version cannot say is an error here, never left out: a match without
// it would be wider than what was decided.

import type { Match10, OxmField } from 'node-openflow';
import { isIpv4, networkOf, type Prefix } from '../../protocols/packet/address.ts';
import { IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { narrowPort } from '../network/port-numbers.ts';
import { CT_STATES } from './connection-tracking.ts';
import { type FlowMatch, REGISTERS, type Register } from './flow-rule.ts';

/** OFP_VLAN_NONE (OF1.0 §5.2.3): frames without a tag. */
const NO_TAG_10 = 0xffff;
/** OFPVID_NONE and OFPVID_PRESENT (OF1.3.5 §7.2.3.7). */
const NO_TAG_13 = 0;
const TAG_PRESENT_13 = 0x1000;
/** The bit of a MAC address that says broadcast or multicast. */
const GROUP_BIT = 0x010000000000;
const RESERVED = { value: 0x0180c2000000, mask: 0xfffffffffff0 } as const;

type Field = keyof FlowMatch;
type Value<F extends Field> = NonNullable<FlowMatch[F]>;
/** Notes in a match of OpenFlow 1.0 what this field says. */
type Writer10<F extends Field> = (match: Writable10, value: Value<F>) => void;
/** What this field says in OpenFlow 1.3, where it says anything. */
type Writer13<F extends Field> = (value: Value<F>, match: FlowMatch) => OxmField | undefined;
type Writable10 = { -readonly [Name in keyof Match10]: Match10[Name] };

const FIELDS_10: { readonly [F in Field]?: Writer10<F> } = {
  inPort: (match, value) => {
    match.inPort = narrowPort(value);
  },
  ethSrc: (match, value) => {
    match.dlSrc = value;
  },
  ethDst: (match, value) => {
    match.dlDst = value;
  },
  vlan: (match, value) => {
    match.dlVlan = value === 'none' ? NO_TAG_10 : value;
  },
  ethType: (match, value) => {
    match.dlType = value;
  },
  ipSrc: (match, value) => {
    match.nwSrc = block10(value);
  },
  ipDst: (match, value) => {
    match.nwDst = block10(value);
  },
  arpSpa: (match, value) => {
    match.nwSrc = block10(value);
  },
  arpTpa: (match, value) => {
    match.nwDst = block10(value);
  },
  ipProto: (match, value) => {
    match.nwProto = value;
  },
  udpSrc: (match, value) => {
    match.tpSrc = value;
  },
  udpDst: (match, value) => {
    match.tpDst = value;
  },
};

const exact = (field: OxmField['field']) => (value: number | bigint) => ({ field, value }) as OxmField;

const block = (ipv4Field: OxmField['field'], ipv6Field: OxmField['field'] | undefined) => (prefix: Prefix) => {
  const field = isIpv4(prefix.network) ? ipv4Field : ipv6Field;
  if (field === undefined) throw new Error('ARP has IPv4 addresses only');
  return block13(field, prefix);
};

const ofUdp = (field: OxmField['field']) => (value: number, match: FlowMatch) =>
  match.ipProto === IpProto.UDP ? exact(field)(value) : undefined;

/** In the order in which a match has them: one that others need comes before these (OF1.3.5 §7.2.3.8). */
const FIELDS_13: { readonly [F in Exclude<Field, Register>]: Writer13<F> } = {
  inPort: exact('inPort'),
  metadata: (value) => ({ field: 'metadata', ...value }),
  ethDst: exact('ethDst'),
  isGroup: () => ({ field: 'ethDst', value: GROUP_BIT, mask: GROUP_BIT }),
  isReserved: () => ({ field: 'ethDst', ...RESERVED }),
  ethSrc: exact('ethSrc'),
  ethType: exact('ethType'),
  vlan: (value) => ({ field: 'vlanVid', value: value === 'none' ? NO_TAG_13 : TAG_PRESENT_13 | value }),
  ipProto: exact('ipProto'),
  ipSrc: block('ipv4Src', 'ipv6Src'),
  ipDst: block('ipv4Dst', 'ipv6Dst'),
  arpSpa: block('arpSpa', undefined),
  arpTpa: block('arpTpa', undefined),
  udpSrc: ofUdp('udpSrc'),
  udpDst: ofUdp('udpDst'),
  tcpFlag: (value) => ({ field: 'onfTcpFlags', value, mask: value }),
  arpSha: exact('arpSha'),
  icmpv6Type: exact('icmpv6Type'),
  ndTarget: exact('ipv6NdTarget'),
  ndSll: exact('ipv6NdSll'),
  ndTll: exact('ipv6NdTll'),
  connection: (value) => ({ field: 'ctState', ...CT_STATES[value] }),
};

// Looked up by name for each field that a match has: most have five of the thirty-odd that there are.
const WRITERS_10: ReadonlyMap<string, Writer10<never>> = new Map(Object.entries(FIELDS_10));
const WRITERS_13: ReadonlyMap<string, { readonly rank: number; readonly write: Writer13<never> }> = new Map(
  [...Object.entries(FIELDS_13), ...REGISTERS.map((register) => [register, exact(register)] as const)].map(
    ([name, write], rank) => [name, { rank, write: write as Writer13<never> }],
  ),
);

export function match10(match: FlowMatch): Match10 {
  const made: Writable10 = {};
  for (const name in match) {
    const value = match[name as Field] as never;
    if (value === undefined) continue;
    const write = WRITERS_10.get(name);
    if (write === undefined) throw new Error(`OpenFlow 1.0 cannot match ${name}`);
    write(made, value);
  }
  return made;
}

function block10({ network, length }: Prefix): { address: number; prefixLength: number } {
  if (!isIpv4(network)) throw new Error('OpenFlow 1.0 cannot match IPv6 addresses');
  return { address: network, prefixLength: length };
}

export function match13(match: FlowMatch): OxmField[] {
  const fields: OxmField[] = [];
  const ranks: number[] = [];
  for (const name in match) {
    const value = match[name as Field] as never;
    if (value === undefined) continue;
    const { rank, write } = WRITERS_13.get(name)!;
    const field = write(value, match);
    if (field === undefined) continue;
    // Nearly every match has its fields in this order already.
    let at = fields.length;
    for (; at > 0 && ranks[at - 1]! > rank; at--) {
      fields[at] = fields[at - 1]!;
      ranks[at] = ranks[at - 1]!;
    }
    fields[at] = field;
    ranks[at] = rank;
  }
  return fields;
}

function block13(field: OxmField['field'], { network, length }: Prefix): OxmField {
  const width = isIpv4(network) ? 32 : 128;
  if (length === width) return { field, value: network } as OxmField;
  const allOnes = (isIpv4(network) ? 0xffffffff : (1n << 128n) - 1n) as typeof network;
  return { field, value: network, mask: networkOf(allOnes, length) } as OxmField;
}
