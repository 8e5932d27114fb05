// Which groups of rules go without when a switch has too little room. Rules decided for packets go first, the oldest of
// them; then the groups that the pipeline can spare, in its order, the least used first. Whatever has no rules is asked
// about: full tables cost speed and never safety. Where a rule that cannot be spared finds no room, the heart goes with its
// group; where it is one of the last resort's group, all go but the last resort. What was left out comes back when there is
// room again, the most asked for first. Where the switch refused a rule for another reason than room, that is tried again only
// after a while: it would be refused again at once, and so on without end.

import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { Pipeline } from '../pipeline.ts';
import type { DecidedRules } from './decided-rules.ts';
import { chooseLeftOut, type RuleBudget, type TableCounts } from './rule-budget.ts';
import type { RuleGroups } from './rule-groups.ts';

/** Decided rules are in the first table (see packet-in.ts). */
const DECIDED_TABLE = 0;
const NOTHING = { decided: [], groups: [] } as const;
const NO_GROUPS: ReadonlySet<string> = new Set();

/** Beyond every rank. */
const LAST_SPARED = Number.MAX_SAFE_INTEGER;
const NEVER_SPARED = Number.POSITIVE_INFINITY;

/** After a rule was refused for another reason than room. */
const TRY_AGAIN_MS = 60_000;

export interface RoomParts {
  readonly budget: RuleBudget;
  readonly pipeline: Pipeline;
  readonly groups: RuleGroups;
  readonly decided: DecidedRules;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export class Room {
  readonly #budget: RuleBudget;
  readonly #pipeline: Pipeline;
  readonly #groups: RuleGroups;
  readonly #decided: DecidedRules;
  readonly #now: () => number;
  #triesAgainAt = 0;
  /** Undefined until a group has to go, which most switches never see. */
  #leftOut: Set<string> | undefined;
  /** Nothing is there but the last resort. */
  #isCollapsed = false;
  /** Packets carried by a group's rules when they were last read; of a group that is not in it, none. */
  #uses: ReadonlyMap<string, number> | undefined;

  constructor(parts: RoomParts) {
    this.#now = parts.now;
    this.#budget = parts.budget;
    this.#pipeline = parts.pipeline;
    this.#groups = parts.groups;
    this.#decided = parts.decided;
  }

  get leftOut(): ReadonlySet<string> {
    return this.#leftOut ?? NO_GROUPS;
  }

  get share(): number {
    if (!this.#budget.isLimited) return 0;
    return this.#budget.share(this.#counts);
  }

  get isNearlyFull(): boolean {
    if (!this.#budget.isLimited) return this.leftOut.size > 0;
    return this.leftOut.size > 0 || this.#budget.isNearlyFull(this.#counts);
  }

  /** What a group should have here, by this pipeline or another of its kind. */
  rulesOf(group: string, pipeline: Pipeline = this.#pipeline): readonly FlowRule[] {
    if (!this.#isCollapsed) return this.leftOut.has(group) ? [] : pipeline.rulesOf(group);
    const { lastResort } = pipeline;
    return group === lastResort.group ? lastResort.rules : [];
  }

  /** Whether what has no rules may be a job's. */
  get lacksMore(): boolean {
    return [...this.leftOut].some((group) => this.#pipeline.rank(group) !== 0);
  }

  noteUses(uses: ReadonlyMap<string, number>): void {
    const used = [...uses].filter(([, packets]) => packets > 0);
    this.#uses = used.length === 0 ? undefined : new Map(used);
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

  /** The switch refused a rule, though it may have room. */
  onRefused(): void {
    this.#triesAgainAt = this.#now() + TRY_AGAIN_MS;
  }

  /** A rule of this group was refused, so the group goes; the groups that change by that. */
  leaveOut(group: string | undefined): readonly string[] {
    const { heart, lastResort } = this.#pipeline;
    if (this.#isCollapsed) return [];
    if (group === lastResort.group) {
      this.#isCollapsed = true;
      const changed = [...this.#groups.names()];
      this.#leave(changed.filter((each) => each !== group));
      return changed;
    }
    const isSpared = group !== undefined && this.#pipeline.rank(group) !== undefined;
    // Without the heart nothing is forwarded unasked, so nothing passes for what the lacking rules would have told from it.
    const goes = isSpared || heart === undefined ? [group] : [heart, group];
    const changed = goes.filter((each) => each !== undefined && !this.leftOut.has(each)) as string[];
    this.#leave(changed);
    return changed;
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
      decided.push(this.#decided.takeOldest());
      excess = this.#budget.excess(this.#counts);
    }
    if (excess.size === 0) return { decided, groups: [] };
    const candidates = [...this.#groups.names()].flatMap((group) => {
      const rank = this.#pipeline.rank(group);
      const sizes = this.#groups.sizesOf(group);
      return rank === undefined ? [] : [{ group, rank, sizes, uses: this.#uses?.get(group) ?? 0 }];
    });
    const groups = chooseLeftOut(candidates, excess);
    this.#leave(groups);
    return { decided, groups };
  }

  /**
   * Groups that were left out and fit now, those that can least be spared first, and the heart once all of these are back.
   * They are taken in again. Rules decided for packets are no hindrance: they have to go for them.
   */
  takeBack(): string[] {
    if (this.#now() < this.#triesAgainAt) return [];
    const { heart } = this.#pipeline;
    const counts = new Map(this.#groups.counts);
    const back: string[] = [];
    if (this.#isCollapsed) {
      const [spared, vital] = partition([...this.#pipeline.groups()], (group) => this.#isSpared(group));
      const then = countsOf(vital.flatMap((group) => this.#pipeline.rulesOf(group)));
      if (this.#budget.excess(then).size > 0) return [];
      this.#isCollapsed = false;
      this.#leftOut = new Set(spared);
      back.push(...vital);
      counts.clear();
      for (const [table, count] of then) counts.set(table, count);
    }
    const place = (group: string) => this.#pipeline.rank(group) ?? (group === heart ? LAST_SPARED : NEVER_SPARED);
    const inOrder = [...this.leftOut].map((group) => ({ group, rank: place(group) })).sort((a, b) => b.rank - a.rank);
    let isFull = false;
    for (const { group } of inOrder) {
      const rules = this.#pipeline.rulesOf(group);
      if (rules.length > 0 && isFull) continue;
      const then = new Map(counts);
      for (const { table = 0 } of rules) then.set(table, (then.get(table) ?? 0) + 1);
      if (this.#budget.excess(then).size > 0) {
        isFull = true;
        continue;
      }
      for (const [table, count] of then) counts.set(table, count);
      this.#leftOut?.delete(group);
      back.push(group);
    }
    return back;
  }

  #leave(groups: readonly string[]): void {
    if (groups.length === 0) return;
    this.#leftOut ??= new Set();
    for (const group of groups) this.#leftOut.add(group);
  }

  #isSpared(group: string): boolean {
    return this.#pipeline.rank(group) !== undefined || group === this.#pipeline.heart;
  }

  get #counts(): TableCounts {
    const counts = new Map(this.#groups.counts);
    counts.set(DECIDED_TABLE, (counts.get(DECIDED_TABLE) ?? 0) + this.#decided.size);
    return counts;
  }
}

function countsOf(rules: readonly FlowRule[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { table = 0 } of rules) counts.set(table, (counts.get(table) ?? 0) + 1);
  return counts;
}

/** Those for which it is so, and the others. */
function partition<T>(all: readonly T[], isSo: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isSo), all.filter((each) => !isSo(each))];
}
