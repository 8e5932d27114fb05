// Arithmetic on times: the difference of two absolute times is a relative one; relative times are added to, taken from,
// multiplied and divided by numbers. All else is an error.

import { type AbsTime, ERROR, type RelTime, type Value } from './values.ts';

export function timeArithmetic(operator: '+' | '-' | '*' | '/' | '%', left: Value, right: Value): Value {
  if (operator === '+' || operator === '-') return sum(operator, left, right);
  if (operator === '*') {
    if (isRelative(left)) return scaled(left.seconds, right, (a, b) => a * b);
    return isRelative(right) ? scaled(right.seconds, left, (a, b) => a * b) : ERROR;
  }
  return operator === '/' && isRelative(left) ? scaled(left.seconds, right, (a, b) => a / b) : ERROR;
}

function sum(operator: '+' | '-', left: Value, right: Value): Value {
  const sign = operator === '+' ? 1 : -1;
  if (isRelative(left) && isRelative(right)) return relative(left.seconds + sign * right.seconds);
  if (isAbsolute(left) && isRelative(right)) return shifted(left, sign * right.seconds);
  if (operator === '+' && isRelative(left) && isAbsolute(right)) return shifted(right, left.seconds);
  if (operator === '-' && isAbsolute(left) && isAbsolute(right)) return relative(left.seconds - right.seconds);
  return ERROR;
}

function scaled(seconds: number, factor: Value, apply: (a: number, b: number) => number): Value {
  return typeof factor === 'bigint' || typeof factor === 'number' ? relative(apply(seconds, Number(factor))) : ERROR;
}

function shifted(time: AbsTime, by: number): AbsTime {
  return { kind: 'absTime', seconds: Math.trunc(time.seconds + by), offset: time.offset };
}

function relative(seconds: number): RelTime {
  return { kind: 'relTime', seconds };
}

function isRelative(value: Value): value is RelTime {
  return typeof value === 'object' && value.kind === 'relTime';
}

function isAbsolute(value: Value): value is AbsTime {
  return typeof value === 'object' && value.kind === 'absTime';
}
