import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, type IpAddress, parseIp } from '../../../protocols/packet/address.ts';
import { addressPlus, isIn } from '../../config/address-range.ts';
import type { AddressPool } from '../../config/config.ts';
import { parseConfig } from '../../config/load-config.ts';
import { freeAddress } from './address-pool.ts';

function poolOf(entry: string, ranges = '10.1.0.0/16, 2001:db8:1::/48, 255.255.255.0/24'): AddressPool {
  const { config, errors } = parseConfig('policy.yaml', `jobs: { ranges: [${ranges}] }\naddresses: { pool: ${entry} }`);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  return config.addresses[0]!;
}

/** All that a machine gets from a pool, one after the other, until there is no more. */
function drained(pool: AddressPool, machine = 'wn1', after?: IpAddress): readonly string[] {
  const taken = new Set<IpAddress>();
  const got: string[] = [];
  for (let last = after; ; ) {
    const address = freeAddress(pool, machine, last, (each) => taken.has(each));
    if (address === undefined) return got;
    taken.add(address);
    got.push(formatIp(address));
    last = address;
  }
}

describe('a pool gives', () => {
  it('all of a network but its own address, its broadcast address and the gateway', () => {
    expect(drained(poolOf('{ range: 10.1.0.0/29, gateway: 10.1.0.1 }'))).toEqual(
      ['2', '3', '4', '5', '6'].map((last) => `10.1.0.${last}`),
    );
    expect(drained(poolOf('{ range: 10.1.0.4-10.1.0.7, prefixLength: 29 }'))).toEqual([
      '10.1.0.4',
      '10.1.0.5',
      '10.1.0.6',
    ]);
    expect(drained(poolOf('{ range: 2001:db8:1::/126 }'))).toEqual(['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::3']);
  });

  it('both addresses of a network of two, and the one of a network of one', () => {
    expect(drained(poolOf('{ range: 10.1.0.2/31 }'))).toEqual(['10.1.0.2', '10.1.0.3']);
    expect(drained(poolOf('{ range: 10.1.0.2/32 }'))).toEqual(['10.1.0.2']);
  });

  it('each machine its own part, and to the others the rest', () => {
    const pool = poolOf('{ range: 10.1.0.0/28, workers: { WN1: 10.1.0.4/30, wn2: 10.1.0.12-10.1.0.15 } }');
    expect(drained(pool, 'wn1')).toEqual(['4', '5', '6', '7'].map((last) => `10.1.0.${last}`));
    expect(drained(pool, 'Wn2')).toEqual(['12', '13', '14'].map((last) => `10.1.0.${last}`));
    expect(drained(pool, 'wn3')).toEqual(['1', '2', '3', '8', '9', '10', '11'].map((last) => `10.1.0.${last}`));
  });

  it('up to the end of all addresses', () => {
    expect(drained(poolOf('{ range: 255.255.255.253-255.255.255.255, prefixLength: 24 }')).at(-1)).toBe(
      '255.255.255.254',
    );
    expect(drained(poolOf('{ range: 255.255.255.252/30, workers: { wn2: 255.255.255.254/31 } }'))).toEqual([
      '255.255.255.253',
    ]);
  });
});

describe('the next address', () => {
  const address = fc.nat(63).map((last) => parseIp(`10.1.0.${last}`)!);
  const spot = fc.tuple(fc.nat(63), fc.nat(63)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

  it('is one that is free whenever there is one, whatever was given last, and the first behind that', () => {
    const property = fc.property(
      spot,
      spot,
      fc.boolean(),
      fc.array(address),
      fc.option(address, { nil: undefined }),
      (range, part, isOwn, gone, after) => {
        const [low, high] = [Math.max(range[0], part[0]), Math.min(range[1], part[1])];
        const workers = low <= high ? `, workers: { own: 10.1.0.${low}-10.1.0.${high} }` : '';
        const pool = poolOf(`{ range: 10.1.0.${range[0]}-10.1.0.${range[1]}, prefixLength: 26${workers} }`);
        const taken = new Set(gone);
        const own = pool.workers.get('own');
        const isMine = (each: IpAddress) =>
          isOwn && own !== undefined ? isIn(own, each) : isIn(pool, each) && !(own && isIn(own, each));
        const all = Array.from({ length: 64 }, (_, i) => addressPlus(parseIp('10.1.0.0')!, BigInt(i)));
        const free = all.filter((each) => isMine(each) && !taken.has(each) && each !== all[0] && each !== all[63]);
        const expected =
          free.find((each) => after !== undefined && isIn(own && isOwn ? own : pool, after) && each > after) ?? free[0];
        expect(freeAddress(pool, isOwn ? 'own' : 'other', after, (each) => taken.has(each))).toBe(expected);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('of a network of 2^64 is found by as many steps as are taken', () => {
    const pool = poolOf('{ range: 2001:db8:1::/64, workers: { wn2: 2001:db8:1::/65 } }');
    let asked = 0;
    const first = freeAddress(pool, 'wn1', undefined, () => {
      asked += 1;
      return asked <= 1000;
    });
    expect(formatIp(first!)).toBe('2001:db8:1:0:8000::3e8');
    expect(asked).toBe(1001);
  });
});
