// How many rules a switch has room for, and which groups of rules go without when that is not enough. The file says it,
// or the switch does by refusing a rule: Open vSwitch claims a million until it is full. Some room is kept free, since a
// change adds before everything it replaces is gone. Pure but for its own state.

/** Of the limit: what is kept free for changes, and from where on an operator is told. */
const FREE = 0.1;
const WARN_AT = 0.8;

/** Rules by table. */
export type TableCounts = ReadonlyMap<number, number>;

export interface Candidate {
  readonly group: string;
  readonly sizes: TableCounts;
  /** Lower ones go first. */
  readonly rank: number;
  /** Packets that its rules have lately carried: of one rank, the least used goes first. */
  readonly uses: number;
}

export class RuleBudget {
  readonly #totalNow: () => number | undefined;
  /** Undefined while there was room for all. */
  #found: Map<number, number> | undefined;

  /** @param total of all tables together; undefined where nobody knows. Asked each time, so that a reload counts. */
  constructor(total: () => number | undefined) {
    this.#totalNow = total;
  }

  get #total(): number | undefined {
    return this.#totalNow();
  }

  get isLimited(): boolean {
    return this.#total !== undefined || this.#found !== undefined;
  }

  /** The switch has refused a rule of this table for lack of room, with so many in it. */
  onFull(table: number, count: number): void {
    this.#found ??= new Map();
    this.#found.set(table, Math.max(1, Math.min(count, this.#found.get(table) ?? count)));
  }

  /** The part of the limit that is in use, of the table where that is most; 0 where there is no limit. */
  share(counts: TableCounts): number {
    const shares = [...(this.#found ?? [])].map(([table, limit]) => (counts.get(table) ?? 0) / limit);
    if (this.#total !== undefined) shares.push(sum(counts) / this.#total);
    return Math.max(0, ...shares);
  }

  isNearlyFull(counts: TableCounts): boolean {
    return this.share(counts) >= WARN_AT;
  }

  /** How many rules there are too many for the room that may be used; by table, and `all` for the whole switch. */
  excess(counts: TableCounts): Map<number | 'all', number> {
    const excess = new Map<number | 'all', number>();
    for (const [table, limit] of this.#found ?? []) {
      const over = (counts.get(table) ?? 0) - usable(limit);
      if (over > 0) excess.set(table, over);
    }
    if (this.#total !== undefined) {
      const over = sum(counts) - usable(this.#total);
      if (over > 0) excess.set('all', over);
    }
    return excess;
  }
}

/** The groups to do without, so that nothing of the excess is left; all that help where even that does not do. */
export function chooseLeftOut(candidates: readonly Candidate[], excess: ReadonlyMap<number | 'all', number>): string[] {
  const left = new Map(excess);
  const chosen: string[] = [];
  const inOrder = [...candidates].sort((a, b) => a.rank - b.rank || a.uses - b.uses);
  for (const { group, sizes } of inOrder) {
    if (left.size === 0) break;
    const helps = [...left.keys()].some((place) => place === 'all' || (sizes.get(place) ?? 0) > 0);
    if (!helps) continue;
    chosen.push(group);
    for (const [place, over] of left) {
      const rest = over - (place === 'all' ? sum(sizes) : (sizes.get(place) ?? 0));
      if (rest > 0) left.set(place, rest);
      else left.delete(place);
    }
  }
  return chosen;
}

function usable(limit: number): number {
  return Math.floor(limit * (1 - FREE));
}

function sum(counts: TableCounts): number {
  let all = 0;
  for (const count of counts.values()) all += count;
  return all;
}
