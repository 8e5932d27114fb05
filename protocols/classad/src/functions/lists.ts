// size, membership, sums and comparisons over lists.

import type { BinaryOperator } from '../expression.ts';
import { applyBinary } from '../operators.ts';
import { ERROR, isAd, isList, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, elements, strict } from './builtin.ts';

function size(value: Value): Value {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return BigInt(value.length);
  if (isList(value)) return BigInt(value.items.length);
  return isAd(value) ? BigInt(value.ad.size) : ERROR;
}

/** Whether an element of the list compares to the value as true. Elements that cannot be compared are passed over. */
function membership(operator: '==' | '=?='): BuiltIn {
  return strict(2, 2, ([value, list], run) => {
    if (value === ERROR || list === ERROR) return ERROR;
    if (list === undefined || (value === undefined && operator === '==')) return undefined;
    if (!isList(list) || isList(value) || isAd(value)) return ERROR;
    for (const element of elements(list, run)) {
      if (applyBinary(operator, element, value) === true) return true;
    }
    return false;
  });
}

/** Folds the elements that are defined; anything that is not a number is an error. */
function folded(fold: (numbers: Value[]) => Value): BuiltIn {
  return strict(1, 1, ([list], run) => {
    if (list === undefined || !isList(list)) return list === undefined ? undefined : ERROR;
    const numbers: Value[] = [];
    for (const element of elements(list, run)) {
      if (element === undefined) continue;
      if (typeof element !== 'bigint' && typeof element !== 'number' && typeof element !== 'boolean') return ERROR;
      numbers.push(element);
    }
    return fold(numbers);
  });
}

function sum(numbers: readonly Value[]): Value {
  return numbers.reduce((total, element) => applyBinary('+', total, element), 0n);
}

function average(numbers: readonly Value[]): Value {
  return numbers.length === 0 ? 0n : applyBinary('/', sum(numbers), numbers.length);
}

/** The element that stands in the relation to all others; of equal ones the last. */
function extreme(relation: '<=' | '>='): (numbers: readonly Value[]) => Value {
  return (numbers) =>
    numbers.reduce(
      (best, element) => (best === undefined || applyBinary(relation, element, best) === true ? element : best),
      undefined,
    );
}

const COMPARISONS: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['<', '<'],
  ['<=', '<='],
  ['==', '=='],
  ['!=', '!='],
  ['>=', '>='],
  ['>', '>'],
  ['is', '=?='],
  ['isnt', '=!='],
]);

/**
 * `anyCompare("<", {1, 2}, 2)` looks for a comparison that is true, `allCompare` for one that is false. One that is undefined
 * ends the search with false, an erroneous one with `error`.
 */
function comparison(sought: boolean): BuiltIn {
  return strict(3, 3, ([name, list, value], run) => {
    const operator = typeof name === 'string' ? COMPARISONS.get(name) : undefined;
    if (operator === undefined) return ERROR;
    if (list === undefined) return undefined;
    if (!isList(list)) return ERROR;
    if (value === undefined || value === ERROR) return value;
    for (const element of elements(list, run)) {
      const result = applyBinary(operator, element, value);
      if (result === sought) return sought;
      if (typeof result !== 'boolean') return result === undefined ? false : ERROR;
    }
    return !sought;
  });
}

export const lists: BuiltIns = {
  size: strict(1, 1, ([value]) => size(value)),
  member: membership('=='),
  identicalmember: membership('=?='),
  sum: folded(sum),
  avg: folded(average),
  min: folded(extreme('<=')),
  max: folded(extreme('>=')),
  anycompare: comparison(true),
  allcompare: comparison(false),
};
