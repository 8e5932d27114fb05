import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatIp,
  type IpAddress,
  networkOf,
  type Prefix,
  parseIp,
  parsePrefix,
  prefixContains,
} from '../../protocols/packet/address.ts';
import type { ZoneConfig } from './config.ts';
import { enclosingPrefix, inAnyPrefix, zoneLookup } from './zones.ts';

const zone = (name: string, ...prefixes: string[]): ZoneConfig => {
  return { name, prefixes: prefixes.map((text) => parsePrefix(text)!) };
};
const ip = (text: string) => parseIp(text)!;

test('the longest prefix wins, whatever the order of the zones', () => {
  const zones = [zone('campus', '10.0.0.0/8', '2001:db8::/32'), zone('license-server', '10.9.0.7/32')];
  for (const order of [zones, zones.toReversed()]) {
    const zoneOf = zoneLookup(order);
    expect(zoneOf(ip('10.9.0.7'))).toBe('license-server');
    expect(zoneOf(ip('10.9.0.8'))).toBe('campus');
    expect(zoneOf(ip('2001:db8::9'))).toBe('campus');
  }
});

test('what no zone covers is wan', () => {
  const zoneOf = zoneLookup([zone('campus', '10.0.0.0/8')]);
  expect(zoneOf(ip('11.0.0.1'))).toBe('wan');
  expect(zoneOf(ip('2001:db8::1'))).toBe('wan');
});

test('a prefix of length 0 covers its own IP version only', () => {
  const zoneOf = zoneLookup([zone('all4', '0.0.0.0/0')]);
  expect(zoneOf(ip('255.0.0.1'))).toBe('all4');
  expect(zoneOf(ip('::1:1'))).toBe('wan');
});

// Few networks and many lengths, so that prefixes nest and addresses hit them.
const ipv4 = fc.integer({ min: 0, max: 0xff }).map((low) => (0x0a000000 + low * 0x01010101) as IpAddress);
const ipv6 = fc
  .integer({ min: 0, max: 0xff })
  .map((low) => (BigInt(low) * 0x01010101010101010101010101010101n) as IpAddress);
const address = fc.oneof(ipv4, ipv6).map((each) => (typeof each === 'number' ? ((each >>> 0) as IpAddress) : each));
const prefix: fc.Arbitrary<Prefix> = fc.tuple(address, fc.nat(128)).map(([each, length]) => {
  const bounded = typeof each === 'number' ? length % 33 : length;
  return { network: networkOf(each, bounded), length: bounded };
});

test('lookups agree with trying every prefix', () => {
  const prefixes = fc.uniqueArray(prefix, {
    maxLength: 20,
    selector: ({ network, length }) => `${formatIp(network)}/${length}`,
  });
  fc.assert(
    fc.property(prefixes, fc.array(address, { maxLength: 10 }), prefix, (list, addresses, inner) => {
      const zones = list.map((each, i) => ({ name: `z${i}`, prefixes: [each] }));
      const [zoneOf, isIn] = [zoneLookup(zones), inAnyPrefix(list)];
      for (const each of addresses) {
        const matching = zones.filter(({ prefixes: [only] }) => prefixContains(only!, each));
        matching.sort((a, b) => b.prefixes[0]!.length - a.prefixes[0]!.length);
        expect(zoneOf(each)).toBe(matching[0]?.name ?? 'wan');
        expect(isIn(each)).toBe(matching.length > 0);
      }
      const around = list.filter((each) => each.length <= inner.length && prefixContains(each, inner.network));
      around.sort((a, b) => b.length - a.length);
      expect(enclosingPrefix(list)(inner)).toEqual(around[0]);
    }),
    { numRuns: 300 },
  );
});
