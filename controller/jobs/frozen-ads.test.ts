import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../policies/policy.ts';
import { jobFromAds } from './ad-to-job.ts';
import { FrozenAds } from './frozen-ads.ts';
import { nameListOf } from './name-list.ts';
import { jobAd, machineAd } from './testing/sample-ads.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('é', '\u0100', '\udc80', '1', '-0.0'),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(undefined),
  fc.constantFrom(-0, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, Number.NaN, Number.NEGATIVE_INFINITY),
);
const attributes = fc.array(fc.tuple(text, value)).map((entries) => new Map(entries));
/** Texts that have some of the values in them, as ads do. */
const ads = fc.tuple(attributes, text, text, fc.nat(3)).map(([values, job, machine, share]) => {
  const some = [...values].filter((_, i) => i % 4 <= share).map(([name, each]) => `${name} = ${String(each)}`);
  return { values, texts: { job: job + some.join('\n'), machine: some.reverse().join(';') + machine } };
});

describe('FrozenAds', () => {
  it('gives back every text and value that was frozen, and says undefined of names that it does not have', () => {
    fc.assert(
      fc.property(ads, text, ({ values, texts }, other) => {
        const frozen = FrozenAds.of(texts, values);
        expect({ job: frozen.job, machine: frozen.machine }).toEqual(texts);
        expect(frozen.size).toBe(values.size);
        expect([...frozen]).toEqual([...values]);
        expect([...frozen.keys()]).toEqual([...values.keys()]);
        expect([...frozen.values()]).toEqual([...values.values()]);
        const seen = new Map<string, AttributeValue>();
        frozen.forEach((each, name) => {
          seen.set(name, each);
        });
        expect(seen).toEqual(values);
        for (const name of [...values.keys(), other]) {
          expect([frozen.has(name), frozen.get(name)]).toEqual([values.has(name), values.get(name)]);
        }
      }),
    );
  });

  it('is made again from its names and bytes, and from no fewer bytes', () => {
    fc.assert(
      fc.property(ads, ({ values, texts }) => {
        const { names, bytes } = FrozenAds.of(texts, values);
        const again = new FrozenAds(nameListOf(names.bytes), Buffer.from(bytes));
        expect([...again]).toEqual([...values]);
        expect(again.machine).toBe(texts.machine);
        const least = bytes.length - Math.max(0, bytes.length - 9 - 6 * values.size);
        expect(() => new FrozenAds(names, bytes.subarray(0, least - 1))).toThrow(RangeError);
      }),
    );
  });

  it('takes little more room than the ads themselves, whose names it shares', () => {
    const [first, second] = [1, 2].map((i) => {
      const { job } = jobFromAds(jobAd({ ProcId: String(i) }), machineAd(), { nat: 'refuse', now: 0 });
      return job.ads as FrozenAds;
    });
    expect(second!.names).toBe(first!.names);
    const texts = first!.job.length + first!.machine.length;
    expect(first!.size).toBeGreaterThan(100);
    expect(first!.bytes.length - texts).toBeLessThan(10 * first!.size);
    expect(first!.bytes.buffer.byteLength).toBe(first!.bytes.length);
  });
});
