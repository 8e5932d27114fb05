// int, real, string, bool, and the tests of type. `undefined` stays undefined through a conversion, what cannot be
// converted is `error`.

import { lower } from '../bytes.ts';
import { truncateToInteger } from '../numbers.ts';
import { truth } from '../operators.ts';
import { ERROR, typeOf, type Value, type ValueType } from '../values.ts';
import { type BuiltIn, type BuiltIns, made, realOf, strict, stringOf } from './builtin.ts';

function hasType(type: ValueType): BuiltIn {
  return strict(1, 1, ([value]) => typeOf(value) === type);
}

/** A value as an integer, or `null`. */
export function integerOf(value: Value): bigint | null {
  if (typeof value === 'bigint') return value;
  const real = realOf(value);
  return real === null ? null : truncateToInteger(real);
}

function toBoolean(value: Value): Value {
  if (typeof value !== 'string') return truth(value);
  const word = lower(value);
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

export const conversions: BuiltIns = {
  isundefined: hasType('undefined'),
  iserror: hasType('error'),
  isstring: hasType('string'),
  isinteger: hasType('integer'),
  isreal: hasType('real'),
  islist: hasType('list'),
  isclassad: hasType('ad'),
  isboolean: hasType('boolean'),
  isabstime: hasType('absTime'),
  isreltime: hasType('relTime'),
  int: strict(1, 1, ([value]) => (value === undefined ? undefined : (integerOf(value) ?? ERROR))),
  real: strict(1, 1, ([value]) => (value === undefined ? undefined : (realOf(value) ?? ERROR))),
  string: strict(1, 1, ([value], run) => (value === undefined || value === ERROR ? value : made(stringOf(value), run))),
  bool: strict(1, 1, ([value]) => toBoolean(value)),
};
