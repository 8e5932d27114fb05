import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { expressions, holds } from '../testing/generators.ts';
import type { Attribute } from './ad.ts';
import { KnownValues, LONGEST_KNOWN } from './known-values.ts';
import type { Lex, Semantics } from './lexer.ts';
import { parseExpressionBytes, parseNewAd, parseValue } from './parser.ts';
import { expressionBytes } from './unparse.ts';

/** Values that end early, late or nowhere, and those that another lexing reads otherwise. */
const tricky = fc.constantFrom(
  ...[
    '1 + 2',
    ' - 3',
    '-3',
    '(1',
    'a)',
    '"x;y"',
    `'p;q'`,
    '"\\"',
    '"\\";"',
    '/* ; */ 1',
    '1 /* ;',
    '// ;\n 1',
    '1 // ',
  ],
  ...['[b = 1; c = 2]', '[b = 1', '{1, 2}', '{1', 'f(1; 2)', 'f(1', '1 ? 2 : 3', '1 ?', ';', ']', '\0', '', ' ', '1 2'],
  ...[
    'absTime("2024-02-29T12:00:00Z")',
    'relTime("1:00")',
    'relTime("soon")',
    '"a" "b"',
    'a.b',
    '.a',
    '1.',
    '.5',
    '0x1F',
  ],
);
const values = fc.oneof(
  fc.array(tricky, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  fc
    .tuple(expressions, fc.constantFrom('old' as const, 'new' as const))
    .map(([tree, lex]) => expressionBytes(tree, lex)),
);
const lexes = fc.constantFrom<Lex>('new', 'old');
const semantics = fc.constantFrom<Semantics>('new', 'old');

/** What is read, or what is said to be wrong, but for where. */
function outcome(read: () => unknown): string {
  const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
  try {
    return JSON.stringify(read(), asText);
  } catch (error) {
    return String(error).replace(/\d+:\d+: /, '');
  }
}

/** By the way that knows nothing: within another ad. */
function readInside(text: string, lex: Lex, how: Semantics): readonly Attribute[] {
  const [outer] = parseNewAd(`[w = ${text}]`, lex, how).ad.attributes();
  if (outer?.expression.kind !== 'ad') throw new Error('no ad');
  return [...outer.expression.ad.attributes()];
}

it('reads an ad as if it knew nothing, whether its values have been met or not', () => {
  holds(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), lexes, semantics, (each, lex, how) => {
      const text = `[${each.map((value, i) => `a${i} = ${value}`).join(';')}]`;
      const read = () => {
        const { ad, end } = parseNewAd(text, lex, how);
        return end < text.length ? end : [...ad.attributes()];
      };
      const first = outcome(read);
      expect(outcome(read)).toBe(first);
      // Inside of another ad, one that ends early ends that, and what is wrong may be said otherwise.
      const inside = outcome(() => readInside(text, lex, how));
      if (first.startsWith('ClassAdError')) expect(inside).toMatch(/^ClassAdError/);
      else if (!/^\d/.test(first)) expect(inside).toBe(first);
    }),
    { numRuns: 5000 },
  );
});

it('reads a value of a long-form ad as it was read the first time', () => {
  holds(
    fc.property(values, semantics, (value, how) => {
      const first = outcome(() => parseValue(value, how));
      expect(outcome(() => parseValue(value, how))).toBe(first);
      const whole = outcome(() => parseExpressionBytes(value, 'old', how));
      if (!whole.startsWith('ClassAdError')) expect(first).toBe(whole);
    }),
    { numRuns: 5000 },
  );
});

it('gives the same expression again, and forgets what has not been asked for in a while', () => {
  let parsed = 0;
  const known = new KnownValues((text) => {
    parsed += 1;
    return parseExpressionBytes(text, 'new', 'old');
  });
  known.note('a + b');
  const first = known.get('a + b');
  for (let i = 0; i < 10_000; i++) {
    known.note(`a + ${i}`);
    if (i % 100 === 0) expect(known.get('a + b')).toBe(first);
  }
  expect(known.get('a + 9999')).toBeDefined();
  expect(known.get('a + 1')).toBeUndefined();
  expect(parsed).toBe(10_001);
});

it('reads values that are too long to be known', () => {
  const long = `"${'x'.repeat(LONGEST_KNOWN)}" == a`;
  for (let round = 0; round < 2; round++) {
    expect([...parseNewAd(`[a = ${long}; b = 1]`, 'new', 'old').ad.attributes()].map(({ name }) => name)).toEqual([
      'a',
      'b',
    ]);
    expect(parseValue(long, 'old').kind).toBe('binary');
  }
});
