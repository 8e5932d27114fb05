import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expressions, holds, plainAds } from '../test-support/generators.ts';
import { ClassAd } from './ad.ts';
import { parseAd } from './ad-text.ts';
import { lower, toBytes } from './bytes.ts';
import { evaluate } from './evaluate.ts';
import type { Expression } from './expression.ts';
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

  it('never misses an attribute that evaluation reads', () => {
    holds(
      fc.property(
        expressions,
        plainAds,
        plainAds,
        fc.constantFrom('old', 'new'),
        (expression, one, other, semantics) => {
          const found = references(expression, { semantics });
          fc.pre(found.unknown.length === 0);
          const my = new Watched(one);
          const target = new Watched(other);
          evaluate(expression, { my, target, semantics });
          const keys = (names: readonly string[]): Set<string> => new Set(names.map((name) => lower(toBytes(name))));
          const words = keys(found.words);
          const missed = [
            ...[...my.read].filter((key) => !keys(found.my).has(key) && !words.has(key)),
            ...[...target.read].filter((key) => !keys(found.target).has(key) && !words.has(key)),
          ];
          expect(missed).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
