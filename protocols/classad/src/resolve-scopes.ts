// Makes an expression of one's own safe against a stranger's ad. In HTCondor `MY` and `TARGET` are names that an attribute of
// the same name shadows, and `x is null` works only as long as no ad has an attribute `null`. Here those words are bound before
// any ad is looked at: to the sides of the match, which no ad can hide, and `null` to `undefined`.

import { attribute, type Expression, literal } from './expression.ts';
import { mapChildren } from './expression-map.ts';

const SIDES: ReadonlyMap<string, 'LEFT' | 'RIGHT'> = new Map([
  ['my', 'LEFT'],
  ['target', 'RIGHT'],
  ['other', 'RIGHT'],
]);

/**
 * The same expression with `MY`, `TARGET`, `OTHER` and `null` bound for good, unless they are attributes chosen from something
 * (`x.target`). To be evaluated with both `my` and `target`, the expression standing in `my`.
 */
export function resolveScopes(expression: Expression): Expression {
  if (expression.kind === 'attribute' && expression.base === null && !expression.absolute) {
    if (expression.key === 'null') return literal(undefined);
    const side = SIDES.get(expression.key);
    return side === undefined ? expression : attribute(side, null, true);
  }
  return mapChildren(expression, resolveScopes);
}
