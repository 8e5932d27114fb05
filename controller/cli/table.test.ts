import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFields, formatTable } from './table.ts';
import { printable } from './terminal.ts';

const plain = (text: string): string => text;
const columns = [
  { title: 'NAME', text: (row: readonly [string, number]) => row[0] },
  { title: 'N', align: 'right' as const, text: (row: readonly [string, number]) => row[1] },
];

describe('formatTable', () => {
  it('aligns columns and shows empty cells as a dash', () => {
    const table = formatTable(
      columns,
      [
        ['a', 5],
        ['', 1234],
      ],
      plain,
    );
    expect(table).toBe('NAME     N\na        5\n-     1234\n');
  });

  it('truncates nothing, and keeps every row on one line of the same width', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat())), (rows) => {
        const lines = formatTable(columns, rows, plain).trimEnd().split('\n');
        expect(lines).toHaveLength(rows.length + 1);
        expect(new Set(lines.map((line) => [...line].length)).size).toBe(1);
        for (const [i, [name, n]] of rows.entries()) {
          expect(lines[i + 1]).toContain(printable(name));
          expect(lines[i + 1]?.endsWith(String(n))).toBe(true);
        }
      }),
    );
  });

  it('leaves no spaces at the end of a left-aligned last column', () => {
    const last = [columns[1], columns[0]].flatMap((column) => column ?? []);
    expect(
      formatTable(
        last,
        [
          ['long name', 1],
          ['x', 2],
        ],
        plain,
      ),
    ).toBe('N  NAME\n1  long name\n2  x\n');
  });
});

describe('formatFields', () => {
  it('pads the names to one width', () => {
    expect(
      formatFields([
        ['a', 1],
        ['long', null],
      ]),
    ).toBe('a     1\nlong  -\n');
  });
});

describe('printable', () => {
  it('leaves text alone and makes control and direction characters visible', () => {
    expect(printable('plain ünïcode')).toBe('plain ünïcode');
    expect(printable('a\tb\u009bc\u202ed')).toBe('a\\x09b\\x9bc\\u202ed');
  });
});
