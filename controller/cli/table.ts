// Tables for people: columns as wide as their widest cell, two spaces between them, nothing truncated. A cell that is
// empty shows `-`, so that `awk '{print $3}'` still counts right where no cell has spaces.

import { type Paint, printable } from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly text: (row: Row) => string | number | null;
  /** Colours the padded cell. */
  readonly paint?: (row: Row) => Paint | undefined;
}

/** The table with its heading, each line ended by a newline. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], heading: Paint): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.text(row))));
  const widths = columns.map((column, i) =>
    Math.max(width(column.title), ...cells.map((line) => width(line[i] ?? ''))),
  );
  const pad = (text: string, i: number): string => {
    const gap = ' '.repeat((widths[i] ?? 0) - width(text));
    if (columns[i]?.align === 'right') return gap + text;
    return i === columns.length - 1 ? text : text + gap;
  };
  const lines = [heading(columns.map((column, i) => pad(column.title, i)).join('  '))];
  for (const [r, row] of rows.entries()) {
    const line = columns.map((column, i) => {
      const padded = pad(cells[r]?.[i] ?? '', i);
      return column.paint?.(row)?.(padded) ?? padded;
    });
    lines.push(line.join('  '));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** `name  value` lines, the names padded to one width. */
export function formatFields(fields: readonly (readonly [name: string, value: string | number | null])[]): string {
  const nameWidth = Math.max(...fields.map(([name]) => width(name)));
  return fields.map(([name, value]) => `${name.padEnd(nameWidth)}  ${cellText(value)}\n`).join('');
}

function cellText(value: string | number | null): string {
  return value === null || value === '' ? '-' : printable(String(value));
}

/** In code points: the names of users, machines and switches are ASCII, so wide characters are not accounted for. */
function width(text: string): number {
  return [...text].length;
}
