// A switch's flow statistics as rules of either version: for people in the notation of ovs-ofctl, with what Lark needs
// to delete one or to tell what it is for.

import {
  formatActions,
  formatInstructions,
  formatMatch10,
  formatMatch13,
  getOxm,
  type Match10,
  type Message,
  NO_BUFFER,
  type OxmField,
} from 'node-openflow';
import type { IpAddress, Prefix } from '../../protocols/packet/address.ts';
import type { MaskedMetadata } from './flow-rule.ts';
import { fieldsOf10, fieldsOf13, type MatchFields } from './match-fields.ts';
import type { WireVersion } from './negotiation.ts';
import type { Outgoing, StatsReply } from './switch-connection.ts';

export interface SwitchRule {
  readonly table: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly idleTimeoutSec: number;
  readonly hardTimeoutSec: number;
  readonly match: string;
  readonly actions: string;
  /** What it matches, field by field, to be held against other rules. */
  readonly fields: MatchFields;
  /** The blocks of addresses that it matches, IP or ARP, or in the registers where Lark puts these; undefined where it matches any. */
  readonly source: Prefix | undefined;
  readonly destination: Prefix | undefined;
  readonly metadata: MaskedMetadata | undefined;
  /** The message that deletes this rule and no other, with 0 for an xid. */
  readonly deletion: Message;
}

const ALL_TABLES = 0xff;
const ANY_PORT_10 = 0xffff;
const ANY_13 = 0xffffffff;
const DELETE_STRICT = 4;

/** Of a switch's rules, those of one table, or with such a cookie. OpenFlow 1.0 knows no cookie here. */
export interface RuleFilter {
  readonly table?: number;
  readonly cookie?: { readonly value: bigint; readonly mask: bigint };
}

export function flowStatsRequest(version: WireVersion, only: RuleFilter = {}): Outgoing {
  const tableId = only.table ?? ALL_TABLES;
  if (version === 1) {
    const body = { stats: 'flow' as const, match: {}, tableId, outPort: ANY_PORT_10 };
    return { version, type: 'statsRequest', flags: 0, body };
  }
  const { value: cookie, mask: cookieMask } = only.cookie ?? { value: 0n, mask: 0n };
  const any = { tableId, outPort: ANY_13, outGroup: ANY_13, cookie, cookieMask, match: [] };
  return { version, type: 'multipartRequest', flags: 0, body: { multipart: 'flow', ...any } };
}

export function readFlowStats(reply: StatsReply): SwitchRule[] {
  if (reply.type === 'statsReply') {
    return reply.body.stats !== 'flow'
      ? []
      : reply.body.entries.map((entry) => ({
          ...numbers(entry),
          match: formatMatch10(entry.match),
          actions: formatActions(entry.actions),
          fields: fieldsOf10(entry.match),
          ...ends10(entry.match),
          metadata: undefined,
          deletion: deletion10(entry),
        }));
  }
  return reply.body.multipart !== 'flow'
    ? []
    : reply.body.entries.map((entry) => ({
        ...numbers(entry),
        match: formatMatch13(entry.match),
        actions: formatInstructions(entry.instructions),
        fields: fieldsOf13(entry.match),
        source: block13(entry.match, ['ipv4Src', 'ipv6Src', 'arpSpa', 'reg0']),
        destination: block13(entry.match, ['ipv4Dst', 'ipv6Dst', 'arpTpa', 'reg1']),
        metadata: metadata13(entry.match),
        deletion: deletion13(entry),
      }));
}

interface Entry {
  readonly tableId: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly packetCount: bigint;
  readonly byteCount: bigint;
}

function numbers({ tableId, priority, cookie, idleTimeout, hardTimeout, packetCount, byteCount }: Entry) {
  return {
    table: tableId,
    priority,
    cookie,
    idleTimeoutSec: idleTimeout,
    hardTimeoutSec: hardTimeout,
    packets: packetCount,
    bytes: byteCount,
  };
}

function deletion10({ match, priority, cookie }: Entry & { readonly match: Match10 }): Message {
  return {
    version: 1,
    xid: 0,
    type: 'flowMod',
    match,
    cookie,
    command: DELETE_STRICT,
    idleTimeout: 0,
    hardTimeout: 0,
    priority,
    bufferId: NO_BUFFER,
    outPort: ANY_PORT_10,
    flags: 0,
    actions: [],
  };
}

function deletion13({ match, tableId, priority, cookie }: Entry & { readonly match: readonly OxmField[] }): Message {
  return {
    version: 4,
    xid: 0,
    type: 'flowMod',
    cookie,
    cookieMask: 0n,
    tableId,
    command: DELETE_STRICT,
    idleTimeout: 0,
    hardTimeout: 0,
    priority,
    bufferId: NO_BUFFER,
    outPort: ANY_13,
    outGroup: ANY_13,
    flags: 0,
    match,
    instructions: [],
  };
}

function ends10(match: Match10): Pick<SwitchRule, 'source' | 'destination'> {
  const block = (part: Match10['nwSrc']): Prefix | undefined =>
    part && { network: part.address as IpAddress, length: part.prefixLength };
  return { source: block(match.nwSrc), destination: block(match.nwDst) };
}

function block13(
  match: readonly OxmField[],
  names: readonly ('ipv4Src' | 'ipv6Src' | 'arpSpa' | 'ipv4Dst' | 'ipv6Dst' | 'arpTpa' | 'reg0' | 'reg1')[],
): Prefix | undefined {
  for (const name of names) {
    const field = getOxm(match, name);
    if (field === undefined) continue;
    const width = typeof field.value === 'bigint' ? 128 : 32;
    const length = field.mask === undefined ? width : ones(BigInt(field.mask));
    return { network: field.value as IpAddress, length };
  }
  return undefined;
}

function metadata13(match: readonly OxmField[]): MaskedMetadata | undefined {
  const field = getOxm(match, 'metadata');
  return field && { value: field.value, mask: field.mask ?? (1n << 64n) - 1n };
}

/** How many bits are set. */
function ones(mask: bigint): number {
  return mask.toString(2).replaceAll('0', '').length;
}
