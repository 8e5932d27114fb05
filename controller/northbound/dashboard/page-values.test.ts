// What the page works out from what Lark tells it, without a browser.

import { describe, expect, it } from 'vitest';
import { rates } from '../testing/fake-lark.ts';
import { type Drop, dropOf, withDrop } from './page/drop-sums.js';
import { bitsPerSec, count, duration, listed, scaled } from './page/format.js';
import { lineAt, originText } from './page/policy-lines.js';
import { KEPT_SEC, linesOf, NO_GROUP, type Sample, sampleOf, withSample } from './page/rate-history.js';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.04, '0'],
    [99.94, '99.9'],
    [999.4, '999'],
    [999.6, '1.00 k'],
    [12_345, '12.3 k'],
    [999_600, '1.00 M'],
    [1_500_000_000, '1.50 G'],
  ])('%d is %s', (value, text) => {
    expect(scaled(value)).toBe(text);
  });

  it('are bits where Lark counts bytes', () => {
    expect([bitsPerSec(0), bitsPerSec(49), bitsPerSec(1_500_000)]).toEqual(['0 bit/s', '392 bit/s', '12.0 Mbit/s']);
  });

  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [125, '2 min 5 s'],
    [3600, '1 h'],
    [3605, '1 h'],
    [90_000, '1 d 1 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('go with the noun', () => {
    expect([count(1, 'job'), count(2, 'job'), count(0, 'policy', 'policies')]).toEqual([
      '1 job',
      '2 jobs',
      '0 policies',
    ]);
  });

  it('list as many as are wanted', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    expect([listed(five, 5), listed(five, 4)]).toEqual(['a, b, c, d, e', 'a, b, c and 2 more']);
  });
});

describe('the line behind a verdict', () => {
  const policy = { file: '/etc/lark/policy.yaml', loadedAt: '2026-01-02T03:00:00.000Z', lines: ['a:', '  - b: [c]'] };
  const later = '2026-01-02T03:00:01.000Z';

  it('is the one of its place, without its indentation', () => {
    expect(lineAt(policy, '/etc/lark/policy.yaml:2:3', later)).toBe('- b: [c]');
  });

  it.each([
    ['the place is in another file', '/etc/lark/other.yaml:2:3', later],
    ['the file is shorter', '/etc/lark/policy.yaml:3:1', later],
    ['the file was not in force yet', '/etc/lark/policy.yaml:2:3', '2026-01-02T02:59:59.999Z'],
    ['there is no place', null, later],
  ])('is not known where %s', (_why, place, at) => {
    expect(lineAt(policy, place, at)).toBeUndefined();
  });

  it('is named without the folder', () => {
    expect(originText('queues', '/etc/lark/policy.yaml:2:3')).toBe('queues (policy.yaml:2:3)');
    expect([originText('queues', null), originText('queues', undefined)]).toEqual(['queues', 'queues']);
  });
});

describe('drops', () => {
  const event = {
    policy: 'isolate-users',
    place: 'p.yaml:3:5',
    from: 'jobs of alice',
    to: 'jobs of bob',
    switch: 's1',
  };
  const at = (second: number) => `2026-01-02T03:00:0${second}.000Z`;
  const add = (all: readonly Drop[], data: Readonly<Record<string, unknown>>) => withDrop(all, dropOf(data));

  it('of one policy between the same ends are one row, the latest first', () => {
    let drops = add([], { ...event, packets: 2, at: at(1) });
    drops = add(drops, { ...event, to: 'jobs of eve', packets: 1, at: at(2) });
    drops = add(drops, { ...event, packets: 5, at: at(3) });
    expect(drops.map(({ to, packets, at }) => [to, packets, at])).toEqual([
      ['jobs of bob', 7, at(3)],
      ['jobs of eve', 1, at(2)],
    ]);
  });

  it('that are told of in sum, without a policy, are a row of their own', () => {
    const drops = add(add([], { ...event, packets: 2, at: at(1) }), { policy: null, packets: 9, at: at(2) });
    expect(drops.map(({ policy, from, packets }) => [policy, from, packets])).toEqual([
      [null, null, 9],
      ['isolate-users', 'jobs of alice', 2],
    ]);
  });

  it('are kept as far as a page shows', () => {
    let drops: readonly Drop[] = [];
    for (let n = 0; n < 60; n++) drops = add(drops, { ...event, from: `jobs of u${n}`, packets: 1, at: at(1) });
    expect([drops.length, drops[0]?.from, drops.at(-1)?.from]).toEqual([50, 'jobs of u59', 'jobs of u10']);
  });
});

describe('the history of rates', () => {
  const sample = (at: number, bits: Readonly<Record<string, number>>): Sample => ({
    at,
    bits: new Map(Object.entries(bits)),
  });

  it('takes what the rows are sorted by', () => {
    const bits = (sort: 'total' | 'sent' | 'received') => sampleOf(rates, sort).bits.get('alice');
    expect([bits('total'), bits('sent'), bits('received')]).toEqual([12_256_000, 12_000_000, 256_000]);
    const none = { ...rates, rows: [{ ...rates.rows[0]!, name: null }] };
    expect([...sampleOf(none, 'sent').bits.keys()]).toEqual([NO_GROUP]);
  });

  it('goes back five minutes, has each reading once, and begins anew when a clock is set back', () => {
    let samples = [sample(0, {}), sample(1, {})] as readonly Sample[];
    samples = withSample(samples, sample(1, { a: 1 }));
    expect(samples).toHaveLength(2);
    samples = withSample(samples, sample(KEPT_SEC + 1, {}));
    expect(samples.map(({ at }) => at)).toEqual([1, KEPT_SEC + 1]);
    expect(withSample(samples, sample(5, {})).map(({ at }) => at)).toEqual([5]);
  });

  it('has a line for each of the five largest and one for the rest, with nought where there was none', () => {
    const samples = [sample(1, { a: 1, b: 20, c: 30, d: 40, e: 50, f: 60, g: 2 }), sample(2, { b: 1, g: 3, h: 4 })];
    const { names, hasOthers, data } = linesOf(samples);
    expect([names, hasOthers]).toEqual([['f', 'e', 'd', 'c', 'b'], true]);
    expect(data).toEqual([
      [1, 2],
      [60, 0],
      [50, 0],
      [40, 0],
      [30, 0],
      [20, 1],
      [3, 7],
    ]);
  });

  it('has no line of others where there are none', () => {
    expect(linesOf([sample(1, { a: 1 })])).toEqual({ names: ['a'], hasOthers: false, data: [[1], [1]] });
  });
});
