// Comparing versions: digits within text count as numbers, so "8.9" comes before "8.10". The order is that of glibc's
// strverscmp, where digits after leading zeros count as a fraction ("v1.002" comes before "v1.02").

import type { ByteString } from '../bytes.ts';
import { type BuiltIn, type BuiltIns, exceptional, strict, stringOf } from './builtin.ts';

const DIGIT = /[0-9]/;

/** Negative, zero or positive; the difference of the two bytes that decided, where bytes did. */
export function compareVersions(left: ByteString, right: ByteString): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  if (at === left.length && at === right.length) return 0;
  let start = at;
  while (start > 0 && DIGIT.test(left[start - 1]!)) start -= 1;
  const a = digitsFrom(left, start);
  const b = digitsFrom(right, start);
  const difference = (left.charCodeAt(at) || 0) - (right.charCodeAt(at) || 0);
  // Both go on within a number: compare the numbers.
  if (a === '' || b === '') return difference;
  const zerosA = leadingZeros(a);
  const zerosB = leadingZeros(b);
  if (zerosA === 0 && zerosB === 0) return a.length === b.length ? difference : a.length < b.length ? -1 : 1;
  if (zerosA !== zerosB) return zerosA > zerosB ? -1 : 1;
  return difference;
}

function digitsFrom(text: ByteString, start: number): string {
  return /^[0-9]*/.exec(text.slice(start))![0];
}

function leadingZeros(digits: string): number {
  return /^0*/.exec(digits)![0].length;
}

function comparing(use: (order: number) => boolean | bigint): BuiltIn {
  return strict(2, 2, (values) => {
    const exception = exceptional(values);
    return exception ? exception.value : use(compareVersions(stringOf(values[0]), stringOf(values[1])));
  });
}

export const versions: BuiltIns = {
  versioncmp: comparing((order) => BigInt(order)),
  versionle: comparing((order) => order <= 0),
  versionlt: comparing((order) => order < 0),
  versionge: comparing((order) => order >= 0),
  versiongt: comparing((order) => order > 0),
  versioneq: comparing((order) => order === 0),
  version_in_range: strict(3, 3, (values) => {
    const exception = exceptional(values);
    if (exception) return exception.value;
    const [version, least, most] = values.map(stringOf) as [ByteString, ByteString, ByteString];
    return compareVersions(version, least) >= 0 && compareVersions(version, most) <= 0;
  }),
};
