// A flow rule as the pipelines think of it, before either version's encoding: which packets, what happens to them, and
// whose it is. A field that is absent matches anything. Prerequisites (an address needs its EtherType) are checked when
// a rule is encoded.

import { type IpAddress, isIpv4, networkOf, type Prefix } from '../../protocols/packet/address.ts';
import type { Place } from '../config/config.ts';
import { CONTROLLER_PORT } from '../network/port-numbers.ts';

/** Port numbers are 32 bits wide as in OpenFlow 1.3; encoding for 1.0 narrows them. */
export type PortNo = number;

export interface FlowMatch {
  readonly inPort?: PortNo;
  readonly ethSrc?: number;
  readonly ethDst?: number;
  /** Broadcast or multicast. 1.3 only, as are the fields below that say so. */
  readonly isGroup?: true;
  /** 01:80:c2:00:00:00 to :0f, which stay on their link (IEEE 802.1Q §8.6.3). 1.3 only. */
  readonly isReserved?: true;
  /** 1.3 only. */
  readonly metadata?: MaskedMetadata;
  /** `none`: no 802.1Q tag at all. A number: the outermost tag has this VLAN id. */
  readonly vlan?: 'none' | number;
  /** As the switch sees it: after one tag. */
  readonly ethType?: number;
  /** IPv4 or IPv6 by the type of the address; ethType must agree. */
  readonly ipSrc?: Prefix;
  readonly ipDst?: Prefix;
  readonly ipProto?: number;
  readonly udpSrc?: number;
  readonly udpDst?: number;
  readonly icmpv6Type?: number;
  /** This bit of the TCP flags is set. 1.3 with the ONF's extension, which Open vSwitch has. */
  readonly tcpFlag?: number;
  readonly arpSpa?: Prefix;
  readonly arpTpa?: Prefix;
  /** 1.3 only. */
  readonly arpSha?: number;
  /** 1.3 only; with icmpv6Type 135 or 136. */
  readonly ndTarget?: bigint;
  readonly ndSll?: number;
  readonly ndTll?: number;
  /** Nicira's registers, of 32 bits each, which Open vSwitch has. They are 0 until an action sets them. */
  readonly reg0?: number;
  readonly reg1?: number;
  readonly reg2?: number;
  readonly reg3?: number;
  readonly reg4?: number;
  readonly reg5?: number;
  readonly reg6?: number;
  readonly reg7?: number;
  readonly reg8?: number;
  readonly reg9?: number;
  /** What connection tracking says of a packet. Needs a switch that has it. */
  readonly connection?: ConnectionState;
}

/**
 * `untracked`: was not looked up yet. `reply`: goes against the direction in which its connection was opened. `error`: an
 * ICMP error that says so of a connection. `tracked`: was looked up, whatever came of it.
 */
export type ConnectionState = 'untracked' | 'tracked' | 'reply' | 'error';

/** Nicira's `ct`, in Lark's own zone. */
export type Tracking =
  /** From here on packets against this packet's direction are replies. */
  | 'commit'
  /** Looked up: goes on in this table, and only there, with what was found. */
  | { readonly lookUpFor: number };

export const REGISTERS = [
  ...(['reg0', 'reg1', 'reg2', 'reg3', 'reg4'] as const),
  ...(['reg5', 'reg6', 'reg7', 'reg8', 'reg9'] as const),
] as const;
export type Register = (typeof REGISTERS)[number];

/**
 * Copies bits of a packet's field into a register (Nicira's `move`). The match must be for packets that have the field,
 * which is named as Nicira does: so Open vSwitch tells it.
 */
export interface RegisterMove {
  readonly from: 'nxmIpSrc' | 'nxmIpDst' | 'nxmArpSpa' | 'nxmArpTpa' | 'nxmEthSrc' | 'nxmArpSha' | 'nxmNdSll';
  /** The first of the field's bits, counted from the least. */
  readonly fromBit: number;
  readonly bits: number;
  readonly to: Register;
}

/** The bits of the 64-bit metadata that `mask` names have these values (OF1.3.5 §5.1). */
export interface MaskedMetadata {
  readonly value: bigint;
  readonly mask: bigint;
}

/** Sets a whole register (Nicira's `load`). */
export interface RegisterLoad {
  readonly value: number;
  readonly to: Register;
}

export interface Output {
  readonly port: PortNo;
  /** Of that port. */
  readonly queueId?: number;
  /** Rewrites the destination MAC before this output. */
  readonly ethDst?: number;
  /** Gives an untagged frame a tag of this VLAN, or takes the tag off a tagged one: `none`. One of them alone in a rule. */
  readonly vlan?: number | 'none';
}

/** Whole packets to the controller. */
export const TO_CONTROLLER: readonly Output[] = Object.freeze([{ port: CONTROLLER_PORT }]);
export const DROP: readonly Output[] = Object.freeze([]);

export interface FlowRule {
  /** Default 0. 1.3 only, as is what goes on in another table. */
  readonly table?: number;
  readonly priority: number;
  readonly match: FlowMatch;
  /** Before the outputs. */
  readonly moves?: readonly RegisterMove[];
  readonly loads?: readonly RegisterLoad[];
  /** Written into the packet before the outputs; ECN stays. The match must be for IP, in 1.0 for IPv4. */
  readonly dscp?: number | undefined;
  /** 1.3 with Nicira's connection tracking. */
  readonly tracking?: Tracking;
  readonly outputs: readonly Output[];
  /** Output to the port whose number, of 16 bits as in OpenFlow 1.0, stands there. */
  readonly outputTo?: Register;
  /** Goes on there, after the outputs; without it the packet's way ends here. */
  readonly goto?: number;
  readonly writeMetadata?: MaskedMetadata;
  readonly cookie: bigint;
  readonly idleTimeoutSec: number;
  readonly hardTimeoutSec: number;
  /** The policy whose word it carries out, and where the file says so; undefined where none does. */
  readonly origin?: { readonly policy: string; readonly place: Place | undefined } | undefined;
  /** A switch that refuses it, as one that cannot match its fields, does without: what it is for is asked about. */
  readonly isOptional?: boolean;
}

/** The block of one address. */
export function hostPrefix(address: IpAddress): Prefix {
  return { network: address, length: isIpv4(address) ? 32 : 128 };
}

/**
 * All that they ask for; of a field that two of them name, what the last one says. Not by spreading one behind the other: adding fields to
 * a copy takes V8 twenty times as long. Where it is written out, what is spread stands last, for the same reason.
 */
export function joined(...matches: readonly FlowMatch[]): FlowMatch {
  return Object.assign({}, ...matches);
}

/** Rules of one table are the same entry when this is equal (OF1.0 §4.6, OF1.3.5 §6.4: match and priority). */
export function ruleKey(rule: Pick<FlowRule, 'table' | 'priority' | 'match'>): string {
  return `${rule.table ?? 0} ${rule.priority} ${matchKey(rule.match)}`;
}

export function matchKey(match: FlowMatch): string {
  // Made for every rule that is decided, which has these fields alone: looked up by name, they cost a tenth.
  const { inPort, ethSrc, ethDst, vlan, ethType, ipSrc, ipDst, ipProto, ...rest } = match;
  const link = `${inPort ?? ''} ${ethSrc ?? ''} ${ethDst ?? ''} ${vlan ?? ''} ${ethType ?? ''}`;
  const usual = `${link} ${prefixKey(ipSrc)} ${prefixKey(ipDst)} ${ipProto ?? ''}`;
  return Object.keys(rest).length === 0 ? usual : usual + restKey(rest);
}

function prefixKey(prefix: Prefix | undefined): string {
  return prefix === undefined ? '' : `${prefix.network}/${prefix.length}`;
}

/** The fields that are left out are undefined in `match`. */
function restKey(match: FlowMatch): string {
  let key = '';
  for (const field of FIELDS) {
    const value = match[field];
    if (value === undefined) continue;
    if (typeof value !== 'object') key += ` ${field}=${value}`;
    else key += 'mask' in value ? ` ${field}=${value.value}&${value.mask}` : ` ${field}=${prefixKey(value)}`;
  }
  return key;
}

const FIELDS = [
  'inPort',
  'ethSrc',
  'ethDst',
  'vlan',
  'ethType',
  'ipSrc',
  'ipDst',
  'ipProto',
  'udpSrc',
  'udpDst',
  'icmpv6Type',
  'arpSpa',
  'arpTpa',
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
] as const satisfies readonly (keyof FlowMatch)[];

/** True where a non-strict delete with `filter` deletes a rule with `match` (OF1.0 §4.6: the rule is at least as narrow). */
export function coveredBy(match: FlowMatch, filter: FlowMatch): boolean {
  return FIELDS.every((field) => {
    const wanted = filter[field];
    if (wanted === undefined) return true;
    const has = match[field];
    if (has === undefined) return false;
    if (typeof wanted !== 'object') return wanted === has;
    if (typeof has !== 'object') return false;
    if ('mask' in wanted) return 'mask' in has && isNarrower(has, wanted);
    return 'network' in has && within(has, wanted);
  });
}

function within(inner: Prefix, outer: Prefix): boolean {
  return (
    typeof inner.network === typeof outer.network &&
    inner.length >= outer.length &&
    networkOf(inner.network, outer.length) === outer.network
  );
}

function isNarrower(inner: MaskedMetadata, outer: MaskedMetadata): boolean {
  return (inner.mask & outer.mask) === outer.mask && (inner.value & outer.mask) === outer.value;
}

/** True where two rules of one key do the same. */
export function sameInstructions(a: FlowRule, b: FlowRule): boolean {
  return (
    a.goto === b.goto &&
    a.outputTo === b.outputTo &&
    a.dscp === b.dscp &&
    trackingKey(a.tracking) === trackingKey(b.tracking) &&
    a.writeMetadata?.value === b.writeMetadata?.value &&
    a.writeMetadata?.mask === b.writeMetadata?.mask &&
    sameMoves(a.moves ?? [], b.moves ?? []) &&
    sameLoads(a.loads ?? [], b.loads ?? []) &&
    sameOutputs(a.outputs, b.outputs)
  );
}

function trackingKey(tracking: Tracking | undefined): string | number | undefined {
  return typeof tracking === 'object' ? tracking.lookUpFor : tracking;
}

function sameMoves(a: readonly RegisterMove[], b: readonly RegisterMove[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ from, fromBit, bits, to }, i) => {
      const other = b[i]!;
      return from === other.from && fromBit === other.fromBit && bits === other.bits && to === other.to;
    })
  );
}

function sameLoads(a: readonly RegisterLoad[], b: readonly RegisterLoad[]): boolean {
  return a.length === b.length && a.every(({ value, to }, i) => value === b[i]!.value && to === b[i]!.to);
}

function sameOutputs(a: readonly Output[], b: readonly Output[]): boolean {
  return (
    a.length === b.length &&
    a.every((output, i) => {
      const other = b[i]!;
      return (
        output.port === other.port &&
        output.queueId === other.queueId &&
        output.ethDst === other.ethDst &&
        output.vlan === other.vlan
      );
    })
  );
}
