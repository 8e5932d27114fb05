import { describe, expect, it } from 'vitest';
import { parseAd } from './ad-text.ts';
import { type EvaluateOptions, evaluate, evaluateAttribute } from './evaluate.ts';
import { ranks } from './match.ts';
import { parseExpression } from './parser.ts';
import { resolveScopes } from './resolve-scopes.ts';
import { ERROR, toPlain, type Value } from './values.ts';

const value = (text: string, options?: EvaluateOptions): Value => evaluate(parseExpression(text), options);

describe('scopes', () => {
  const job = parseAd('Owner = "alice"\nCpus = 2\nRank = TARGET.Speed\nn = [ deep = Cpus; Cpus = 3 ]');
  const slot = parseAd('Speed = 10\nCpus = 64\nUses = MY.Cpus - TARGET.Cpus');

  it('finds names without case, and missing ones in TARGET in old semantics only', () => {
    expect(value('OWNER', { my: job })).toBe('alice');
    expect(value('speed', { my: job, target: slot })).toBe(10n);
    expect(value('speed', { my: job, target: slot, semantics: 'new' })).toBeUndefined();
    expect(value('MY.speed', { my: job, target: slot })).toBeUndefined();
  });

  it("evaluates an attribute of TARGET in TARGET's own scope", () => {
    expect(value('TARGET.Uses', { my: job, target: slot })).toBe(62n);
  });

  it('evaluates nested ads within the ads around them', () => {
    expect(value('n.deep', { my: job })).toBe(3n);
    expect(value('n.Owner', { my: job })).toBe('alice');
  });

  it('gives the ranks of a match', () => {
    expect(ranks(job, slot)).toEqual({ left: 10n, right: undefined });
  });

  it('gives an attribute that refers to itself no value, also when an ad meets itself', () => {
    const circle = parseAd('[ a = b + 1; b = a + 1; c = TARGET.d; d = MY.c; e = TARGET.f; f = 7 ]');
    expect(evaluateAttribute(circle, 'a')).toBeUndefined();
    expect(evaluateAttribute(circle, 'c', { target: circle })).toBeUndefined();
    expect(evaluateAttribute(circle, 'e', { target: circle })).toBe(7n);
  });
});

describe('a stranger’s ad', () => {
  const zone = parseAd('Zone = "lab"');
  const hostile = parseAd('[ Owner = "eve"; target = [ Zone = "wan" ]; my = [ Owner = "root" ]; null = 3 ]');

  it('can shadow MY, TARGET and null, as in HTCondor', () => {
    const ads = { my: hostile, target: zone };
    expect(value('TARGET.Zone', ads)).toBe('wan');
    expect(value('MY.Owner', ads)).toBe('root');
    expect(value('MY.nothing is null', ads)).toBe(false);
  });

  it('cannot shadow them in an expression whose scopes are resolved', () => {
    const resolved = (text: string): Value =>
      evaluate(resolveScopes(parseExpression(text)), { my: hostile, target: zone });
    expect(resolved('TARGET.Zone')).toBe('lab');
    expect(resolved('strcat(MY.Owner, "@", other.Zone)')).toBe('eve@lab');
    expect(resolved('MY.nothing is null')).toBe(true);
    expect(resolved('(((TARGET))).Zone == "lab" && {MY.Owner}[0] == "eve"')).toBe(true);
  });
});

describe('limits', () => {
  it('ends a run of too many steps with error, whatever the expression makes of errors', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => `a${i} = a${i + 1} + a${i + 1}`).join(';');
    expect(value('isError(a0) ? 1 : 2', { my: parseAd(`[${doubling}; a60 = 1]`) })).toBe(ERROR);
    expect(value('1 + 1 + 1', { limits: { steps: 2 } })).toBe(ERROR);
  });

  it('counts what several runs take together', () => {
    const budget = { steps: 7 };
    const run = (text: string) => evaluate(parseExpression(text), { budget });
    expect([run('1 + 1 + 1'), budget.steps]).toEqual([3n, 4]);
    expect([run('1 + 1 + 1'), budget.steps]).toEqual([3n, 1]);
    expect([run('1 + 1 + 1'), budget.steps < 0]).toEqual([ERROR, true]);
    expect(run('1 + 1')).toBe(ERROR);
  });

  it('ends a string that grows without bound', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => `a${i} = strcat(a${i + 1}, a${i + 1})`).join(';');
    expect(value('a0', { my: parseAd(`[${doubling}; a60 = "x"]`) })).toBe(ERROR);
  });

  it('follows 400 attributes, not more, and never runs out of stack', () => {
    const chain = (length: number): Value => {
      const attributes = Array.from({ length }, (_, i) => `a${i} = (a${i + 1} + 1)`).join(';');
      return value('a0', { my: parseAd(`[${attributes}; a${length} = 1]`) });
    };
    expect(chain(399)).toBe(400n);
    expect(chain(401)).toBe(ERROR);
    const nested = `${'join(",", {'.repeat(50)}a${'})'.repeat(50)}`;
    const attributes = Array.from({ length: 60 }, (_, i) => `a${i} = ${nested.replace('a}', `a${i + 1}}`)}`).join(';');
    expect(value('a0', { my: parseAd(`[${attributes}; a60 = "x"]`) })).toBe(ERROR);
    expect(value('eval(a)', { my: parseAd('a = "eval(a)"') })).toBe(ERROR);
  });

  it('evaluates chains of operators of any length', () => {
    expect(value(Array(100_000).fill('1').join(' + '))).toBe(100_000n);
  });
});

it('takes the clock and chance from the caller', () => {
  const options = { now: () => 1_709_210_096.7, random: () => 0.5 };
  expect(value('time()', options)).toBe(1_709_210_096n);
  expect(value('CurrentTime', options)).toBe(1_709_210_096n);
  expect(value('formatTime(absTime(), "%F %T")', options)).toBe('2024-02-29 12:34:56');
  expect(value('random(10)', options)).toBe(5n);
  expect(value('random()', options)).toBe(0.5);
});

it('counts 64-bit integers exactly, and hands them over as numbers where that loses nothing', () => {
  expect(value('9007199254740993 + 1')).toBe(9_007_199_254_740_994n);
  expect(value('9223372036854775807 + 1')).toBe(-(2n ** 63n));
  expect(toPlain(value('40 + 2'))).toBe(42);
  expect(toPlain(value('9007199254740993'))).toBe(9_007_199_254_740_993n);
  expect(toPlain(value('1 / 0'))).toBeUndefined();
  expect(toPlain(value('"é"'))).toBe('é');
});
