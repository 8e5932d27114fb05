// A flow rule of a switch as the API shows it.

import { formatPlace, type Place } from './config/config.ts';
import { kindOf } from './enforcement/cookie.ts';
import type { ManagedSwitch } from './enforcement/managed-switch.ts';
import type { Origin } from './enforcement/verdict.ts';
import { formatDpid } from './network/switch-state.ts';
import type { Explanation, RuleView } from './northbound/lark-api.ts';
import type { FlowRule } from './southbound/flow-rule.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';

/** `origin`: the policy behind it. */
export function ruleView(managed: ManagedSwitch, rule: SwitchRule, origin: FlowRule['origin']): RuleView {
  return { ...plainRuleView(managed, rule), policy: origin?.policy ?? null, place: placeText(origin?.place) };
}

/** The rules shown are those that carry out this verdict, or bring packets to those that do. */
export function verdictRuleView(
  managed: ManagedSwitch,
  rule: SwitchRule,
  { policy, place }: Explanation['verdict'],
): RuleView {
  return { ...plainRuleView(managed, rule), ...(carriesVerdict(rule.cookie) && { policy, place }) };
}

/** What carries out a verdict is what was decided for a packet, and what the verdict table says of two classes. */
export function carriesVerdict(cookie: bigint): boolean {
  return ['verdict', 'forward', 'drop'].includes(kindOf(cookie) ?? '');
}

export function whoAndWhere(origin: Origin): { policy: string; place: string } {
  return { policy: origin.policy, place: placeText(origin.place) ?? '' };
}

export function placeText(place: Place | undefined): string | null {
  return place === undefined ? null : formatPlace(place);
}

function plainRuleView(managed: ManagedSwitch, rule: SwitchRule): RuleView {
  const kind = kindOf(rule.cookie);
  return {
    switch: managed.state.name,
    dpid: formatDpid(managed.state.dpid),
    table: rule.table,
    priority: rule.priority,
    match: rule.match,
    actions: rule.actions,
    packets: Number(rule.packets),
    bytes: Number(rule.bytes),
    cookie: `0x${rule.cookie.toString(16)}${kind === undefined ? ' (not of Lark)' : ` (${kind})`}`,
  };
}
