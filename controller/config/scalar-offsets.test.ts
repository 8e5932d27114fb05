import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMap, isScalar, parseDocument, type Scalar, stringify } from 'yaml';
import { offsetInScalar } from './scalar-offsets.ts';

function scalarOf(text: string): Scalar {
  const { contents } = parseDocument(text);
  const value = isMap(contents) ? contents.get('when', true) : undefined;
  if (!isScalar(value)) throw new Error(`no scalar in ${text}`);
  return value;
}

/** What stands in the text at the place of the first `word` of the value. */
function found(text: string, word: string): string {
  const scalar = scalarOf(text);
  const offset = offsetInScalar(scalar, text, String(scalar.value).indexOf(word));
  return text.slice(offset, offset + word.length);
}

test.each([
  ['plain', 'when: MY.a && time() > 1'],
  ['plain over several lines', 'when: MY.a\n  && MY.b\n\n  && time() > 1'],
  ['single quotes', "when: 'MY.a == ''x'' && time()'"],
  ['double quotes', String.raw`when: "MY.a == \"x\\y\u00e9\x41\U0001F600\" && time()"`],
  ['double quotes over lines', 'when: "MY.a &&\\\n    \\  MY.b \\n\n   && time()"'],
  ['a literal block', 'when: | # comment\n  MY.a &&\n\n     MY.b\n  && time()\nx: 1'],
  ['a folded block', 'when: >-\n  MY.a &&\n  MY.b\n\n    && time()\n'],
])('a word is found in %s', (_, text) => {
  expect(found(text, 'time')).toBe('time');
});

test('every character that is no blank is found again, however the text is written', () => {
  const unit = fc.constantFrom('a', 'b', ' ', '\n', '"', "'", '\\', '&', '=', 'é', '(', '#', ':');
  const style = fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED');
  fc.assert(
    fc.property(fc.string({ unit, minLength: 1, maxLength: 60 }), style, (value, defaultStringType) => {
      const text = stringify({ when: value }, { defaultStringType, lineWidth: 30 });
      const scalar = scalarOf(text);
      if (scalar.value !== value) return;
      for (const [index, character] of [...value].entries()) {
        if (/\s/.test(character)) continue;
        const at = offsetInScalar(scalar, text, index);
        const escaped = text[at] === '\\' && scalar.type === 'QUOTE_DOUBLE' ? text[at + 1] : text[at];
        expect(escaped).toBe(character);
      }
    }),
    { numRuns: 500 },
  );
});

test('the end of the value is the end of what is written', () => {
  const text = 'when: "ab"';
  expect(offsetInScalar(scalarOf(text), text, 2)).toBe(9);
});
