import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adOf, ads, byteStrings, holds } from '../testing/generators.ts';
import { attributeNames, lookup } from './ad.ts';
import { parseAd, parseAds } from './ad-text.ts';
import { ClassAdError } from './errors.ts';
import { evaluateAttribute } from './evaluate.ts';
import { literal } from './expression.ts';
import { unparse } from './unparse.ts';
import { unparseAd } from './unparse-ad.ts';
import { toPlain, toText } from './values.ts';

describe('reading ads', () => {
  it('tells the three forms apart', () => {
    for (const text of ['Owner = "bob"\nCpus = 2\n', ' [ Owner = "bob"; Cpus = 2 ]', '{ "Owner": "bob", "Cpus": 2 }']) {
      const ad = parseAd(text);
      expect(attributeNames(ad)).toEqual(['Owner', 'Cpus']);
      expect(toPlain(evaluateAttribute(ad, 'OWNER'))).toBe('bob');
      expect(evaluateAttribute(ad, 'cpus')).toBe(2n);
    }
    expect(() => parseAd('<?xml version="1.0"?>')).toThrow(/XML is not read/);
  });

  it('takes bytes as well as text', () => {
    expect(toText(evaluateAttribute(parseAd(new TextEncoder().encode('A = "é"')), 'a'))).toBe('é');
    expect(evaluateAttribute(parseAd('A = "é"\nB = size(A)'), 'b')).toBe(2n);
  });

  it('keeps the first spelling and the last value of a name that comes twice', () => {
    expect(unparse(parseAd('[A = 1; a = 2]'))).toBe('[ A = 2 ]');
    expect(unparse(parseAd('A = 1\na = 2\n'))).toBe('[ A = 2 ]');
  });

  it('refuses a name that comes twice in long form where it is told to, with its place', () => {
    const read = (text: string) => parseAds(text, { repeated: 'refuse' });
    expect(() => read('Owner = "alice"\nX = "a\\"\nowner = Args\n')).toThrow(
      /3:1: the attribute owner stands here again/,
    );
    expect(read('A = 1\nB = 2\n\nA = 3\n')).toHaveLength(2);
    expect(unparse(parseAd('[A = 1; a = 2]', { repeated: 'refuse' }))).toBe('[ A = 2 ]');
  });

  it('treats names that mean something to JavaScript like any other', () => {
    const ad = parseAd('__proto__ = 1\nconstructor = __proto__ + 1\nhasOwnProperty = toString');
    expect(attributeNames(ad)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
    expect(evaluateAttribute(ad, 'constructor')).toBe(2n);
    expect(evaluateAttribute(ad, 'hasOwnProperty')).toBeUndefined();
    expect(lookup(ad, 'valueOf')).toBeUndefined();
  });

  it('skips comment lines in long form, and ignores what follows a value', () => {
    expect(unparse(parseAd('# made by hand\n  # and\nA = 5 garbage // c\nB = 1;\r\n'))).toBe('[ A = 5; B = 1 ]');
  });

  it('splits streams: long form at blank lines and dashes, the others one after another or in a list', () => {
    const sizes = (text: string): number[] => parseAds(text).map((ad) => ad.size);
    expect(sizes('A = 1\nB = 2\n\n\nA = 3\n------\nA = 4\n')).toEqual([2, 1, 1]);
    expect(sizes('[A = 1; B = 2] [A = 3]\n[]')).toEqual([2, 1, 0]);
    expect(sizes('{ [A = 1], [A = 3; B = 1] }')).toEqual([1, 2]);
    expect(sizes('[{"A": 1}, {"A": 2, "B": 3}]')).toEqual([1, 2]);
    expect(() => parseAd('[A = 1] [A = 2]')).toThrow(/found 2 ads; expected one ad/);
    expect(() => parseAds('{ [A = 1]')).toThrow(ClassAdError);
  });

  it('says where a long-form ad goes wrong', () => {
    const at = (text: string): unknown => {
      try {
        return parseAd(text);
      } catch (error) {
        return error;
      }
    };
    expect(at('A = 1\nB = (2')).toMatchObject({ code: 'CLASSAD_SYNTAX', line: 2, column: 7, expected: "')'" });
    expect(at('A = 1\nhello')).toMatchObject({ code: 'CLASSAD_LONG_FORM', line: 2, expected: "'Name = Expression'" });
    expect(at('{"a": 1,}')).toMatchObject({ code: 'CLASSAD_JSON', line: 1, column: 9 });
  });

  it('keeps 64 bits of JSON numbers, and tells an expression from a string that looks like one', () => {
    const ad = parseAd(String.raw`{"n": 9007199254740993, "e": "\/Expr(n + 1)\/", "s": "/Expr(n + 1)/", "u": null}`);
    expect(evaluateAttribute(ad, 'n')).toBe(9007199254740993n);
    expect(evaluateAttribute(ad, 'e')).toBe(9007199254740994n);
    expect(evaluateAttribute(ad, 's')).toBe('/Expr(n + 1)/');
    expect(evaluateAttribute(ad, 'u')).toBeUndefined();
  });
});

describe('printing ads', () => {
  it('reads back in new syntax and JSON as what it was, whatever its strings hold, and new syntax is one line', () => {
    holds(
      fc.property(ads, (ad) => {
        const line = unparseAd(ad, 'new-line');
        expect(line).not.toMatch(/[\r\n]/);
        expect(unparse(parseAd(line, { syntax: 'new' }))).toBe(line);
        expect(unparse(parseAd(unparseAd(ad, 'json'), { syntax: 'json' }))).toBe(line);
      }),
    );
  });

  it('prints a long form that reads back as the same attributes, or none: a newline never becomes an attribute', () => {
    expect(() => unparseAd(adOf([['x', literal('a"\nOwner = "root"')]]), 'long')).toThrow(
      /attribute "x" has no long form; expected new syntax or JSON/,
    );
    holds(
      fc.property(byteStrings, byteStrings, (name, value) => {
        const ad = adOf([[name, literal(value)]]);
        let text: string;
        try {
          text = unparseAd(ad, 'long');
        } catch (error) {
          return error instanceof ClassAdError && error.code === 'CLASSAD_UNPRINTABLE';
        }
        return unparse(parseAd(text, { syntax: 'long' })) === unparse(ad);
      }),
    );
  });
});
