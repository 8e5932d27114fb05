// Of all rules that a switch reports, those that are about one job: they name one of its addresses, or its MAC, or are for
// its port. And what of these counts the job's packets, each once.

import { type IpAddress, isIpv4, type MacAddress, type Prefix } from '../protocols/packet/address.ts';
import { isDecided, isLarks, kindOf } from './enforcement/cookie.ts';
import { Table } from './enforcement/multi-table/layout.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';

export interface JobAtSwitch {
  readonly addresses: readonly IpAddress[];
  readonly mac: MacAddress | undefined;
  /** Undefined where the job is not at this switch. */
  readonly portNo: number | undefined;
}

export interface PacketCount {
  readonly packets: number;
  readonly bytes: number;
}

export function rulesOfJob(rules: readonly SwitchRule[], job: JobAtSwitch): readonly SwitchRule[] {
  return rules.filter((rule) => isLarks(rule.cookie) && isAbout(rule, job));
}

function isAbout({ source, destination, fields }: SwitchRule, { addresses, mac, portNo }: JobAtSwitch): boolean {
  if (addresses.some((address) => isHost(source, address) || isHost(destination, address))) return true;
  if (mac !== undefined && MAC_FIELDS.some((name) => isExactly(fields.get(name), mac))) return true;
  return portNo !== undefined && isExactly(fields.get('inPort'), portNo);
}

/** As 1.3 and 1.0 call them. */
const MAC_FIELDS = ['ethSrc', 'ethDst', 'dlSrc', 'dlDst'] as const;

/**
 * What the job has sent and got by the rules that its own switch has now: a rule that is replaced takes its counts along. A
 * packet from or to the job meets one of the job's rules, or was decided for.
 */
export function countsOfJob(
  rules: readonly SwitchRule[],
  { addresses }: JobAtSwitch,
): { readonly sent: PacketCount; readonly received: PacketCount } {
  const isOwn = (address: IpAddress | undefined) => address !== undefined && addresses.includes(address);
  const sumOf = (counting: readonly SwitchRule[]): PacketCount => ({
    packets: Number(counting.reduce((all, { packets }) => all + packets, 0n)),
    bytes: Number(counting.reduce((all, { bytes }) => all + bytes, 0n)),
  });
  return {
    sent: sumOf(rules.filter((rule) => isOwn(countedEnds(rule).sender))),
    received: sumOf(rules.filter((rule) => isOwn(countedEnds(rule).recipient))),
  };
}

/** The single addresses whose packets a rule counts at the switch that they are at: each packet is counted by one rule for each end. */
export function countedEnds(rule: SwitchRule): {
  readonly sender: IpAddress | undefined;
  readonly recipient: IpAddress | undefined;
} {
  const isDecidedFor = isDecided(rule.cookie);
  const isOfJob = kindOf(rule.cookie) === 'job';
  return {
    sender: isDecidedFor || (isOfJob && rule.table === Table.SENDER) ? hostOf(rule.source) : undefined,
    recipient: isDecidedFor || (isOfJob && rule.table === Table.RECIPIENT) ? hostOf(rule.destination) : undefined,
  };
}

function hostOf(prefix: Prefix | undefined): IpAddress | undefined {
  return prefix !== undefined && isHost(prefix, prefix.network) ? prefix.network : undefined;
}

function isHost(prefix: Prefix | undefined, address: IpAddress): boolean {
  return prefix?.network === address && prefix.length === (isIpv4(address) ? 32 : 128);
}

function isExactly(field: { readonly value: bigint; readonly mask: bigint } | undefined, value: number): boolean {
  return field?.value === BigInt(value);
}
