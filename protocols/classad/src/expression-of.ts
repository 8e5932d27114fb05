// Values as expressions, for lists that functions make.

import { type Expression, literal } from './expression.ts';
import { isAd, isList, type Value } from './values.ts';

/** An expression that evaluates to the value; lists and ads give up the scope that they came from. */
export function expressionOf(value: Value): Expression {
  if (isList(value)) return { kind: 'list', items: value.items };
  return isAd(value) ? { kind: 'ad', ad: value.ad } : literal(value);
}
