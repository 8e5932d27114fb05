import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteStrings, holds, names } from '../testing/generators.ts';
import { attributeNames, ClassAd, foldedNames } from './ad.ts';
import { lower } from './bytes.ts';
import { type Expression, literal } from './expression.ts';
import { parseNewAd } from './parser.ts';

const anyName = fc.oneof(
  names,
  byteStrings,
  fc.constantFrom('A', 'a', 'OWNER', 'owner', 'true', 'x1', 'X1', 'x', '__proto__', 'a b'),
);

/** What an ad is, said in the plainest way. */
class PlainAd {
  readonly entries: { readonly name: string; readonly key: string; expression: Expression }[] = [];

  set(name: string, expression: Expression): void {
    const there = this.entries.find(({ key }) => key === lower(name));
    if (there !== undefined) there.expression = expression;
    else this.entries.push({ name, key: lower(name), expression });
  }
}

it('keeps the spelling that came first, the expression that came last, and the order, whoever shares its layout', () => {
  const steps = fc.array(fc.record({ name: anyName, looks: fc.boolean() }), { maxLength: 40 });
  holds(
    fc.property(steps, (each) => {
      const [ad, plain] = [new ClassAd(), new PlainAd()];
      for (const [i, { name, looks }] of each.entries()) {
        // Looking for a name in between changes nothing.
        if (looks) expect(ad.get(lower(name))).toBe(plain.entries.find(({ key }) => key === lower(name))?.expression);
        const value = literal(BigInt(i));
        const isNew = plain.entries.every(({ key }) => key !== lower(name));
        if (i % 3 === 0) {
          expect(ad.add(name, value)).toBe(isNew);
          if (isNew) plain.set(name, value);
        } else {
          ad.set(name, value);
          plain.set(name, value);
        }
      }
      expect(ad.size).toBe(plain.entries.length);
      expect(ad.attributes()).toEqual(plain.entries.map(({ name, expression }) => ({ name, expression })));
      expect(ad.expressions).toEqual(plain.entries.map(({ expression }) => expression));
      expect(ad.layout.keys).toEqual(plain.entries.map(({ key }) => key));
      for (const { key, expression } of plain.entries) expect(ad.get(key)).toBe(expression);
      expect(ad.get('no such name')).toBeUndefined();
      expect(ad.sorted().map(({ name }) => lower(name))).toEqual(
        plain.entries.map(({ key }) => key).sort((a, b) => a.length - b.length || (a < b ? -1 : 1)),
      );
    }),
    { numRuns: 2000 },
  );
});

it('has one layout for all ads of the same names, and another one for each other', () => {
  const read = (text: string) => parseNewAd(text, 'new', 'old').ad.layout;
  const layout = read('[A = 1; Owner = "a"; Cpus = 2 + 3]');
  expect(read('[ A=2;Owner = "b";\nCpus = 4 ]')).toBe(layout);
  for (const other of ['[a = 1; Owner = "a"; Cpus = 1]', '[Owner = "a"; A = 1; Cpus = 1]', '[A = 1; Owner = "a"]']) {
    expect(read(other)).not.toBe(layout);
  }
  expect(foldedNames(layout)).toEqual(['a', 'owner', 'cpus']);
});

it('takes no name for the likely one that only begins like it, or that would have to stand in quotes', () => {
  const namesOf = (text: string) => attributeNames(parseNewAd(text, 'new', 'old').ad);
  expect(namesOf('[Cpu = 1]')).toEqual(['Cpu']);
  expect(namesOf('[Cpus = 1]')).toEqual(['Cpus']);
  expect(namesOf('[Cpu = 1]')).toEqual(['Cpu']);
  expect(namesOf("['a b' = 1]")).toEqual(['a b']);
  expect(() => namesOf('[a b = 1]')).toThrow("found 'b'");
  expect(namesOf("['true' = 1]")).toEqual(['true']);
  expect(() => namesOf('[true = 1]')).toThrow("found 'true'");
});

it('forgets layouts when there are many, and goes on as before', () => {
  const first = parseNewAd('[A = 1; B = 2]', 'new', 'old').ad;
  for (let i = 0; i < 300_000; i++) new ClassAd().set(`a${i}`, literal(1n));
  const again = parseNewAd('[A = 1; B = 2]', 'new', 'old').ad;
  expect(again.layout).not.toBe(first.layout);
  expect(again.attributes()).toEqual(first.attributes());
  first.set('C', literal(3n));
  expect(attributeNames(first)).toEqual(['A', 'B', 'C']);
});

it('reads an ad of any number of names in time that grows with it', () => {
  const text = `[${Array.from({ length: 100_000 }, (_, i) => `unmet${i} = ${i}`).join(';')}]`;
  const { ad } = parseNewAd(text, 'new', 'old');
  expect(ad.size).toBe(100_000);
  expect(ad.get('unmet99999')).toEqual(literal(99_999n));
  const again = parseNewAd(text, 'new', 'old').ad;
  expect(again.get('unmet77')).toEqual(literal(77n));
});
