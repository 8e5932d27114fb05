import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteStrings, holds } from '../testing/generators.ts';
import { parseExpressionBytes } from './parser.ts';
import { simpleValue } from './simple-value.ts';

it('reads what the parser reads, or leaves it to the parser', () => {
  const tricky = fc.constantFrom('"', '\\', '-', '0', '1', '9', '.', ' ', 'true', 'FALSE', 'undefined', '"a"', 'e');
  const texts = fc.oneof(
    fc.array(tricky, { maxLength: 5 }).map((parts) => parts.join('')),
    fc.integer().map(String),
    byteStrings.map((bytes) => ` "${bytes}"`),
  );
  holds(
    fc.property(texts, (text) => {
      const value = simpleValue(text);
      if (value !== undefined) expect(parseExpressionBytes(text, 'old', 'old')).toEqual(value);
    }),
    { numRuns: 3000 },
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
