// Rounding, powers, quantities and chance. Unlike most functions these make `error` of an undefined argument.

import type { Evaluation } from '../evaluation.ts';
import { truncateToInteger } from '../numbers.ts';
import { ERROR, isList, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, elements, realOf, strict } from './builtin.ts';

/** Integers stay; all else that can be a real is rounded to an integer. */
function rounding(round: (value: number) => number): BuiltIn {
  return strict(1, 1, ([value]) => {
    if (typeof value === 'bigint') return value;
    const real = realOf(value);
    return real === null ? ERROR : truncateToInteger(round(real));
  });
}

/** To the nearest integer; halves go to the even one. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

const pow = strict(2, 2, ([base, exponent]) => {
  const a = realOf(base);
  const b = realOf(exponent);
  if (a === null || b === null) return ERROR;
  const power = a ** b;
  // HTCondor rounds by adding a half and cutting off, also below zero: pow(-2, 3) is -7.
  if (typeof base === 'bigint' && typeof exponent === 'bigint' && exponent >= 0n) return truncateToInteger(power + 0.5);
  return power;
});

/** `quantize(value, base)`: up to a multiple of base; with a list: the first element not below, or else multiples of the last. */
const quantize = strict(2, 2, ([value, base], run) => {
  const real = realOf(value);
  if (real === null) return ERROR;
  if (!isList(base)) return toMultiple(value, real, base);
  let last: Value = 0;
  for (last of elements(base, run)) {
    const step = realOf(last);
    if (step === null) return ERROR;
    if (step >= real) return last;
  }
  return toMultiple(value, real, last);
});

function toMultiple(value: Value, real: number, base: Value): Value {
  const step = realOf(base);
  if (step === null) return ERROR;
  if (Math.abs(step) <= 1e-8) return value;
  if (typeof value === 'bigint' && typeof base === 'bigint') return ((value + base - 1n) / base) * base;
  return Math.ceil(real / step) * step;
}

const random: BuiltIn = (args, scope, run) => {
  if (args.length > 1) return ERROR;
  const most = args.length === 0 ? 1 : run.evaluate(args[0]!, scope);
  return randomBelow(most, run);
};

function randomBelow(most: Value, run: Evaluation): Value {
  if (typeof most === 'bigint') return most > 0n ? BigInt(Math.floor(run.random() * Number(most))) : ERROR;
  return typeof most === 'number' ? run.random() * most : ERROR;
}

export const numeric: BuiltIns = {
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  ceiling: rounding(Math.ceil),
  round: rounding(roundHalfEven),
  pow,
  quantize,
  random,
};
