// The rules that follow from what is known, as the switch has them, by the group that each belongs to, and what has to be
// sent so that a group is as it should be. Pure but for its own state.
//
// A group is kept as the very list that the pipeline made, without an index: a switch with a thousand jobs has eight thousand
// rules, nearly all in groups of less than ten, and lists that are the same for many switches are kept once.

import { type FlowRule, ruleKey, sameInstructions } from '../../southbound/flow-rule.ts';
import type { TableCounts } from './rule-budget.ts';

/** What a group lacks and what it has too much. */
export interface GroupChange {
  readonly group: string;
  readonly gone: readonly FlowRule[];
  /** New, or doing something else than the one of the same match and priority that they replace. */
  readonly added: readonly FlowRule[];
  /** Of those, the rule that each replaces. */
  readonly replaced: ReadonlyMap<FlowRule, FlowRule>;
  /** All that it has then. */
  readonly wanted: readonly FlowRule[];
}

export function isAny({ gone, added }: GroupChange): boolean {
  return gone.length + added.length > 0;
}

export class RuleGroups {
  /** No empty ones. */
  readonly #groups = new Map<string, readonly FlowRule[]>();
  readonly #counts = new Map<number, number>();
  #changes = 0;

  /** Another number whenever a rule may have come or gone. */
  get changes(): number {
    return this.#changes;
  }

  /** Rules by table. */
  get counts(): TableCounts {
    return this.#counts;
  }

  get size(): number {
    let size = 0;
    for (const count of this.#counts.values()) size += count;
    return size;
  }

  names(): Iterable<string> {
    return this.#groups.keys();
  }

  *rules(): Iterable<FlowRule> {
    for (const rules of this.#groups.values()) yield* rules;
  }

  sizesOf(group: string): TableCounts {
    const sizes = new Map<number, number>();
    for (const rule of this.#groups.get(group) ?? []) count(sizes, rule, 1);
    return sizes;
  }

  clear(): void {
    this.#changes++;
    this.#groups.clear();
    this.#counts.clear();
  }

  difference(group: string, wanted: readonly FlowRule[]): GroupChange {
    const has = this.#groups.get(group) ?? NOTHING;
    if (has === wanted || (has.length === 0 && wanted.length === 0)) return unchanged(group, wanted);
    const byKey = keyed(wanted);
    // One for each place in the table: of two that would be the same entry the last.
    const then = byKey.size === wanted.length ? wanted : [...byKey.values()];
    if (has.length === 0) return { group, gone: [], added: then, replaced: NONE, wanted: then };
    const hasByKey = keyed(has);
    // By their keys, so that the order does not depend on how the switch got them.
    const gone = [...hasByKey]
      .filter(([key]) => !byKey.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, rule]) => rule);
    const added: FlowRule[] = [];
    const replaced = new Map<FlowRule, FlowRule>();
    for (const [key, rule] of byKey) {
      const there = hasByKey.get(key);
      if (there !== undefined && isSame(there, rule)) continue;
      added.push(rule);
      if (there !== undefined) replaced.set(rule, there);
    }
    return { group, gone, added, replaced, wanted: then };
  }

  /** What of these groups is not as it should be, in their order. */
  differences(groups: Iterable<string>, wantedOf: (group: string) => readonly FlowRule[]): GroupChange[] {
    return Array.from(groups, (group) => this.difference(group, wantedOf(group))).filter(isAny);
  }

  /** Notes that the switch has these of the group and no others. The list is kept: it must not be changed. */
  note(group: string, rules: readonly FlowRule[]): void {
    this.#changes++;
    for (const rule of this.#groups.get(group) ?? []) count(this.#counts, rule, -1);
    for (const rule of rules) count(this.#counts, rule, 1);
    if (rules.length > 0) this.#groups.set(group, rules);
    else this.#groups.delete(group);
  }

  /** The group that has this very rule, or one that has its place in the table. */
  groupOf(rule: FlowRule): string | undefined {
    for (const [group, rules] of this.#groups) if (rules.includes(rule)) return group;
    const key = ruleKey(rule);
    const isThere = (other: FlowRule) => other.priority === rule.priority && ruleKey(other) === key;
    for (const [group, rules] of this.#groups) if (rules.some(isThere)) return group;
    return undefined;
  }
}

const NOTHING: readonly FlowRule[] = [];
const NONE: GroupChange['replaced'] = new Map();

function unchanged(group: string, wanted: readonly FlowRule[]): GroupChange {
  return { group, gone: NOTHING, added: NOTHING, replaced: NONE, wanted };
}

function keyed(rules: readonly FlowRule[]): ReadonlyMap<string, FlowRule> {
  return new Map(rules.map((rule) => [ruleKey(rule), rule]));
}

function count(counts: Map<number, number>, { table = 0 }: FlowRule, by: number): void {
  counts.set(table, (counts.get(table) ?? 0) + by);
}

function isSame(a: FlowRule, b: FlowRule): boolean {
  return sameInstructions(a, b) && a.idleTimeoutSec === b.idleTimeoutSec && a.hardTimeoutSec === b.hardTimeoutSec;
}
