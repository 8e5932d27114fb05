// C's strftime in the C locale and UTC, for formatTime().

import type { ByteString } from '../bytes.ts';
import type { Evaluation } from '../evaluation.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function two(value: number, fill = '0'): string {
  return String(value).padStart(2, fill);
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

/** The number of the week whose first day is `firstDay` (0: Sunday); days before the first one are in week 0. */
function week(date: Date, firstDay: number): number {
  return Math.floor((dayOfYear(date) + 7 - ((date.getUTCDay() + 7 - firstDay) % 7)) / 7);
}

/** ISO 8601: the week that holds the year's first Thursday is its first. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000);
  return { year: thursday.getUTCFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}

const CONVERSIONS: ReadonlyMap<string, (date: Date) => string> = new Map<string, (date: Date) => string>([
  ['a', (d) => DAYS[d.getUTCDay()]!.slice(0, 3)],
  ['A', (d) => DAYS[d.getUTCDay()]!],
  ['b', (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3)],
  ['B', (d) => MONTHS[d.getUTCMonth()]!],
  ['c', (d) => plain('%a %b %e %H:%M:%S %Y', d)],
  ['C', (d) => two(Math.floor(d.getUTCFullYear() / 100))],
  ['d', (d) => two(d.getUTCDate())],
  ['D', (d) => plain('%m/%d/%y', d)],
  ['e', (d) => two(d.getUTCDate(), ' ')],
  ['F', (d) => plain('%Y-%m-%d', d)],
  ['g', (d) => two(isoWeek(d).year % 100)],
  ['G', (d) => String(isoWeek(d).year)],
  ['h', (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3)],
  ['H', (d) => two(d.getUTCHours())],
  ['I', (d) => two(d.getUTCHours() % 12 || 12)],
  ['j', (d) => String(dayOfYear(d) + 1).padStart(3, '0')],
  ['k', (d) => two(d.getUTCHours(), ' ')],
  ['l', (d) => two(d.getUTCHours() % 12 || 12, ' ')],
  ['m', (d) => two(d.getUTCMonth() + 1)],
  ['M', (d) => two(d.getUTCMinutes())],
  ['n', () => '\n'],
  ['p', (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['P', (d) => (d.getUTCHours() < 12 ? 'am' : 'pm')],
  ['r', (d) => plain('%I:%M:%S %p', d)],
  ['R', (d) => plain('%H:%M', d)],
  ['s', (d) => String(Math.floor(d.getTime() / 1000))],
  ['S', (d) => two(d.getUTCSeconds())],
  ['t', () => '\t'],
  ['T', (d) => plain('%H:%M:%S', d)],
  ['u', (d) => String(d.getUTCDay() || 7)],
  ['U', (d) => two(week(d, 0))],
  ['V', (d) => two(isoWeek(d).week)],
  ['w', (d) => String(d.getUTCDay())],
  ['W', (d) => two(week(d, 1))],
  ['x', (d) => plain('%m/%d/%y', d)],
  ['X', (d) => plain('%H:%M:%S', d)],
  ['y', (d) => two(d.getUTCFullYear() % 100)],
  ['Y', (d) => String(d.getUTCFullYear())],
  ['z', () => '+0000'],
  ['Z', () => 'GMT'],
  ['%', () => '%'],
]);

function plain(format: string, date: Date): string {
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => CONVERSIONS.get(letter)?.(date) ?? whole);
}

/** Formats a date whose UTC parts are what is to be shown. A conversion that C does not know stays as it is. */
export function strftime(format: ByteString, date: Date, run: Evaluation): ByteString {
  run.spend(format.length);
  return Number.isNaN(date.getTime()) ? '' : plain(format, date);
}
