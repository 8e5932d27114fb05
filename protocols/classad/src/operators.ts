// The operators on values, as HTCondor's operators.cpp has them: strict ones turn any `error` operand into `error`, then any
// `undefined` into `undefined`; booleans count as 0 and 1 in arithmetic and comparison; integers are 64 bits and wrap.

import { compareBytes, compareIgnoringCase } from './bytes.ts';
import type { BinaryOperator, UnaryOperator } from './expression.ts';
import { wrapInteger } from './numbers.ts';
import { timeArithmetic } from './operators-times.ts';
import { type AbsTime, ERROR, type ErrorValue, type RelTime, typeOf, type Value } from './values.ts';

/** What a condition comes to. */
export type Truth = boolean | undefined | ErrorValue;

/** A value as a condition: numbers are true unless 0; strings, times, lists and ads are errors. */
export function truth(value: Value): Truth {
  switch (typeof value) {
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    default:
      return ERROR;
  }
}

export function logicalAnd(left: Truth, right: Truth): Truth {
  if (left === true) return right;
  if (left === undefined) return right === true ? undefined : right;
  return left;
}

export function logicalOr(left: Truth, right: Truth): Truth {
  if (left === false) return right;
  if (left === undefined) return right === false ? undefined : right;
  return left;
}

export function applyUnary(operator: UnaryOperator, operand: Value): Value {
  if (operand === ERROR || operand === undefined) return operand;
  const type = typeof operand;
  switch (operator) {
    case '!': {
      const condition = truth(operand);
      return typeof condition === 'boolean' ? !condition : condition;
    }
    case '+':
      return type === 'bigint' || type === 'number' || typeOf(operand) === 'relTime' ? operand : ERROR;
    case '-':
      if (typeof operand === 'bigint') return wrapInteger(-operand);
      if (typeof operand === 'number') return -operand;
      if (typeof operand === 'object' && operand.kind === 'relTime')
        return { kind: 'relTime', seconds: -operand.seconds };
      return ERROR;
    case '~':
      return typeof operand === 'bigint' ? ~operand : ERROR;
  }
}

/** Any binary operator but `&&` and `||`. */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  if (operator === '=?=') return isIdentical(left, right);
  if (operator === '=!=') {
    const identical = isIdentical(left, right);
    return identical === ERROR ? ERROR : !identical;
  }
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, left, right);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, left, right);
    default:
      return bitwise(operator, left, right);
  }
}

/** `=?=`: of the same type and equal, strings with their case. Two lists, or two ads, cannot be compared: `error`. */
export function isIdentical(left: Value, right: Value): boolean | ErrorValue {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  if (left.kind !== right.kind) return false;
  if (left.kind === 'error') return true;
  if (left.kind === 'list' || left.kind === 'ad') return ERROR;
  const [a, b] = [left as AbsTime | RelTime, right as AbsTime | RelTime];
  return a.seconds === b.seconds && (a.kind !== 'absTime' || a.offset === (b as AbsTime).offset);
}

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

function compare(operator: Comparison, left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left === right) return operator === '==' || operator === '<=' || operator === '>=';
    return holds(operator, compareIgnoringCase(left, right), 0);
  }
  const a = comparable(left);
  const b = comparable(right);
  if (a !== undefined && b !== undefined) {
    // An integer meets a real as a real.
    return typeof a === typeof b ? holds(operator, a, b) : holds(operator, Number(a), Number(b));
  }
  if (typeof left === 'object' && typeof right === 'object' && left.kind === right.kind) {
    if (left.kind === 'absTime' || left.kind === 'relTime') {
      return holds(operator, left.seconds, (right as AbsTime | RelTime).seconds);
    }
  }
  return ERROR;
}

function comparable(value: Value): number | bigint | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    default:
      return undefined;
  }
}

function holds(operator: Comparison, left: number | bigint, right: number | bigint): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

type Arithmetic = '+' | '-' | '*' | '/' | '%';

function arithmetic(operator: Arithmetic, left: Value, right: Value): Value {
  const a = comparable(left);
  const b = comparable(right);
  if (a === undefined || b === undefined) return timeArithmetic(operator, left, right);
  if (typeof a === 'bigint' && typeof b === 'bigint') return integerArithmetic(operator, a, b);
  return realArithmetic(operator, Number(a), Number(b));
}

function integerArithmetic(operator: Arithmetic, a: bigint, b: bigint): Value {
  switch (operator) {
    case '+':
      return wrapInteger(a + b);
    case '-':
      return wrapInteger(a - b);
    case '*':
      return wrapInteger(a * b);
    case '/':
      if (b === 0n) return ERROR;
      // The one quotient that does not fit is cut down to the greatest integer.
      return a === -(2n ** 63n) && b === -1n ? 2n ** 63n - 1n : a / b;
    case '%':
      return b === 0n ? ERROR : a % b;
  }
}

/** Positive infinity as a result is an error; negative infinity and NaN are not. */
function realArithmetic(operator: Arithmetic, a: number, b: number): Value {
  if (operator === '%') return ERROR;
  const result = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
  return result === Number.POSITIVE_INFINITY ? ERROR : result;
}

function bitwise(operator: BinaryOperator, left: Value, right: Value): Value {
  if (typeof left !== 'bigint' || typeof right !== 'bigint') return ERROR;
  switch (operator) {
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return wrapInteger(left << (right & 63n));
    case '>>':
      return left >> (right & 63n);
    default:
      return wrapInteger(BigInt.asUintN(64, left) >> (right & 63n));
  }
}

/** Orders two strings with their case: -1, 0 or 1. */
export function compareStrings(left: string, right: string): number {
  return compareBytes(left, right);
}
