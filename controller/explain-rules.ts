// Of all rules that a switch reports, those that carry out the verdict on two addresses: the rules that name them, and in
// the multi-table pipeline what stands for their classes.

import { type IpAddress, isIpv4, prefixContains } from '../protocols/packet/address.ts';
import { EtherType } from '../protocols/packet/protocol-numbers.ts';
import { kindOf } from './enforcement/cookie.ts';
import { destinationClass, sourceClass, Table } from './enforcement/multi-table/layout.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';

export interface Asked {
  readonly from: IpAddress;
  readonly to: IpAddress;
  /** Numbers of the endpoint classes; undefined where an end is unregistered. */
  readonly classes: { readonly source: number; readonly destination: number } | undefined;
}

export function rulesAbout(rules: readonly SwitchRule[], asked: Asked): readonly SwitchRule[] {
  const naming = rules.filter((rule) => names(rule, asked));
  const kept = [Table.SENDER, Table.RECIPIENT].flatMap((table) =>
    narrowest(naming.filter((rule) => rule.table === table)),
  );
  const verdict = highest(
    rules.filter((rule) => rule.table === Table.VERDICT && isOfClasses(rule, asked) && isOfVersion(rule, asked)),
  );
  return [...naming.filter(({ table }) => table === Table.INGRESS), ...kept, ...verdict];
}

/** A rule names two addresses when it says something of at least one of them and excludes neither. */
function names({ source, destination }: SwitchRule, { from, to }: Asked): boolean {
  if (source === undefined && destination === undefined) return false;
  if (source !== undefined && !prefixContains(source, from)) return false;
  return destination === undefined || prefixContains(destination, to);
}

/** A job's own rules win over its range and zone, a longer prefix over a shorter one. */
function narrowest(rules: readonly SwitchRule[]): readonly SwitchRule[] {
  const ofJob = rules.filter(({ cookie }) => kindOf(cookie) === 'job');
  return ofJob.length > 0 ? ofJob : highest(rules);
}

function highest(rules: readonly SwitchRule[]): readonly SwitchRule[] {
  const most = Math.max(...rules.map(({ priority }) => priority));
  return rules.filter(({ priority }) => priority === most);
}

/** A verdict that marks has a rule for IPv4, one for IPv6, and one for the rest. */
function isOfVersion({ fields }: SwitchRule, { to }: Asked): boolean {
  const ethType = fields.get('ethType')?.value;
  return ethType === undefined || ethType === BigInt(isIpv4(to) ? EtherType.IPV4 : EtherType.IPV6);
}

function isOfClasses({ cookie, metadata }: SwitchRule, { classes }: Asked): boolean {
  if (classes === undefined || kindOf(cookie) !== 'verdict') return false;
  if (metadata === undefined) return true;
  const carried = sourceClass(classes.source).value | destinationClass(classes.destination).value;
  return (carried & metadata.mask) === metadata.value;
}
