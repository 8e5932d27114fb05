// A table of verdicts as defaults and exceptions: one default for all, defaults for columns, then rows that override
// them, then single cells. Two hundred isolated users are some hundreds of rules and not forty thousand. A row wins over
// a column and a cell over both, so what a cell means is the first of: cell, row, column, all.

export interface CompressedTable<V> {
  readonly all: V;
  readonly columns: ReadonlyMap<number, V>;
  readonly rows: ReadonlyMap<number, V>;
  /** By row, then column. */
  readonly cells: ReadonlyMap<number, ReadonlyMap<number, V>>;
}

/**
 * @param size of the square table.
 * @param at its value at row and column; values are equal when they are the same by ===.
 */
export function compressTable<V>(
  size: number,
  valueAt: (row: number, column: number) => V,
): CompressedTable<V> | undefined {
  if (size === 0) return undefined;
  const indexes = Array.from({ length: size }, (_, i) => i);
  const values = indexes.flatMap((row) => indexes.map((column) => valueAt(row, column)));
  const at = (row: number, column: number) => values[row * size + column] as V;
  const all = mostFrequent(values);
  let columns = defaultsOf(indexes, all, (column, row) => at(row, column), new Map());
  const rows = defaultsOf(indexes, undefined, (row, column) => at(row, column), columns, all);
  // Rows that override say nothing of columns: those are chosen anew for the rows that are left.
  const free = indexes.filter((row) => !rows.has(row));
  columns = new Map([...columns].filter(([column, value]) => saves(free, (row) => at(row, column), value, all)));
  const cells = new Map<number, Map<number, V>>();
  for (const row of indexes) {
    for (const column of indexes) {
      const value = at(row, column);
      const otherwise = rows.has(row) ? rows.get(row) : columns.has(column) ? columns.get(column) : all;
      if (value === otherwise) continue;
      const inRow = cells.get(row) ?? new Map<number, V>();
      cells.set(row, inRow.set(column, value));
    }
  }
  return { all, columns, rows, cells };
}

/** Lines (rows or columns) for which a default of their own costs less than the exceptions that it saves. */
function defaultsOf<V>(
  indexes: readonly number[],
  fallback: V | undefined,
  at: (line: number, across: number) => V,
  under: ReadonlyMap<number, V>,
  all: V | undefined = fallback,
): Map<number, V> {
  const chosen = new Map<number, V>();
  for (const line of indexes) {
    const values = indexes.map((across) => at(line, across));
    const favourite = mostFrequent(values);
    const without = values.filter((value, across) => value !== (under.has(across) ? under.get(across) : all)).length;
    const withOwn = 1 + values.filter((value) => value !== favourite).length;
    if (withOwn < without) chosen.set(line, favourite);
  }
  return chosen;
}

/** True where a default `value` for a line is worth its own rule. */
function saves<V>(across: readonly number[], at: (across: number) => V, value: V, all: V): boolean {
  const without = across.filter((i) => at(i) !== all).length;
  const withOwn = 1 + across.filter((i) => at(i) !== value).length;
  return withOwn < without;
}

function mostFrequent<V>(values: readonly V[]): V {
  const counts = new Map<V, number>();
  let best = values[0] as V;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

export function ruleCount(table: CompressedTable<unknown>): number {
  const cells = [...table.cells.values()].reduce((sum, row) => sum + row.size, 0);
  return 1 + table.columns.size + table.rows.size + cells;
}
