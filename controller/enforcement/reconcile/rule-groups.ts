// The rules that follow from what is known, as the switch has them, by the group that each belongs to, and what has to be
// sent so that a group is as it should be. Pure but for its own state.

import { type FlowRule, ruleKey, sameInstructions } from '../../southbound/flow-rule.ts';

/** What a group lacks and what it has too much. */
export interface GroupChange {
  readonly group: string;
  readonly gone: readonly FlowRule[];
  /** New, or doing something else than the one of the same match and priority that they replace. Lowest priority first. */
  readonly added: readonly FlowRule[];
}

export class RuleGroups {
  readonly #groups = new Map<string, Map<string, FlowRule>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  names(): Iterable<string> {
    return this.#groups.keys();
  }

  *rules(): Iterable<FlowRule> {
    for (const rules of this.#groups.values()) yield* rules.values();
  }

  clear(): void {
    this.#groups.clear();
    this.#size = 0;
  }

  difference(group: string, wanted: readonly FlowRule[]): GroupChange {
    const has = this.#groups.get(group);
    const byKey = new Map(wanted.map((rule) => [ruleKey(rule), rule]));
    const gone = has === undefined ? [] : [...has].flatMap(([key, rule]) => (byKey.has(key) ? [] : [rule]));
    const added = [...byKey]
      .filter(([key, rule]) => {
        const there = has?.get(key);
        return there === undefined || !isSame(there, rule);
      })
      .map(([, rule]) => rule)
      .sort((a, b) => a.priority - b.priority);
    return { group, gone, added };
  }

  /** Notes that the switch has been sent a change. */
  note({ group, gone, added }: GroupChange): void {
    const rules = this.#groups.get(group) ?? new Map<string, FlowRule>();
    const before = rules.size;
    for (const rule of gone) rules.delete(ruleKey(rule));
    for (const rule of added) rules.set(ruleKey(rule), rule);
    this.#size += rules.size - before;
    if (rules.size > 0) this.#groups.set(group, rules);
    else this.#groups.delete(group);
  }
}

function isSame(a: FlowRule, b: FlowRule): boolean {
  return sameInstructions(a, b) && a.idleTimeoutSec === b.idleTimeoutSec && a.hardTimeoutSec === b.hardTimeoutSec;
}
