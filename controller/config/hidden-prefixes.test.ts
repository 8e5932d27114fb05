import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatPrefix,
  type IpAddress,
  type Prefix,
  parsePrefix,
  prefixContains,
} from '../../protocols/packet/address.ts';
import { hiddenPrefixes } from './hidden-prefixes.ts';

const of = (...texts: string[]) => texts.map((text) => parsePrefix(text)!);
const hidden = (...texts: string[]) =>
  [...hiddenPrefixes(of(...texts))].map(([prefix, by]) => [formatPrefix(prefix), by.map(formatPrefix)]);

test('two halves hide the whole, in either IP version', () => {
  expect(hidden('10.0.0.0/8', '10.128.0.0/9', '10.0.0.0/9')).toEqual([['10.0.0.0/8', ['10.0.0.0/9', '10.128.0.0/9']]]);
  expect(hidden('2001:db8::/127', '2001:db8::1', '2001:db8::')).toHaveLength(1);
});

test('a part, or one that is listed twice, hides nothing', () => {
  expect(hidden('10.0.0.0/8', '10.0.0.0/9')).toEqual([]);
  expect(hidden('10.0.0.0/8', '10.0.0.0/8')).toEqual([]);
});

test('agrees with trying every address', () => {
  // Networks of four bits, so that a few prefixes often cover one another.
  const prefix = fc.tuple(fc.nat(15), fc.nat(4)).map(([bits, length]): Prefix => {
    const network = ((bits >>> (4 - length)) << (4 - length)) as IpAddress;
    return { network, length: 28 + length };
  });
  fc.assert(
    fc.property(fc.uniqueArray(prefix, { maxLength: 12, selector: formatPrefix }), (prefixes) => {
      const addresses = Array.from({ length: 16 }, (_, i) => i as IpAddress);
      const longest = (address: IpAddress) =>
        prefixes.filter((each) => prefixContains(each, address)).sort((a, b) => b.length - a.length)[0];
      const seen = new Set(addresses.map(longest));
      const expected = prefixes.filter((each) => !seen.has(each)).map(formatPrefix);
      expect([...hiddenPrefixes(prefixes).keys()].map(formatPrefix).sort()).toEqual(expected.sort());
    }),
    { numRuns: 500 },
  );
});
