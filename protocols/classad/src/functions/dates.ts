// Times: now, their parts, and how they are printed. There is no local time: the zone is UTC.

import { ClassAd } from '../ad.ts';
import type { Evaluation } from '../evaluation.ts';
import { literal } from '../expression.ts';
import { enter } from '../scope.ts';
import { parseRelTime } from '../times.ts';
import { type AbsTime, ERROR, type RelTime, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, realOf, strict } from './builtin.ts';
import { integerOf } from './conversions.ts';
import { strftime } from './strftime.ts';

function now(run: Evaluation): number {
  return Math.floor(run.now());
}

function absolute(seconds: number, offset = 0): AbsTime {
  return { kind: 'absTime', seconds, offset };
}

const absTime = strict(0, 2, (values, run) => {
  const [value, zone] = values;
  if (values.length === 0) return absolute(now(run));
  if (value === undefined) return undefined;
  if (typeof value === 'string' || (typeof value === 'object' && value.kind === 'absTime')) return value;
  if (typeof value !== 'bigint' && typeof value !== 'number') return ERROR;
  if (values.length === 1) return absolute(Math.trunc(Number(value)));
  if (typeof zone !== 'bigint' && typeof zone !== 'number') return zone === undefined ? undefined : ERROR;
  return absolute(Math.trunc(Number(value)), toInt(Number(zone)));
});

/** C's conversion to a 32-bit int. */
function toInt(value: number): number {
  return Math.abs(value) < 2 ** 31 ? Math.trunc(value) : -(2 ** 31);
}

const relTime = strict(0, 1, (values, run) => {
  const [value] = values;
  if (values.length === 0) return relative(now(run) % 86400);
  if (value === undefined) return undefined;
  // A string that is not a literal is checked but comes to no time at all.
  if (typeof value === 'string') return parseRelTime(value) === undefined ? ERROR : relative(0);
  if (typeof value === 'object') return value.kind === 'relTime' ? value : ERROR;
  return typeof value === 'boolean' ? ERROR : relative(Number(value));
});

function relative(seconds: number): RelTime {
  return { kind: 'relTime', seconds };
}

/** A part of an absolute time in its own zone and, where it has that part, of a relative one. */
function part(ofDate: ((date: Date) => number) | null, ofDuration: ((seconds: number) => number) | null): BuiltIn {
  return strict(1, 1, ([value]) => {
    if (typeof value !== 'object') return ERROR;
    if (value.kind === 'absTime' && ofDate) return wholeOf(ofDate(dateOf(value)));
    if (value.kind === 'relTime' && ofDuration) return wholeOf(ofDuration(value.seconds));
    return ERROR;
  });
}

/** `error` for the parts of a time that is none: NaN, infinite, or beyond the year 275760, where dates end here. */
function wholeOf(value: number): bigint | typeof ERROR {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : ERROR;
}

function dateOf({ seconds, offset }: AbsTime): Date {
  return new Date((seconds + offset) * 1000);
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

/** The parts of a time as an ad. */
const splitTime = strict(1, 1, ([value]) => {
  if (typeof value === 'bigint' || typeof value === 'number') return splitDate(absolute(Math.trunc(Number(value))));
  if (typeof value !== 'object') return ERROR;
  if (value.kind === 'absTime') return splitDate(value);
  return value.kind === 'relTime' ? splitDuration(value.seconds) : ERROR;
});

function splitDate(time: AbsTime): Value {
  const date = dateOf(time);
  if (Number.isNaN(date.getTime())) return ERROR;
  return adOf({
    Type: 'AbsoluteTime',
    Year: BigInt(date.getUTCFullYear()),
    Month: BigInt(date.getUTCMonth() + 1),
    Day: BigInt(date.getUTCDate()),
    Hours: BigInt(date.getUTCHours()),
    Minutes: BigInt(date.getUTCMinutes()),
    Seconds: BigInt(date.getUTCSeconds()),
    Offset: BigInt(time.offset),
  });
}

function splitDuration(total: number): Value {
  if (!Number.isFinite(total)) return ERROR;
  const seconds = Math.abs(total);
  const days = BigInt(Math.trunc(seconds / 86400));
  return adOf({
    Type: 'RelativeTime',
    Days: total < 0 ? -days : days,
    Hours: BigInt(Math.trunc((seconds % 86400) / 3600)),
    Minutes: BigInt(Math.trunc((seconds % 3600) / 60)),
    Seconds: seconds % 60,
  });
}

function adOf(parts: Readonly<Record<string, bigint | number | string>>): Value {
  const ad = new ClassAd();
  for (const [name, value] of Object.entries(parts)) ad.set(name, literal(value));
  return { kind: 'ad', ad, scope: enter(ad, null) };
}

const formatTime = strict(0, 2, (values, run) => {
  const [value, format = '%c'] = values;
  const time = values.length === 0 ? absolute(now(run)) : value;
  if (typeof format !== 'string' || (values.length === 2 && values[1] === undefined)) return ERROR;
  if (typeof time === 'bigint' || typeof time === 'number') {
    return strftime(format, dateOf(absolute(Math.trunc(Number(time)))), run);
  }
  return typeof time === 'object' && time.kind === 'absTime' ? strftime(format, dateOf(time), run) : ERROR;
});

/** `days+h:mm:ss` of a number of seconds. */
const interval = strict(1, 1, ([value]) => {
  const seconds = realOf(value) === null ? null : integerOf(value);
  if (seconds === null) return ERROR;
  const two = (part: bigint): string => String(part < 0n ? -part : part).padStart(2, '0');
  const days = seconds / 86400n;
  const hours = (seconds % 86400n) / 3600n;
  const minutes = (seconds % 3600n) / 60n;
  const rest = seconds % 60n;
  if (days !== 0n) return `${days}+${two(hours)}:${two(minutes)}:${two(rest)}`;
  if (hours !== 0n) return `${hours}:${two(minutes)}:${two(rest)}`;
  return minutes !== 0n ? `${minutes}:${two(rest)}` : String(rest);
});

export const dates: BuiltIns = {
  time: strict(0, 0, (_, run) => BigInt(now(run))),
  currenttime: strict(0, 0, (_, run) => absolute(now(run))),
  timezoneoffset: strict(0, 0, () => relative(0)),
  daytime: strict(0, 0, (_, run) => relative(now(run) % 86400)),
  abstime: absTime,
  reltime: relTime,
  getyear: part((date) => date.getUTCFullYear(), null),
  getmonth: part((date) => date.getUTCMonth() + 1, null),
  getdayofyear: part(dayOfYear, null),
  getdayofmonth: part((date) => date.getUTCDate(), null),
  getdayofweek: part((date) => date.getUTCDay(), null),
  getdays: part(null, (seconds) => seconds / 86400),
  gethours: part(
    (date) => date.getUTCHours(),
    (seconds) => (seconds % 86400) / 3600,
  ),
  getminutes: part(
    (date) => date.getUTCMinutes(),
    (seconds) => (seconds % 3600) / 60,
  ),
  getseconds: part(
    (date) => date.getUTCSeconds(),
    (seconds) => seconds % 60,
  ),
  splittime: splitTime,
  formattime: formatTime,
  interval,
};
