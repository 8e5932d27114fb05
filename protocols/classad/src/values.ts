// What an expression can evaluate to, as JavaScript values that cannot be confused with each other: integers are bigints
// (64 bits, exact), reals are numbers, strings are byte strings (see bytes.ts). Lists and ads keep their elements
// unevaluated together with the scope in which they will be evaluated, as HTCondor's library does.

import type { ClassAd } from './ad.ts';
import { type ByteString, bytesToText } from './bytes.ts';
import type { Expression } from './expression.ts';
import type { Scope } from './scope.ts';

export interface ErrorValue {
  readonly kind: 'error';
}
/** Seconds since 1970 in UTC, and the zone (seconds east of UTC) in which it is printed. */
export interface AbsTime {
  readonly kind: 'absTime';
  readonly seconds: number;
  readonly offset: number;
}
/** A duration in seconds, with a fraction. */
export interface RelTime {
  readonly kind: 'relTime';
  readonly seconds: number;
}
export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Expression[];
  readonly scope: Scope | null;
}
/** An ad as a value: `scope` is the ad's own scope, in which its attributes are evaluated. */
export interface AdValue {
  readonly kind: 'ad';
  readonly ad: ClassAd;
  readonly scope: Scope;
}

export type Value =
  | undefined
  | boolean
  | bigint
  | number
  | ByteString
  | ErrorValue
  | AbsTime
  | RelTime
  | ListValue
  | AdValue;

export type ValueType =
  | 'undefined'
  | 'error'
  | 'boolean'
  | 'integer'
  | 'real'
  | 'string'
  | 'absTime'
  | 'relTime'
  | 'list'
  | 'ad';

/** The value `error`. There is one such object; compare with `isError` or `===`. */
export const ERROR: ErrorValue = Object.freeze({ kind: 'error' });

export function isError(value: Value): value is ErrorValue {
  return value === ERROR;
}

/** The ClassAd type of a value. */
export function typeOf(value: Value): ValueType {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'integer';
    case 'number':
      return 'real';
    case 'string':
      return 'string';
    default:
      return value.kind;
  }
}

export function isList(value: Value): value is ListValue {
  return typeof value === 'object' && value.kind === 'list';
}

export function isAd(value: Value): value is AdValue {
  return typeof value === 'object' && value.kind === 'ad';
}

/** A string value as text (UTF-8); `undefined` for a value of any other type. */
export function toText(value: Value): string | undefined {
  return typeof value === 'string' ? bytesToText(value) : undefined;
}

/**
 * A value for code that knows nothing of ClassAds: strings as text, integers as numbers where exact and as bigints
 * beyond 2^53, and `undefined` for what JavaScript has no plain value for (`error`, times, lists, ads).
 */
export function toPlain(value: Value): string | number | bigint | boolean | undefined {
  switch (typeof value) {
    case 'string':
      return bytesToText(value);
    case 'bigint': {
      // What is not exact is rounded to a number that is not safe, either.
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'object':
      return undefined;
    default:
      return value;
  }
}
