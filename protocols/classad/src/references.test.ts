import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ads, expressions, holds, plainAds } from '../testing/generators.ts';
import { ClassAd } from './ad.ts';
import { parseAd } from './ad-text.ts';
import { lower, toBytes } from './bytes.ts';
import { evaluate } from './evaluate.ts';
import type { Expression } from './expression.ts';
import type { Semantics } from './lexer.ts';
import { parseExpression } from './parser.ts';
import { type References, references } from './references.ts';

const of = (text: string): References => references(parseExpression(text));

/** An ad that notes which of its attributes are looked up. */
class Watched extends ClassAd {
  readonly read = new Set<string>();

  constructor(ad: ClassAd) {
    super();
    for (const { name, expression } of ad.attributes()) this.set(name, expression);
  }

  override get(key: string): Expression | undefined {
    const expression = super.get(key);
    if (expression !== undefined) this.read.add(key);
    return expression;
  }
}

describe('references', () => {
  it('tells the attributes of MY from those of TARGET', () => {
    expect(of('MY.Owner =!= "carol" && target.Zone == "license-server" || my.owner is undefined')).toEqual({
      my: ['Owner'],
      target: ['Zone'],
      unknown: [],
      words: ['MY', 'TARGET'],
      impure: [],
      unknownFunctions: [],
    });
  });

  it('counts a bare name for both sides in old semantics, for MY in new', () => {
    expect(of('Cpus > 1')).toMatchObject({ my: ['Cpus'], target: ['Cpus'] });
    expect(references(parseExpression('Cpus > 1'), { semantics: 'new' })).toMatchObject({ my: ['Cpus'], target: [] });
  });

  it('says where it cannot know', () => {
    expect(of('eval(MY.x)').unknown).toEqual(['eval']);
    expect(of('size(MY)').unknown).toEqual(['MY as a whole']);
    expect(of('MY[TARGET.name]')).toMatchObject({
      target: ['name'],
      unknown: expect.arrayContaining(['MY as a whole']),
    });
    expect(of('MY["Owner"]')).toMatchObject({ my: ['Owner'], target: [], unknown: [] });
    expect(of('parent.x').unknown).not.toEqual([]);
    expect(of('leftMatchesRight').unknown).not.toEqual([]);
  });

  it('lists what depends on more than the ads, and functions that do not exist', () => {
    expect(of('time() > random(5) && CurrentTime > 3 && absTime() != absTime(0)').impure).toEqual([
      'CurrentTime',
      'absTime',
      'random',
      'time',
    ]);
    expect(of('strlen(MY.a)')).toMatchObject({ my: ['a'], unknownFunctions: ['strlen'] });
  });

  it("follows the ads' own expressions if they are given", () => {
    const my = parseAd('Requirements = TARGET.Memory >= RequestMemory');
    const target = parseAd('Memory = TotalMemory - MY.Used + TARGET.Extra');
    expect(references(parseExpression('MY.Requirements'), { my, target })).toMatchObject({
      my: ['Extra', 'RequestMemory', 'Requirements', 'TotalMemory'],
      target: ['Memory', 'RequestMemory', 'TotalMemory', 'Used'],
      unknown: [],
    });
  });

  it('says so where an ad that is given shadows a word', () => {
    const found = references(parseExpression('(TARGET).x'), { my: parseAd('target = y') });
    expect(found.unknown).toEqual(["TARGET, which is an attribute's name"]);
  });

  /** Evaluates with watched ads; answers the attributes read that were not foretold. */
  function missed(found: References, expression: Expression, ads: [ClassAd, ClassAd], semantics: Semantics): string[] {
    const [my, target] = [new Watched(ads[0]), new Watched(ads[1])];
    evaluate(expression, { my, target, semantics });
    const keys = (names: readonly string[]): string[] => names.map((name) => lower(toBytes(name)));
    const foretold = { my: new Set(keys(found.my.concat(found.words))), target: new Set(keys(found.target)) };
    return [
      ...[...my.read].filter((key) => !foretold.my.has(key)),
      ...[...target.read].filter((key) => !foretold.target.has(key) && !keys(found.words).includes(key)),
    ];
  }

  it('never misses an attribute that evaluation reads', () => {
    holds(
      fc.property(
        expressions,
        plainAds,
        plainAds,
        fc.constantFrom<Semantics>('old', 'new'),
        (expression, my, target, semantics) => {
          const found = references(expression, { semantics });
          fc.pre(found.unknown.length === 0);
          expect(missed(found, expression, [my, target], semantics)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never misses one that is read by way of the ads, if they are given', () => {
    holds(
      fc.property(
        expressions,
        ads,
        ads,
        fc.constantFrom<Semantics>('old', 'new'),
        (expression, my, target, semantics) => {
          const found = references(expression, { semantics, my, target });
          fc.pre(found.unknown.length === 0);
          expect(missed(found, expression, [my, target], semantics)).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never misses one that is read by way of a list that stands within something else', () => {
    const my = parseAd('[ a = "" ]');
    for (const list of [
      '({ a || MY.a }) ?: (0)',
      'true ? { a } : 0',
      '({ a })',
      'ifThenElse(true, { a }, 0)',
      '{{ a }}[0]',
    ]) {
      const target = parseAd(`[ c = ${list} ]`);
      const expression = parseExpression('TARGET.c.x');
      const found = references(expression, { semantics: 'new', my, target });
      expect(missed(found, expression, [my, target], 'new')).toEqual([]);
    }
  });
});
