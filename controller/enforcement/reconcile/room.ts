// Which groups of rules go without when a switch has too little room. Rules decided for packets go first, the oldest of
// them; then the groups that the pipeline can spare, in its order, the least used first. Whatever has no rules is asked
// about: full tables cost speed and never safety. What was left out comes back when there is room again, the most asked
// for first.

import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { Pipeline } from '../pipeline.ts';
import type { DecidedRules } from './decided-rules.ts';
import { chooseLeftOut, type RuleBudget, type TableCounts } from './rule-budget.ts';
import type { RuleGroups } from './rule-groups.ts';

/** Decided rules are in the first table (see packet-in.ts). */
const DECIDED_TABLE = 0;
const NOTHING = { decided: [], groups: [] } as const;

export class Room {
  readonly #budget: RuleBudget;
  readonly #pipeline: Pipeline;
  readonly #groups: RuleGroups;
  readonly #decided: DecidedRules;
  readonly #leftOut = new Set<string>();
  /** Packets carried by a group's rules when they were last read. */
  readonly #uses = new Map<string, number>();

  constructor(parts: { budget: RuleBudget; pipeline: Pipeline; groups: RuleGroups; decided: DecidedRules }) {
    this.#budget = parts.budget;
    this.#pipeline = parts.pipeline;
    this.#groups = parts.groups;
    this.#decided = parts.decided;
  }

  get leftOut(): ReadonlySet<string> {
    return this.#leftOut;
  }

  get share(): number {
    if (!this.#budget.isLimited) return 0;
    return this.#budget.share(this.#counts);
  }

  get isNearlyFull(): boolean {
    if (!this.#budget.isLimited) return this.#leftOut.size > 0;
    return this.#leftOut.size > 0 || this.#budget.isNearlyFull(this.#counts);
  }

  /** What a group should have here. */
  rulesOf(group: string): FlowRule[] {
    return this.#leftOut.has(group) ? [] : this.#pipeline.rulesOf(group);
  }

  noteUses(uses: ReadonlyMap<string, number>): void {
    this.#uses.clear();
    for (const [group, packets] of uses) this.#uses.set(group, packets);
  }

  /** True if another decided rule may be added. */
  hasRoomForDecided(): boolean {
    if (!this.#budget.isLimited) return true;
    const counts = new Map(this.#counts);
    counts.set(DECIDED_TABLE, (counts.get(DECIDED_TABLE) ?? 0) + 1);
    return this.#budget.excess(counts).size === 0;
  }

  /** The switch had no room for another rule in this table. */
  onFull(table: number): void {
    this.#budget.onFull(table, Math.max(0, (this.#counts.get(table) ?? 0) - 1));
  }

  /** A rule of this group was refused, so the group goes; the groups that change by that. */
  leaveOut(group: string | undefined): readonly string[] {
    const { heart } = this.#pipeline;
    const isSpared = group !== undefined && this.#pipeline.rank(group) !== undefined;
    const goes = isSpared ? group : heart;
    if (goes === undefined || this.#leftOut.has(goes)) return [];
    this.#leftOut.add(goes);
    return [goes];
  }

  /**
   * The decided rules and the groups that have to go so that all that is noted in the groups fits. To be called when they
   * have been noted; the groups are left out from then on.
   */
  makeRoom(): { readonly decided: readonly FlowRule[]; readonly groups: readonly string[] } {
    if (!this.#budget.isLimited) return NOTHING;
    const decided: FlowRule[] = [];
    let excess = this.#budget.excess(this.#counts);
    while ((excess.has(DECIDED_TABLE) || excess.has('all')) && this.#decided.size > 0) {
      decided.push(this.#decided.takeOldest()!);
      excess = this.#budget.excess(this.#counts);
    }
    if (excess.size === 0) return { decided, groups: [] };
    const candidates = [...this.#groups.names()].flatMap((group) => {
      const rank = this.#pipeline.rank(group);
      const sizes = this.#groups.sizesOf(group);
      return rank === undefined ? [] : [{ group, rank, sizes, uses: this.#uses.get(group) ?? 0 }];
    });
    const groups = chooseLeftOut(candidates, excess);
    for (const group of groups) this.#leftOut.add(group);
    return { decided, groups };
  }

  /** Groups that were left out and fit now, those that can least be spared first. They are taken in again. */
  takeBack(): string[] {
    const inOrder = [...this.#leftOut]
      .map((group) => ({ group, rank: this.#pipeline.rank(group) ?? Number.POSITIVE_INFINITY }))
      .sort((a, b) => b.rank - a.rank);
    const counts = new Map(this.#counts);
    const back: string[] = [];
    let isFull = false;
    for (const { group } of inOrder) {
      const rules = this.#pipeline.rulesOf(group);
      if (rules.length > 0 && isFull) continue;
      const then = new Map(counts);
      for (const { table = 0 } of rules) then.set(table, (then.get(table) ?? 0) + 1);
      isFull = this.#budget.excess(then).size > 0;
      if (isFull) continue;
      for (const [table, count] of then) counts.set(table, count);
      this.#leftOut.delete(group);
      back.push(group);
    }
    return back;
  }

  get #counts(): TableCounts {
    const counts = new Map(this.#groups.counts);
    counts.set(DECIDED_TABLE, (counts.get(DECIDED_TABLE) ?? 0) + this.#decided.size);
    return counts;
  }
}
