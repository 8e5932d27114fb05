// Every case of cases/*.jsonl, whose answers were checked against HTCondor's own library. What differs on purpose stands in
// EXCEPTIONS, each with its reason; at most 20 may stand there, and one that no longer differs fails too.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type ClassAd,
  type Expression,
  evaluate,
  type Lex,
  matches,
  parseAd,
  parseExpression,
  type Semantics,
  unparse,
} from './index.ts';

interface EvalCase {
  my: string | null;
  target: string | null;
  expr: string;
  lex: Lex;
  sem: Semantics;
  expected: string | null;
  expectedNew: string | null;
}
interface UnparseCase {
  expr: string;
  lex: Lex;
  sem: Semantics;
  old: string | null;
  new: string | null;
}
interface MatchCase {
  my: string;
  target: string;
  sem: Semantics;
  symmetric: boolean;
  leftMatchesRight: boolean;
  rightMatchesLeft: boolean;
}

/** Expressions whose value differs from HTCondor's, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map();

function casesOf<T>(name: string): T[] {
  const lines = readFileSync(new URL(`../cases/${name}.jsonl`, import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

function parsedOrNull(expr: string, lex: Lex, semantics: Semantics): Expression | null {
  try {
    return parseExpression(expr, { lex, semantics });
  } catch {
    return null;
  }
}

function adOf(text: string | null, semantics: Semantics): ClassAd | undefined {
  return text === null ? undefined : parseAd(text, { semantics });
}

describe("HTCondor's own answers", () => {
  it('evaluates every expression to the same value', () => {
    const differing: unknown[] = [];
    const cases = casesOf<EvalCase>('eval');
    for (const { my, target, expr, lex, sem, expected, expectedNew } of cases) {
      const expression = parsedOrNull(expr, lex, sem);
      const ads = { my: adOf(my, sem), target: adOf(target, sem) };
      const value = expression && evaluate(expression, { ...ads, semantics: sem });
      const got = expression && unparse(value ?? undefined, 'old');
      const gotNew = expression && unparse(value ?? undefined, 'new');
      const isSame = got === expected && gotNew === expectedNew;
      if (isSame === EXCEPTIONS.has(expr))
        differing.push({ expr, lex, sem, my, target, got, expected, gotNew, expectedNew });
    }
    expect(cases.length).toBeGreaterThanOrEqual(2500);
    expect(EXCEPTIONS.size).toBeLessThanOrEqual(20);
    expect(differing).toEqual([]);
  });

  it('prints every expression the same way in both syntaxes', () => {
    const differing = casesOf<UnparseCase>('unparse').filter((wanted) => {
      const expression = parsedOrNull(wanted.expr, wanted.lex, wanted.sem);
      const got = { old: expression && unparse(expression, 'old'), new: expression && unparse(expression, 'new') };
      return got.old !== wanted.old || got.new !== wanted.new;
    });
    expect(differing).toEqual([]);
  });

  it('matches every pair of ads the same way', () => {
    const differing = casesOf<MatchCase>('match').filter(({ my, target, sem: semantics, ...wanted }) => {
      const got = matches(parseAd(my, { semantics }), parseAd(target, { semantics }), { semantics });
      return JSON.stringify(got) !== JSON.stringify(wanted);
    });
    expect(differing).toEqual([]);
  });
});
