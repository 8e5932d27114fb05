// The rules that follow from what is known, as the switch has them, by the group that each belongs to, and what has to be
// sent so that a group is as it should be. Pure but for its own state.

import { type FlowRule, ruleKey, sameInstructions } from '../../southbound/flow-rule.ts';
import type { TableCounts } from './rule-budget.ts';

/** What a group lacks and what it has too much. */
export interface GroupChange {
  readonly group: string;
  readonly gone: readonly FlowRule[];
  /** New, or doing something else than the one of the same match and priority that they replace. */
  readonly added: readonly FlowRule[];
}

export function isAny({ gone, added }: GroupChange): boolean {
  return gone.length + added.length > 0;
}

export class RuleGroups {
  readonly #groups = new Map<string, Map<string, FlowRule>>();
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
    for (const rules of this.#groups.values()) yield* rules.values();
  }

  sizesOf(group: string): TableCounts {
    const sizes = new Map<number, number>();
    for (const rule of this.#groups.get(group)?.values() ?? []) count(sizes, rule, 1);
    return sizes;
  }

  clear(): void {
    this.#changes++;
    this.#groups.clear();
    this.#counts.clear();
  }

  difference(group: string, wanted: readonly FlowRule[]): GroupChange {
    const has = this.#groups.get(group);
    if (has === undefined && wanted.length === 0) return { group, gone: [], added: [] };
    const byKey = new Map(wanted.map((rule) => [ruleKey(rule), rule]));
    // By their keys, so that the order does not depend on how the switch got them.
    const gone = [...(has ?? [])]
      .filter(([key]) => !byKey.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, rule]) => rule);
    const added = [...byKey]
      .filter(([key, rule]) => {
        const there = has?.get(key);
        return there === undefined || !isSame(there, rule);
      })
      .map(([, rule]) => rule);
    return { group, gone, added };
  }

  /** What of these groups is not as it should be, in their order. */
  differences(groups: Iterable<string>, wantedOf: (group: string) => readonly FlowRule[]): GroupChange[] {
    return Array.from(groups, (group) => this.difference(group, wantedOf(group))).filter(isAny);
  }

  /** Notes that the switch has been sent a change. */
  note({ group, gone, added }: GroupChange): void {
    this.#changes++;
    const rules = this.#groups.get(group) ?? new Map<string, FlowRule>();
    for (const rule of gone) if (rules.delete(ruleKey(rule))) count(this.#counts, rule, -1);
    for (const rule of added) {
      const key = ruleKey(rule);
      if (!rules.has(key)) count(this.#counts, rule, 1);
      rules.set(key, rule);
    }
    if (rules.size > 0) this.#groups.set(group, rules);
    else this.#groups.delete(group);
  }

  /** The rule of this group that has the same match and priority. */
  ruleLike(group: string, rule: FlowRule): FlowRule | undefined {
    return this.#groups.get(group)?.get(ruleKey(rule));
  }

  /** The group that has this very rule. */
  groupOf(rule: FlowRule): string | undefined {
    const key = ruleKey(rule);
    for (const [group, rules] of this.#groups) if (rules.has(key)) return group;
    return undefined;
  }
}

function count(counts: Map<number, number>, { table = 0 }: FlowRule, by: number): void {
  counts.set(table, (counts.get(table) ?? 0) + by);
}

function isSame(a: FlowRule, b: FlowRule): boolean {
  return sameInstructions(a, b) && a.idleTimeoutSec === b.idleTimeoutSec && a.hardTimeoutSec === b.hardTimeoutSec;
}
