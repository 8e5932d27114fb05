import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../testing/generators.ts';
import { DEFAULT_LIMITS, Evaluation, LimitReached } from '../evaluation.ts';
import { MatchLimit } from './matcher.ts';
import { compilePattern, type Match } from './pattern.ts';

function newRun(steps = DEFAULT_LIMITS.steps): Evaluation {
  return new Evaluation({ ...DEFAULT_LIMITS, semantics: 'old', now: () => 0, random: () => 0, steps });
}

/** The groups of the first match, null if there is none. Throws if the pattern does not compile. */
function groups(source: string, text: string, options = ''): Match['groups'] | null {
  const pattern = compilePattern(source, options, newRun());
  if (pattern === null) throw new Error(`${source} does not compile`);
  return pattern.match(text, 0, newRun())?.groups ?? null;
}

describe("PCRE's syntax", () => {
  it.each<[string, string, string, string | null]>([
    ['a++b', '', 'aaab', 'aaab'],
    ['a++a', '', 'aaa', null],
    ['(?>a|ab)c', '', 'abc', null],
    ['\\Aab\\z', '', 'ab', 'ab'],
    ['b\\Z', '', 'ab\n', 'b'],
    ['b$', '', 'ab\n', 'b'],
    ['b\\z', '', 'ab\n', null],
    ['^b', 'm', 'a\nb', 'b'],
    ['a.b', '', 'a\nb', null],
    ['a.b', 's', 'a\nb', 'a\nb'],
    ['(?i)AB(?-i)c', '', 'abc', 'abc'],
    ['(?i:A)b', '', 'aB', null],
    ['a b # c', 'x', 'ab', 'ab'],
    ['a(?#no)b', '', 'ab', 'ab'],
    ['[[:digit:][:upper:]]+', '', 'xA1b', 'A1'],
    ['[^[:space:]]+', '', ' ab ', 'ab'],
    ['[]a]+', '', 'b]a', ']a'],
    ['[a\\-z-]+', '', 'b-za', '-za'],
    ['\\Qa.b\\E+', '', 'xa.bb', 'a.bb'],
    ['(?<=ab|c)d', '', 'abd', 'd'],
    ['(?<!a)b', '', 'ab bb', 'b'],
    ['foo\\Kbar', '', 'foobar', 'bar'],
    ['(?P<x>a)(?P=x)', '', 'aa', 'aa'],
    ['(a)\\g{-1}', '', 'aa', 'aa'],
    ['\\x41\\x{42}\\103', '', 'ABC', 'ABC'],
    ['a{,2}', '', 'a{,2}', 'a{,2}'],
    ['a{2,3}?', '', 'aaaa', 'aa'],
    ['\\R', '', 'a\r\nb', '\r\n'],
    ['(a*)*b', '', 'aab', 'aab'],
    ['(?:a?)*?b', '', 'aab', 'aab'],
    ['\\h\\v\\N', '', ' \nx', ' \nx'],
    ['(a)|b\\1', '', 'b', null],
  ])('reads %j (%s) in %j', (source, options, text, whole) => {
    expect(groups(source, text, options)?.[0] ?? null).toBe(whole);
  });

  it.each([
    '(',
    ')',
    '[a',
    '*a',
    'a{3,2}',
    '\\',
    '(?<=a*)b',
    '\\2(a)',
    '(?P<x>a)(?P<x>b)',
    '[b-a]',
    '(?R)',
    '[[:no:]]',
    '\\y',
  ])('refuses %j', (source) => {
    expect(compilePattern(source, '', newRun())).toBeNull();
  });

  it('works on bytes', () => {
    expect(groups('^..$', '\xc3\xa9')?.[0]).toBe('\xc3\xa9');
    expect(groups('\xe9', '\xc9', 'i')).toBeNull();
  });
});

describe('agreement with an engine of the same order of trying', () => {
  // JavaScript goes on where the body of a loop matched nothing, PCRE leaves the loop: so the bodies here match something.
  const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atoms,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      tie('pattern').map((a) => `(${a})`),
      fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,2}', '*?', '+?')).map(([a, q]) => `(?:${a}[ab])${q}`),
      tie('pattern').map((a) => `(?=${a})`),
      tie('pattern').map((a) => `(?!${a})`),
    ),
  }));

  it('finds the match that JavaScript finds', () => {
    holds(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 8 }), (source, text) => {
        const wanted = new RegExp(source).exec(text)?.[0] ?? null;
        expect(groups(source, text)?.[0] ?? null).toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('budget', () => {
  it('ends patterns that explode', () => {
    const pattern = compilePattern('(a+)+$', '', newRun())!;
    expect(() => pattern.match(`${'a'.repeat(40)}b`, 0, newRun())).toThrow(MatchLimit);
    expect(pattern.match('aaa', 0, newRun())?.groups).toEqual(['aaa', 'aaa']);
  });

  it('counts matching and compiling against the evaluation', () => {
    const pattern = compilePattern('(a+)+$', '', newRun())!;
    expect(() => pattern.match(`${'a'.repeat(40)}b`, 0, newRun(100))).toThrow(LimitReached);
    expect(() => compilePattern(`${'ab'.repeat(100)}c`, '', newRun(100))).toThrow(LimitReached);
  });

  it('refuses counts that would make a huge program', () => {
    expect(compilePattern('(?:a{1000}){1000}', '', newRun())).toBeNull();
  });
});
