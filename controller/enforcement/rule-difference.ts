// What it takes to bring rules of a pipeline from what a switch has to what it should have: a pure function over groups.

import { type FlowRule, ruleKey, sameInstructions } from '../southbound/flow-rule.ts';

/** Rules by group and key. */
export type RulesByGroup = ReadonlyMap<string, ReadonlyMap<string, FlowRule>>;

export interface RuleDifference {
  /** In the order in which they are deleted. */
  readonly gone: readonly { readonly group: string; readonly rule: FlowRule }[];
  /** In the order in which they are added, which within a group is the strictest first. */
  readonly written: readonly {
    readonly group: string;
    readonly rule: FlowRule;
    /** The rule of the same match and priority that it replaces. */
    readonly instead: FlowRule | undefined;
  }[];
}

export function differenceOf(
  groups: Iterable<string>,
  wantedOf: (group: string) => readonly FlowRule[],
  installed: RulesByGroup,
): RuleDifference {
  const gone: RuleDifference['gone'][number][] = [];
  const written: RuleDifference['written'][number][] = [];
  for (const group of groups) {
    const wanted = new Map(wantedOf(group).map((rule) => [ruleKey(rule), rule]));
    const has = installed.get(group);
    // By their keys, so that the order does not depend on how the switch got them.
    const unwanted = [...(has ?? [])].filter(([key]) => !wanted.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, rule] of unwanted) gone.push({ group, rule });
    const ofGroup = [...wanted].map(([key, rule]) => ({ group, rule, instead: has?.get(key) }));
    const changed = ofGroup.filter(({ rule, instead }) => instead === undefined || !sameInstructions(instead, rule));
    written.push(...changed.sort((a, b) => a.rule.priority - b.rule.priority));
  }
  return { gone, written };
}
