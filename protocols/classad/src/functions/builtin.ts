// What a built-in function is, and the small tools with which the families of them are written. A built-in gets its arguments
// unevaluated; a wrong number of arguments is the value `error`, not a fault of the text.

import type { ByteString } from '../bytes.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Expression } from '../expression.ts';
import { leadingReal } from '../numbers.ts';
import type { Scope } from '../scope.ts';
import { formatAbsTime, formatRelTime } from '../times.ts';
import { valueBytes } from '../unparse.ts';
import { ERROR, type ErrorValue, type ListValue, type Value } from '../values.ts';

export type BuiltIn = (args: readonly Expression[], scope: Scope | null, run: Evaluation) => Value;
/** Names in lower case. */
export type BuiltIns = Readonly<Record<string, BuiltIn>>;

/** A built-in of `least` to `most` arguments which wants all of them evaluated. */
export function strict(least: number, most: number, apply: (values: Value[], run: Evaluation) => Value): BuiltIn {
  return (args, scope, run) => {
    if (args.length < least || args.length > most) return ERROR;
    const values = args.map((arg) => run.evaluate(arg, scope));
    for (const value of values) if (typeof value === 'string') run.spend(value.length >> 6);
    return apply(values, run);
  };
}

/** `error` if any of the values is one, else `undefined` if any is that, else null: the usual order of precedence. */
export function exceptional(values: readonly Value[]): { value: undefined | ErrorValue } | null {
  if (values.includes(ERROR)) return { value: ERROR };
  return values.includes(undefined) ? { value: undefined } : null;
}

/** A list's elements, each evaluated in the list's own scope. */
export function* elements(list: ListValue, run: Evaluation): Generator<Value> {
  for (const item of list.items) {
    run.spend(1);
    yield run.evaluate(item, list.scope);
  }
}

/** Any value but `undefined` and `error` as a string: as it prints in new syntax, times without `absTime("…")` around. */
export function stringOf(value: Value): ByteString {
  if (typeof value === 'string') return value;
  if (typeof value === 'object') {
    if (value.kind === 'absTime') return formatAbsTime(value);
    if (value.kind === 'relTime') return formatRelTime(value.seconds);
  }
  return valueBytes(value, 'new');
}

/** A string result, whose length counts against the limits. */
export function made(text: ByteString, run: Evaluation): ByteString {
  run.spend(text.length >> 6);
  return text;
}

/** A value as a real: of a string the number at its beginning, of a time its seconds; `null` if it is none of these. */
export function realOf(value: Value): number | null {
  switch (typeof value) {
    case 'number':
      return value;
    case 'bigint':
      return Number(value);
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return leadingReal(value)?.value ?? null;
    case 'object':
      return value.kind === 'absTime' || value.kind === 'relTime' ? value.seconds : null;
    default:
      return null;
  }
}
