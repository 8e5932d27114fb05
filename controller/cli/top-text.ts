// What `lark top` shows, as text: whole for a file or a pipe, and cut to the size of a terminal. Rates are in bits a second, as
// networks are sold.

import type { RateRowView, RatesView, RateView } from '../northbound/lark-api.ts';
import { type Column, formatTable } from './table.ts';
import { printable, type Style } from './terminal.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export type Sort = 'total' | 'sent' | 'received';

/** All rows, nothing truncated. */
export function ratesTable({ by, rows }: RatesView, style: Style): string {
  return formatTable(columnsOf(by), rows, style.bold);
}

/** Exactly the lines of a screen at most, none longer than it is wide. */
export function topScreen(
  rates: RatesView | undefined,
  { sort, trouble, style, size }: { sort: Sort; trouble: string | undefined; style: Style; size: ScreenSize },
): readonly string[] {
  const { columns, rows: height } = size;
  const fitted = (text: string) => cut(text, columns);
  const heading = rates === undefined ? 'lark top' : headingOf(rates, sort);
  const lines = [fitted(heading), trouble === undefined ? fitted('') : style.red(fitted(printable(trouble)))];
  if (rates !== undefined && height > 4) {
    const table = fittingTable(rates, columns, height - 4);
    lines.push(...table.map((line, i) => (i === 0 ? style.bold(line) : line)));
  }
  if (height > 3)
    lines.push(style.dim(fitted('q quit   u users   g groups   j jobs   t/s/r sort by total, sent, received')));
  return lines.slice(0, Math.max(1, height));
}

function headingOf({ by, at, intervalSec, total, jobsNotCounted, silentSwitches }: RatesView, sort: Sort): string {
  const parts = [
    `lark top  ${at.slice(11, 19)} UTC`,
    `${total} ${by}${total === 1 ? '' : 's'} by ${sort}`,
    `over ${Math.round(intervalSec * 10) / 10} s`,
  ];
  if (jobsNotCounted > 0) parts.push(`${jobsNotCounted} jobs not counted`);
  if (silentSwitches.length > 0) parts.push(`no answer: ${silentSwitches.map(printable).join(', ')}`);
  return parts.join('  ');
}

/** Heading and rows; without the less important columns, and with the names cut, where there is no room. */
function fittingTable({ by, rows }: RatesView, columns: number, height: number): readonly string[] {
  const shown = rows.slice(0, Math.max(0, height - 1));
  const all = columnsOf(by);
  for (const kept of [all, without(all, 'PKT/S'), without(all, 'PKT/S', 'JOBS', 'USER')]) {
    const [first, ...numbers] = kept;
    const right = linesOf(numbers, shown);
    const room = columns - 2 - (right[0]?.length ?? 0);
    if (room < LEAST_NAME && kept.length > 3) continue;
    const names = linesOf([first!], shown).map((name) => cut(name, Math.max(1, room)));
    const width = Math.max(...names.map((name) => name.length));
    return names.map((name, i) => cut(`${name.padEnd(width)}  ${right[i]}`, columns));
  }
  return [];
}

const LEAST_NAME = 12;

function linesOf(columns: readonly Column<RateRowView>[], rows: readonly RateRowView[]): readonly string[] {
  return formatTable(columns, rows, (text) => text)
    .trimEnd()
    .split('\n');
}

function without(columns: readonly Column<RateRowView>[], ...titles: readonly string[]) {
  return columns.filter(({ title }) => !titles.some((each) => title.includes(each)));
}

function columnsOf(by: RatesView['by']): readonly Column<RateRowView>[] {
  const right = { align: 'right' as const };
  return [
    { title: by.toUpperCase(), text: ({ name }) => name ?? '(no group)' },
    ...(by === 'job'
      ? [{ title: 'USER', text: ({ user }: RateRowView) => user }]
      : [{ title: 'JOBS', ...right, text: ({ jobs }: RateRowView) => jobs }]),
    { title: 'SENT BIT/S', ...right, text: ({ sent }) => bits(sent) },
    { title: 'RECEIVED BIT/S', ...right, text: ({ received }) => bits(received) },
    { title: 'SENT PKT/S', ...right, text: ({ sent }) => scaled(sent.packetsPerSec) },
    { title: 'RECEIVED PKT/S', ...right, text: ({ received }) => scaled(received.packetsPerSec) },
  ];
}

function bits({ bytesPerSec }: RateView): string {
  return scaled(8 * bytesPerSec);
}

/** `0`, `392`, `12.2k`, `1.50G`: three digits. */
export function scaled(value: number): string {
  for (const [unit, size] of UNITS) {
    const inUnit = value / size;
    if (inUnit >= 0.9995) return `${inUnit.toFixed(inUnit >= 99.95 ? 0 : inUnit >= 9.995 ? 1 : 2)}${unit}`;
  }
  return value >= 99.95 ? value.toFixed(0) : String(Math.round(value * 10) / 10);
}

const UNITS = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const;

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
