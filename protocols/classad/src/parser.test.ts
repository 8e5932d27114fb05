import { describe, expect, it } from 'vitest';
import { ClassAdError, type ClassAdErrorCode } from './errors.ts';
import { type ParseOptions, parseExpression } from './parser.ts';
import { unparse } from './unparse.ts';

function errorOf(text: string, options?: ParseOptions): ClassAdError {
  try {
    parseExpression(text, options);
  } catch (error) {
    if (error instanceof ClassAdError) return error;
    throw error;
  }
  throw new Error(`${text} was parsed`);
}

const printed = (text: string, options?: ParseOptions): string => unparse(parseExpression(text, options), 'old');

describe('errors', () => {
  it.each<[string, string, ClassAdErrorCode]>([
    ['1 +', '1:4: the text ends; expected an expression', 'CLASSAD_SYNTAX'],
    ['a ==\n  )', "2:3: found ')'; expected an expression", 'CLASSAD_SYNTAX'],
    ['f(1 2)', "1:5: found '2'; expected ',' or ')'", 'CLASSAD_SYNTAX'],
    ['[a = 1 b = 2]', "1:8: found 'b'; expected ';' or ']'", 'CLASSAD_SYNTAX'],
    ['a.1', "1:2: found '.1'; expected an operator or the end", 'CLASSAD_SYNTAX'],
    ['1K', "1:2: found 'K'; expected an operator or the end", 'CLASSAD_SYNTAX'],
    ['"abc', '1:1: a string does not end; expected a closing "', 'CLASSAD_SYNTAX'],
    ['1 /* x', "1:3: a comment does not end; expected '*/'", 'CLASSAD_SYNTAX'],
    ['relTime("soon")', '1:1: no relative time; expected such as "1+02:03:04"', 'CLASSAD_SYNTAX'],
    ['#', '1:1: found "#"; expected an expression', 'CLASSAD_SYNTAX'],
    [`${'('.repeat(200)}1`, '1:168: nested too deeply; expected a flatter expression', 'CLASSAD_TOO_DEEP'],
  ])('says where %j goes wrong and what was expected', (text, message, code) => {
    expect(errorOf(text)).toMatchObject({ message, code });
  });

  it('carries line, column and expectation apart', () => {
    expect(errorOf('a ==\n  )')).toMatchObject({ line: 2, column: 3, expected: 'an expression' });
  });
});

describe('syntax', () => {
  it('binds ?: tighter than any other operator', () => {
    expect(printed('1 + (undefined ?: 3)')).toBe(`1 + (undefined ?: 3)`);
    const sum = parseExpression('1 + undefined ?: 3');
    expect(sum).toMatchObject({ kind: 'binary', operator: '+', right: { kind: 'elvis' } });
  });

  it('reads a minus as part of a number only where no operand stands before it', () => {
    expect(parseExpression('1 -1')).toMatchObject({ kind: 'binary', operator: '-' });
    expect(parseExpression('-1')).toMatchObject({ kind: 'literal', value: -1n });
    expect(parseExpression('- 1')).toMatchObject({ kind: 'unary' });
    expect(parseExpression('-9223372036854775808')).toMatchObject({ value: -(2n ** 63n) });
  });

  it('reads strings in the two ways', () => {
    expect(parseExpression(String.raw`"a\n\"\101" "b"`, { lex: 'new' })).toMatchObject({ value: 'a\n"Ab' });
    expect(parseExpression(String.raw`"a\n\"b"`, { lex: 'old' })).toMatchObject({ value: String.raw`a\n"b` });
    expect(parseExpression(String.raw`"c:\dir\"`, { lex: 'old' })).toMatchObject({ value: 'c:\\dir\\' });
  });

  it('takes ; between arguments in old semantics only', () => {
    expect(printed('strcat("a"; "b")')).toBe('strcat("a","b")');
    expect(errorOf('strcat("a"; "b")', { semantics: 'new' }).message).toContain("expected ',' or ')'");
  });

  it('does not mind chains of any length', () => {
    const chain = Array(50_000).fill('x').join(' || ');
    expect(printed(chain)).toBe(chain);
  });
});
