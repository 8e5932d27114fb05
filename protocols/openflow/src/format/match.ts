// Matches as `ovs-ofctl dump-flows` prints them, so that what Lark says and what the switch says can be compared as text.

import type { Match10 } from '../of10/match.ts';
import type { Match13, OxmField, UnknownOxm } from '../of13/oxm.ts';
import { oxmFields } from '../of13/oxm-fields.ts';
import { fieldTexts, flowOrder, type Style } from './fields.ts';
import { formatPort } from './ports.ts';
import { formatFlags, formatHex, formatIpv4, formatIpv6, formatMac, formatPrefixMask } from './values.ts';

/** `ip,in_port=3,nw_src=10.0.0.1`; '' for a match of everything. */
export function formatMatch10(match: Match10): string {
  return join(fromMatch10(match));
}

/** The same for OpenFlow 1.3. Fields that Open vSwitch does not know come with their OXM names. */
export function formatMatch13(match: Match13): string {
  return join(match);
}

type KnownOxm = Exclude<OxmField, UnknownOxm>;

/** The same match in terms of OXM fields, 1.0's VLAN as a tag control word. */
function fromMatch10(match: Match10): OxmField[] {
  const fields: OxmField[] = [];
  const add = (field: OxmField) => fields.push(field);
  if (match.inPort !== undefined) add({ field: 'nxmInPort', value: match.inPort });
  if (match.dlSrc !== undefined) add({ field: 'ethSrc', value: match.dlSrc });
  if (match.dlDst !== undefined) add({ field: 'ethDst', value: match.dlDst });
  addVlan10(match, add);
  const isArp = match.dlType === 0x0806;
  if (match.dlType !== undefined) add({ field: 'ethType', value: match.dlType });
  if (match.nwTos !== undefined) add({ field: 'nxmIpTos', value: match.nwTos });
  if (match.nwProto !== undefined) add({ field: isArp ? 'arpOp' : 'ipProto', value: match.nwProto });
  for (const [block, field] of [
    [match.nwSrc, isArp ? 'arpSpa' : 'ipv4Src'],
    [match.nwDst, isArp ? 'arpTpa' : 'ipv4Dst'],
  ] as const) {
    if (block === undefined) continue;
    const mask = block.prefixLength === 0 ? 0 : (-1 << (32 - block.prefixLength)) >>> 0;
    add({ field, value: (block.address & mask) >>> 0, mask });
  }
  const isIcmp = match.dlType === 0x0800 && match.nwProto === 1;
  if (match.tpSrc !== undefined) add({ field: isIcmp ? 'icmpv4Type' : 'tcpSrc', value: match.tpSrc });
  if (match.tpDst !== undefined) add({ field: isIcmp ? 'icmpv4Code' : 'tcpDst', value: match.tpDst });
  return fields;
}

function addVlan10({ dlVlan, dlVlanPcp }: Match10, add: (field: OxmField) => void): void {
  if (dlVlan === 0xffff) {
    add({ field: 'nxmVlanTci', value: 0 });
    return;
  }
  if (dlVlan !== undefined) add({ field: 'vlanVid', value: 0x1000 | (dlVlan & 0xfff) });
  if (dlVlanPcp !== undefined) add({ field: 'vlanPcp', value: dlVlanPcp & 7 });
}

const ETHER_TYPES: Readonly<Record<number, string>> = {
  2048: 'ip',
  2054: 'arp',
  32821: 'rarp',
  34525: 'ipv6',
  34887: 'mpls',
  34888: 'mplsm',
};
const IP_PROTOCOLS: Readonly<Record<string, string>> = {
  ip1: 'icmp',
  ip6: 'tcp',
  ip17: 'udp',
  ip132: 'sctp',
  ipv658: 'icmp6',
  ipv66: 'tcp6',
  ipv617: 'udp6',
  ipv6132: 'sctp6',
};

function join(match: Match13): string {
  const slots = new Map<string, string>();
  const known: KnownOxm[] = [];
  for (const oxm of match) {
    if (oxm.field === 'unknown') {
      const bytes = Buffer.from(oxm.bytes.buffer, oxm.bytes.byteOffset, oxm.bytes.length).toString('hex');
      slots.set('UNKNOWN', `${slots.get('UNKNOWN') ?? ''}oxm(${oxm.oxmClass},${oxm.oxmField})=${bytes}`);
    } else if (oxm.mask !== 0 && oxm.mask !== 0n) {
      known.push(oxm);
      addField(oxm, slots);
    }
  }
  addProtocol(known, slots);
  addVlan(known, slots);
  return flowOrder.flatMap((name) => slots.get(name) ?? []).join(',');
}

function addField(oxm: KnownOxm, slots: Map<string, string>): void {
  const xreg = /^(x+)reg(\d)$/.exec(oxm.field);
  if (xreg !== null) {
    splitRegister(oxm, xreg[1]!.length === 1 ? 2 : 4, Number(xreg[2]), slots);
    return;
  }
  const { flow, style } = fieldTexts[oxm.field];
  if (flow !== '') slots.set(flow, `${flow}=${formatValue(style, oxm)}`);
}

/** A wide register as the 32-bit ones that it is made of, the highest first. */
function splitRegister(oxm: KnownOxm, parts: number, number: number, slots: Map<string, string>): void {
  for (let i = 0; i < parts; i++) {
    const shift = BigInt(32 * (parts - 1 - i));
    const mask = oxm.mask === undefined ? 0xffffffffn : (BigInt(oxm.mask) >> shift) & 0xffffffffn;
    if (mask === 0n) continue;
    const value = (BigInt(oxm.value) >> shift) & 0xffffffffn;
    const name = `reg${number * parts + i}`;
    slots.set(name, `${name}=${formatHex(value)}${mask === 0xffffffffn ? '' : `/${formatHex(mask)}`}`);
  }
}

/** `tcp` says EtherType and protocol in one; what has no such word comes as `dl_type` and `nw_proto`. */
function addProtocol(match: readonly KnownOxm[], slots: Map<string, string>): void {
  const valueOfField = (...names: readonly string[]) => match.find(({ field }) => names.includes(field))?.value;
  const ethType = valueOfField('ethType', 'nxmEthType');
  const protocol = valueOfField('ipProto', 'nxmIpProto');
  const family = typeof ethType === 'number' ? ETHER_TYPES[ethType] : undefined;
  const word = family === undefined || protocol === undefined ? undefined : IP_PROTOCOLS[`${family}${protocol}`];
  if (word !== undefined || family !== undefined) slots.set('PROTO', word ?? family!);
  else if (ethType !== undefined) slots.set('dl_type', `dl_type=0x${ethType.toString(16).padStart(4, '0')}`);
  if (protocol !== undefined && word === undefined) slots.set('nw_proto', `nw_proto=${protocol}`);
}

const PRESENT = 0x1000;

/** VLAN id, presence bit and priority are one 16-bit word to Open vSwitch; it names its parts where they are whole. */
function addVlan(match: readonly KnownOxm[], slots: Map<string, string>): void {
  let value = 0;
  let mask = 0;
  for (const oxm of match) {
    if (oxm.field === 'nxmVlanTci') {
      value |= oxm.value;
      mask |= oxm.mask ?? 0xffff;
    } else if (oxm.field === 'vlanVid') {
      value |= oxm.value;
      mask |= oxm.mask ?? 0x1fff;
    } else if (oxm.field === 'vlanPcp') {
      value |= (oxm.value << 13) | PRESENT;
      mask |= 0xe000 | PRESENT;
    }
  }
  if (mask === 0) return;
  const vid = (mask & 0x1fff) === 0x1fff ? `dl_vlan=${value & 0xfff}` : '';
  const pcp = (mask & 0xe000) === 0xe000 ? `dl_vlan_pcp=${value >>> 13}` : '';
  const isNamed =
    (value & PRESENT) !== 0 && (vid !== '' || (mask & 0xfff) === 0) && (pcp !== '' || (mask & 0xe000) === 0);
  const hex = (number: number) => `0x${number.toString(16).padStart(4, '0')}`;
  const words = [vid, pcp].filter((word) => word !== '');
  if (isNamed && words.length > 0) slots.set('VLAN', words.join(','));
  else slots.set('VLAN', `vlan_tci=${hex(value)}${mask === 0xffff ? '' : `/${hex(mask)}`}`);
}

const TCP_FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ns', '[200]', '[400]', '[800]'];
const CT_STATES = ['new', 'est', 'rel', 'rpl', 'inv', 'trk', 'snat', 'dnat'];

function formatValue(style: Style, oxm: KnownOxm): string {
  const { value, mask, field } = oxm;
  const narrow = Number(value);
  const narrowMask = mask === undefined ? undefined : Number(mask);
  switch (style) {
    case 'mac':
      return formatMac(narrow) + (mask === undefined || mask === 0xffffffffffff ? '' : `/${formatMac(Number(mask))}`);
    case 'ipv4':
      return formatIpv4(narrow) + prefix(mask, 32, (bits) => formatIpv4(Number(bits)));
    case 'ipv6':
      return formatIpv6(BigInt(value)) + prefix(mask, 128, formatIpv6);
    case 'port':
      return formatPort(narrow);
    case 'dscp':
      return `${narrow << 2}`;
    case 'flags':
      return formatFlags(field === 'ctState' ? CT_STATES : TCP_FLAGS, narrow, narrowMask);
    case 'fragment':
      return formatFragment(narrow, narrowMask ?? 3);
    case 'label':
      if (mask === undefined || mask === 0xfffff) return `0x${narrow.toString(16).padStart(5, '0')}`;
      return `0x${narrow.toString(16).padStart(5, '0')}/0x${Number(mask).toString(16).padStart(5, '0')}`;
    default:
      return formatNumber(style, value, mask, oxmFields[field].width);
  }
}

function prefix(mask: number | bigint | undefined, bits: number, asAddress: (mask: bigint) => string): string {
  return mask === undefined ? '' : formatPrefixMask(BigInt(mask), bits, asAddress);
}

/** Bit 0: is a fragment; bit 1: not the first. */
function formatFragment(value: number, mask: number): string {
  if (mask === 3) return value === 0 ? 'no' : value === 1 ? 'first' : value === 3 ? 'later' : '<error>';
  if (mask === 1) return value === 1 ? 'yes' : 'no';
  return value === 2 ? 'later' : 'not_later';
}

function formatNumber(style: Style, value: number | bigint, mask: number | bigint | undefined, width: number): string {
  const isWhole = mask === undefined || BigInt(mask) === (1n << BigInt(8 * width)) - 1n;
  const long = (number: number | bigint) => `0x${number.toString(16)}`;
  if (style === 'hex') return isWhole ? formatHex(value) : `${formatHex(value)}/${formatHex(mask)}`;
  return isWhole ? `${value}` : `${long(value)}/${long(mask)}`;
}
