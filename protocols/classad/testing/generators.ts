// Generators of ads and expressions for the property tests. Not part of the package's interface.

import * as fc from 'fast-check';
import { ClassAd } from '../src/ad.ts';
import { toBytes } from '../src/bytes.ts';
import { attribute, type BinaryOperator, type Expression, literal } from '../src/expression.ts';
import { ERROR } from '../src/values.ts';

/** Names that collide often, those that mean something, and those that need quotes. */
export const names = fc
  .oneof(
    { weight: 8, arbitrary: fc.constantFrom('a', 'B', 'c', 'Owner', 'x') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('my', 'TARGET', 'self', 'other', 'null', 'parent', '__proto__', 'constructor'),
    },
    { weight: 1, arbitrary: fc.constantFrom('is', 'a b', "it's", 'é\n') },
  )
  .map(toBytes);

/** Strings of arbitrary bytes but NUL, which ends a ClassAd text. */
export const byteStrings = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 8 })
  .map((codes) => String.fromCharCode(...codes));

const scalars = fc.oneof(
  fc.constantFrom<undefined | boolean | typeof ERROR>(undefined, true, false, ERROR),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // Sixteen digits of the greatest doubles are more than any double.
  fc.double({ min: -1e307, max: 1e307 }),
  byteStrings,
);

export const literals: fc.Arbitrary<Expression> = scalars.map((value) => literal(value));

const OPERATORS: readonly BinaryOperator[] = ['||', '&&', '|', '==', '=?=', '=!=', '<', '<<', '+', '-', '*', '/', '%'];
const FUNCTIONS = [
  'strcat',
  'size',
  'ifThenElse',
  'isUndefined',
  'member',
  'countMatches',
  'evalInEachContext',
  'eval',
  'time',
];

/** Expressions as a parser makes them: an operand that binds less tightly than its operator stands in parentheses. */
export const { expression: expressions } = fc.letrec<{ expression: Expression; operand: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literals,
    names.map((name) => attribute(name)),
    tie('operand').map((inner): Expression => inner),
    fc
      .record({ operator: fc.constantFrom(...OPERATORS), left: tie('operand'), right: tie('operand') })
      .map((parts): Expression => ({ kind: 'binary', ...parts })),
    fc
      .record({ operator: fc.constantFrom('!' as const, '~' as const, '+' as const), operand: tie('operand') })
      .map((parts): Expression => ({ kind: 'unary', ...parts })),
    fc
      .record({ condition: tie('operand'), whenTrue: tie('operand'), whenFalse: tie('operand') })
      .map((parts): Expression => ({ kind: 'ternary', ...parts })),
    fc
      .record({ left: tie('operand'), right: tie('operand') })
      .map((parts): Expression => ({ kind: 'elvis', ...parts })),
    fc
      .record({ base: tie('operand'), index: tie('expression') })
      .map((parts): Expression => ({ kind: 'subscript', ...parts })),
    fc.tuple(names, tie('operand')).map(([name, base]) => attribute(name, base)),
    fc
      .record({ name: fc.constantFrom(...FUNCTIONS), args: fc.array(tie('expression'), { maxLength: 3 }) })
      .map(({ name, args }): Expression => ({ kind: 'call', name, key: name.toLowerCase(), args })),
    fc.array(tie('expression'), { maxLength: 3 }).map((items): Expression => ({ kind: 'list', items })),
    fc
      .array(fc.tuple(names, tie('expression')), { maxLength: 3 })
      .map((pairs): Expression => ({ kind: 'ad', ad: adOf(pairs) })),
  ),
  operand: fc.oneof(
    names.map((name) => attribute(name)),
    names.chain((name) => fc.constantFrom('MY', 'TARGET').map((word) => attribute(name, attribute(word)))),
    tie('expression').map((inner): Expression => ({ kind: 'parentheses', inner })),
  ),
}));

export function adOf(pairs: readonly (readonly [string, Expression])[]): ClassAd {
  const ad = new ClassAd();
  for (const [name, expression] of pairs) ad.set(name, expression);
  return ad;
}

/** Ads whose attributes are any expressions. */
export const ads = fc.array(fc.tuple(names, expressions), { maxLength: 6 }).map(adOf);
/** Ads whose attributes are plain values, as an endpoint's. */
export const plainAds = fc.array(fc.tuple(names, literals), { maxLength: 6 }).map(adOf);

/** `fc.assert` of a property without promises. */
export function holds<T>(property: fc.IProperty<T>, options: fc.Parameters<T> = {}): void {
  // biome-ignore lint/nursery/noFloatingPromises: the property is synchronous.
  fc.assert(property, options);
}
