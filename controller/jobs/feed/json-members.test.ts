import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memberTexts } from './json-members.ts';

it('keeps what JSON.parse loses', () => {
  const text = '{ "jobAd": { "A": "\\/Expr(1 + 1)\\/", "B": 9007199254740993 } , "id":1}';
  expect(memberTexts(text).get('jobAd')).toBe('{ "A": "\\/Expr(1 + 1)\\/", "B": 9007199254740993 }');
  expect(memberTexts('{"a":1,"\\u0061":[2,"]"]}').get('a')).toBe('[2,"]"]');
  expect(memberTexts('{}').size).toBe(0);
});

it('gives each member the text of its value, for any object', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1), (object, space) => {
      const json = JSON.stringify(object, null, space);
      const plain = JSON.parse(json) as Record<string, unknown>;
      const texts = memberTexts(json);
      expect(new Set(texts.keys())).toEqual(new Set(Object.keys(plain)));
      for (const [name, text] of texts) expect(JSON.parse(text)).toEqual(plain[name]);
    }),
  );
});
