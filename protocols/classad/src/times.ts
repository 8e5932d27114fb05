// Absolute and relative times as text. Reading is as lenient as HTCondor's: of an absolute time the first digits are the
// year and the rest may be missing (a missing month is January, a missing day is day 0: `absTime("2024")` is the last
// day of 2023). A time without a zone is taken as UTC: Lark has no local time.

import { trim } from './bytes.ts';
import type { AbsTime } from './values.ts';

const INT_MIN = -2147483648;

/** Reads an absolute time; `undefined` if there is no year in it. */
export function parseAbsTime(text: string): AbsTime | undefined {
  const { rest, offset } = splitZone(trim(text));
  const start = rest.search(/[0-9]/);
  if (start === -1 || rest.length - start < 4) return undefined;
  const year = leadingInteger(rest.slice(start, start + 4));
  const fields: (number | undefined)[] = [];
  for (let at = start + 4; fields.length < 5; ) {
    const next = rest.slice(at).search(/[0-9]/);
    if (next === -1 || at + next > rest.length - 2) break;
    fields.push(leadingInteger(rest.slice(at + next, at + next + 2)));
    at += next + 2;
  }
  const [month = 1, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return { kind: 'absTime', seconds: date.getTime() / 1000 - offset, offset };
}

/** Cuts `Z`, `+hhmm` or `+hh:mm` off the end; the offset is in seconds. */
function splitZone(text: string): { rest: string; offset: number } {
  if (/[zZ]$/.test(text)) return { rest: text.slice(0, -1), offset: 0 };
  const zone = /([+-])(..):?(..)$/s.exec(text);
  if (!zone) return { rest: text, offset: 0 };
  const [whole, sign, hours = '', minutes = ''] = zone;
  if (!/^[0-9]{2}$/.test(hours) || !/^[0-9]{2}$/.test(minutes)) return { rest: text, offset: 0 };
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return { rest: text.slice(0, -whole.length), offset: sign === '-' ? -seconds : seconds };
}

function leadingInteger(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

const REL_TIME =
  /^ *(-)? *(?:([0-9]*) *[dD+] *)?(?:([0-9]*) *[hH:] *)?(?:([0-9]*) *[mM:] *)?(?:([0-9]*\.?[0-9]*) *[sS]?) *$/;

const MAX_REL_TIME_LENGTH = 64;

/** Reads `days+hh:mm:ss.fff` or `1d2h3m4s`, with leading parts left out, in seconds; `undefined` if it is neither. */
export function parseRelTime(text: string): number | undefined {
  // The pattern is slow on long runs of blanks, and no time is that long.
  const match = text.length <= MAX_REL_TIME_LENGTH ? REL_TIME.exec(text) : null;
  if (!match) return undefined;
  const [, minus, days, hours, minutes, seconds] = match;
  // With one colon it parts minutes and seconds, not hours and minutes.
  const onlyColon = hours !== undefined && minutes === undefined && text.includes(':');
  const [h, m] = onlyColon ? [undefined, hours] : [hours, minutes];
  const total = number(days) * 86400 + number(h) * 3600 + number(m) * 60 + number(seconds);
  return minus === undefined ? total : -total;
}

function number(digits: string | undefined): number {
  return Number(digits ?? '') || 0;
}

/** `2024-02-29T13:00:00+01:00`; UTC is written `-00:00`, as HTCondor does. */
export function formatAbsTime({ seconds, offset }: AbsTime): string {
  const date = new Date((seconds + offset) * 1000);
  if (Number.isNaN(date.getTime())) return 'invalid';
  const magnitude = Math.abs(offset);
  const zone = `${offset > 0 ? '+' : '-'}${two(Math.trunc(magnitude / 3600))}:${two(Math.trunc((magnitude % 3600) / 60))}`;
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return `${day}T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${zone}`;
}

/** `1+02:03:04`, with leading zero parts left out and the fraction of the seconds if there is one. */
export function formatRelTime(total: number): string {
  const sign = total < 0 ? '-' : '';
  const seconds = Math.abs(total);
  // A C int: what does not fit becomes the least one.
  const whole = seconds < 2 ** 31 ? Math.trunc(seconds) : INT_MIN;
  const fraction = seconds - Math.floor(seconds);
  const days = Math.trunc(whole / 86400);
  const hours = Math.trunc((whole % 86400) / 3600);
  const minutes = Math.trunc((whole % 3600) / 60);
  const last =
    fraction > 0 ? String(Number(((whole % 60) + fraction).toPrecision(6))).padStart(2, '0') : two(whole % 60);
  if (days !== 0) return `${sign}${days}+${two(hours)}:${two(minutes)}:${last}`;
  if (hours !== 0) return `${sign}${two(hours)}:${two(minutes)}:${last}`;
  if (minutes !== 0) return `${sign}${two(minutes)}:${last}`;
  return sign + last;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
