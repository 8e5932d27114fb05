import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteStrings, holds } from '../testing/generators.ts';
import { parseExpressionBytes, parseNewAd } from './parser.ts';
import { simpleValue } from './simple-value.ts';

const tricky = fc.constantFrom(
  '"',
  '\\',
  '-',
  '0',
  '1',
  '9',
  '.',
  ' ',
  'true',
  'FALSE',
  'undefined',
  '"a"',
  'e',
  ';',
  ']',
);
const texts = fc.oneof(
  fc.array(tricky, { maxLength: 5 }).map((parts) => parts.join('')),
  fc.integer().map(String),
  byteStrings.map((bytes) => ` "${bytes}"`),
);

it('reads what the parser reads, or leaves it to the parser', () => {
  holds(
    fc.property(texts, (text) => {
      const value = simpleValue(text);
      if (value !== undefined) expect(parseExpressionBytes(text, 'old', 'old')).toEqual(value);
    }),
    { numRuns: 3000 },
  );
});

it('changes nothing in what an ad in new syntax is read as', () => {
  const outcome = (text: string, lex: 'new' | 'old') => {
    const without = (value: unknown) => JSON.stringify(value, asText).replaceAll('/**/', '');
    try {
      const { ad, end } = parseNewAd(text, lex, 'old');
      return without([[...ad.attributes()], text.slice(end)]);
    } catch (error) {
      return without(String(error).replace(/^.*\d+:\d+: /, ''));
    }
  };
  holds(
    fc.property(texts, texts, fc.constantFrom('new', 'old'), (first, second, lex) => {
      // A comment is nothing to the parser, and what begins with one is left to it.
      const plain = outcome(`[a=${first};b=${second}];`, lex);
      expect(outcome(`[a=/**/${first};b=/**/${second}];`, lex)).toEqual(plain);
      expect(outcome(`[/**/a=/**/${first};/**/b=/**/${second}];`, lex)).toEqual(plain);
    }),
    { numRuns: 5000 },
  );
});

it('reads the common values', () => {
  expect(simpleValue(' "alice" ')).toMatchObject({ value: 'alice' });
  expect(simpleValue('-42')).toMatchObject({ value: -42n });
  expect(simpleValue('True\r')).toMatchObject({ value: true });
  for (const text of ['', '-', '010', '1.5', '"a\\"b"', '"a" b', 'x', '9223372036854775807']) {
    expect(simpleValue(text)).toBeUndefined();
  }
});

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || value === undefined ? `${typeof value} ${value}` : value;
}
