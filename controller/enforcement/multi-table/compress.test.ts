import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompressedTable, compressTable, ruleCount } from './compress.ts';

function expand<V>(table: CompressedTable<V>, row: number, column: number): V {
  const cell = table.cells.get(row);
  if (cell?.has(column)) return cell.get(column)!;
  if (table.rows.has(row)) return table.rows.get(row)!;
  return table.columns.has(column) ? table.columns.get(column)! : table.all;
}

describe('compressTable', () => {
  it('means the full table, whatever the table, and is never longer', () => {
    const square = fc
      .nat(9)
      .chain((size) =>
        fc
          .array(fc.constantFrom('drop', 'forward', 'queue'), { minLength: size * size, maxLength: size * size })
          .map((values) => ({ size, values })),
      );
    fc.assert(
      fc.property(square, ({ size, values }) => {
        const at = (row: number, column: number) => values[row * size + column]!;
        const table = compressTable(size, at);
        if (table === undefined) return;
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) expect(expand(table, row, column)).toBe(at(row, column));
        }
        expect(ruleCount(table)).toBeLessThanOrEqual(size * size + 1);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps two hundred isolated users and four zones to about two rules a user', () => {
    const users = 200;
    const isUser = (i: number) => i < users;
    const table = compressTable(users + 4, (row, column) =>
      isUser(row) && isUser(column) && row !== column ? 'drop' : 'forward',
    );
    expect(ruleCount(table!)).toBeLessThanOrEqual(2 * users + 16);
  });
});
