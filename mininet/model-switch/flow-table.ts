// The flow tables: entries by table, priority and match, and the commands that change them (OF1.0.1 §4.6, OF1.3.5 §6.4).
// Pure but for its own state: time comes in as `now` (milliseconds), what went away comes back to the caller. A change
// that is refused leaves everything as it was.

import { ANY_GROUP, type Instructions, outputsTo, Port, usesGroup } from './action.ts';
import type { FlowKey } from './fields.ts';
import { ALL_TABLES, type FlowChange, type FlowFlags } from './flow-mod.ts';
import { covers, isMatchedBy, type Match, overlaps } from './match.ts';

export interface FlowEntry {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  instructions: Instructions;
  cookie: bigint;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly flags: FlowFlags;
  readonly createdAt: number;
  usedAt: number;
  packets: bigint;
  bytes: bigint;
}

/** Numbers of `ofp_flow_removed_reason`. */
export const RemovedReason = { IDLE_TIMEOUT: 0, HARD_TIMEOUT: 1, DELETE: 2, GROUP_DELETE: 3 } as const;

export interface RemovedFlow {
  readonly flow: FlowEntry;
  readonly reason: number;
}

export type ChangeOutcome =
  | { readonly refused: 'overlap' | 'tableFull' }
  | { readonly refused: undefined; readonly removed: readonly RemovedFlow[] };

export interface FlowSelection
  extends Pick<FlowChange, 'tableId' | 'match' | 'cookie' | 'cookieMask' | 'outPort' | 'outGroup'> {}

interface Table {
  /** Highest priority first; of equal ones the older first. */
  entries: FlowEntry[];
  /** The same entries by priority and match, so that adding to a large table stays quick. */
  readonly bySameness: Map<string, FlowEntry>;
  lookups: bigint;
  matched: bigint;
}

export class FlowTables {
  readonly #tables: readonly Table[];
  /** No entry times out before this. Uses only move deadlines later, so it is found anew only when it is reached. */
  #quietUntil = Number.POSITIVE_INFINITY;
  /** How many entries a table holds. */
  maxEntries: number;

  constructor(tableCount: number, maxEntries: number) {
    this.#tables = Array.from({ length: tableCount }, () => ({
      entries: [],
      bySameness: new Map(),
      lookups: 0n,
      matched: 0n,
    }));
    this.maxEntries = maxEntries;
  }

  get tableCount(): number {
    return this.#tables.length;
  }

  /** Entries, table by table, highest priority first. */
  entries(): readonly FlowEntry[] {
    return this.#tables.flatMap(({ entries }) => entries);
  }

  tableStatistics(): readonly { readonly active: number; readonly lookups: bigint; readonly matched: bigint }[] {
    return this.#tables.map(({ entries, lookups, matched }) => ({ active: entries.length, lookups, matched }));
  }

  /** The entry that a packet hits, counted; undefined for a miss. */
  lookup(tableId: number, key: FlowKey, packetBytes: number, now: number): FlowEntry | undefined {
    const table = this.#tables[tableId];
    if (table === undefined) return undefined;
    table.lookups++;
    const hit = table.entries.find((entry) => isMatchedBy(entry.match, key));
    if (hit === undefined) return undefined;
    table.matched++;
    hit.packets++;
    hit.bytes += BigInt(packetBytes);
    hit.usedAt = now;
    return hit;
  }

  /** Non-strict: the entries that a statistics request or a modify or delete means. */
  select(selection: FlowSelection): readonly FlowEntry[] {
    const selected: FlowEntry[] = [];
    for (const { entries } of this.#tablesOf(selection)) {
      for (const entry of entries)
        if (isSelected(entry, selection) && covers(selection.match, entry.match)) selected.push(entry);
    }
    return selected;
  }

  change(change: FlowChange, now: number): ChangeOutcome {
    switch (change.command) {
      case 'add':
        return this.#add(change, now);
      case 'modify':
        return this.#modify(change, this.select(change), now);
      case 'modifyStrict':
        return this.#modify(change, this.#selectStrictly(change), now);
      case 'delete':
        return { refused: undefined, removed: this.#remove(this.select(change), RemovedReason.DELETE) };
      case 'deleteStrict':
        return { refused: undefined, removed: this.#remove(this.#selectStrictly(change), RemovedReason.DELETE) };
    }
  }

  /** Takes out what has timed out by `now`. */
  expire(now: number): readonly RemovedFlow[] {
    if (now < this.#quietUntil) return [];
    const due = this.entries().filter((entry) => deadline(entry) <= now);
    const isHard = (entry: FlowEntry) => hardDeadline(entry) <= now;
    const removed = [
      ...this.#remove(due.filter(isHard), RemovedReason.HARD_TIMEOUT),
      ...this.#remove(
        due.filter((entry) => !isHard(entry)),
        RemovedReason.IDLE_TIMEOUT,
      ),
    ];
    this.#quietUntil = Number.POSITIVE_INFINITY;
    for (const entry of this.entries()) this.#quietUntil = Math.min(this.#quietUntil, deadline(entry));
    return removed;
  }

  /** A time before which nothing times out; Infinity if nothing does. */
  nextDeadline(): number {
    return this.#quietUntil;
  }

  removeUsersOfGroup(groupId: number): readonly RemovedFlow[] {
    const users = this.entries().filter((entry) => usesGroup(entry.instructions, groupId));
    return this.#remove(users, RemovedReason.GROUP_DELETE);
  }

  /** All entries as they are now, for `restore`. */
  copy(): readonly (readonly FlowEntry[])[] {
    return this.#tables.map(({ entries }) => entries.map((entry) => ({ ...entry })));
  }

  restore(copy: readonly (readonly FlowEntry[])[]): void {
    for (const [index, table] of this.#tables.entries()) {
      table.entries = [...copy[index]!];
      table.bySameness.clear();
      for (const entry of table.entries) table.bySameness.set(sameness(entry), entry);
    }
  }

  clear(): void {
    for (const table of this.#tables) {
      table.entries = [];
      table.bySameness.clear();
    }
  }

  #add(change: FlowChange, now: number): ChangeOutcome {
    const tableId = change.tableId === ALL_TABLES ? 0 : change.tableId;
    const table = this.#tables[tableId]!;
    const same = table.bySameness.get(sameness(change));
    if (same === undefined && change.flags.checkOverlap) {
      const hasOverlap = table.entries.some(
        (entry) => entry.priority === change.priority && overlaps(entry.match, change.match),
      );
      if (hasOverlap) return { refused: 'overlap' };
    }
    if (same === undefined && table.entries.length >= this.maxEntries) return { refused: 'tableFull' };
    const keepsCounters = same !== undefined && change.addKeepsCounters && !change.flags.resetCounts;
    const entry: FlowEntry = {
      tableId,
      priority: change.priority,
      match: change.match,
      instructions: change.instructions,
      cookie: change.cookie,
      idleTimeout: change.idleTimeout,
      hardTimeout: change.hardTimeout,
      flags: change.flags,
      createdAt: now,
      usedAt: now,
      packets: keepsCounters ? same.packets : 0n,
      bytes: keepsCounters ? same.bytes : 0n,
    };
    if (same === undefined) table.entries.splice(placeOf(table.entries, entry.priority), 0, entry);
    else table.entries[table.entries.indexOf(same)] = entry;
    table.bySameness.set(sameness(entry), entry);
    this.#quietUntil = Math.min(this.#quietUntil, deadline(entry));
    // A replaced flow is not a removed one: no FlowRemoved.
    return { refused: undefined, removed: [] };
  }

  #modify(change: FlowChange, found: readonly FlowEntry[], now: number): ChangeOutcome {
    if (found.length === 0 && change.isModifyOrAdd) return this.#add(change, now);
    for (const entry of found) {
      entry.instructions = change.instructions;
      if (change.isModifyOrAdd) entry.cookie = change.cookie;
      if (change.flags.resetCounts) {
        entry.packets = 0n;
        entry.bytes = 0n;
      }
    }
    return { refused: undefined, removed: [] };
  }

  #selectStrictly(change: FlowChange): readonly FlowEntry[] {
    const key = sameness(change);
    return this.#tablesOf(change).flatMap((table) => {
      const entry = table.bySameness.get(key);
      return entry !== undefined && isSelected(entry, change) ? [entry] : [];
    });
  }

  #tablesOf({ tableId }: Pick<FlowSelection, 'tableId'>): readonly Table[] {
    const one = this.#tables[tableId];
    return tableId === ALL_TABLES ? this.#tables : one === undefined ? [] : [one];
  }

  #remove(gone: readonly FlowEntry[], reason: number): readonly RemovedFlow[] {
    const set = new Set(gone);
    for (const tableId of new Set(gone.map((entry) => entry.tableId))) {
      const table = this.#tables[tableId]!;
      table.entries = table.entries.filter((entry) => !set.has(entry));
    }
    for (const entry of gone) this.#tables[entry.tableId]!.bySameness.delete(sameness(entry));
    return gone.map((flow) => ({ flow, reason }));
  }
}

/** All conditions of a selection but its match. */
function isSelected(entry: FlowEntry, selection: FlowSelection): boolean {
  const { tableId, cookie, cookieMask, outPort, outGroup } = selection;
  return (
    (tableId === ALL_TABLES || tableId === entry.tableId) &&
    ((entry.cookie ^ cookie) & cookieMask) === 0n &&
    (outPort === Port.ANY || outputsTo(entry.instructions, outPort)) &&
    (outGroup === ANY_GROUP || usesGroup(entry.instructions, outGroup))
  );
}

function sameness({ priority, match }: { readonly priority: number; readonly match: Match }): string {
  return `${priority}|${match.key}`;
}

/** Where an entry of this priority goes: behind those of the same priority. */
function placeOf(entries: readonly FlowEntry[], priority: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.priority >= priority) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hardDeadline(entry: FlowEntry): number {
  return entry.hardTimeout === 0 ? Number.POSITIVE_INFINITY : entry.createdAt + entry.hardTimeout * 1000;
}

function deadline(entry: FlowEntry): number {
  const idle = entry.idleTimeout === 0 ? Number.POSITIVE_INFINITY : entry.usedAt + entry.idleTimeout * 1000;
  return Math.min(idle, hardDeadline(entry));
}
