import { describe, expect, it } from 'vitest';
import { PeerLimits, PeerRates } from './peer-limits.ts';

describe('what one address may have of a listener', () => {
  it('is so many connections at a time, and does not count those of others', () => {
    const limits = new PeerLimits({ connections: 2, perSec: 1, burst: 100 }, () => 0);
    expect([1, 2, 3].map(() => limits.admit('192.0.2.1'))).toEqual([undefined, undefined, 'too-many-of-peer']);
    expect(limits.admit('192.0.2.2')).toBeUndefined();
    limits.release('192.0.2.1');
    expect([limits.admit('192.0.2.1'), limits.admit('192.0.2.1')]).toEqual([undefined, 'too-many-of-peer']);
  });

  it('is so many new ones a second, after a burst', () => {
    let now = 0;
    const limits = new PeerLimits({ connections: 100, perSec: 10, burst: 3 }, () => now);
    const admitted = (count: number) =>
      Array.from({ length: count }, () => limits.admit('192.0.2.1')).filter((refusal) => refusal === undefined).length;
    expect(admitted(5)).toBe(3);
    now = 200;
    expect(admitted(5)).toBe(2);
    expect(limits.admit('192.0.2.1')).toBe('too-fast');
    expect(limits.admit('192.0.2.9')).toBeUndefined();
  });

  it('is shared by an IPv4 address in both forms, and by the addresses of one /64', () => {
    const rates = new PeerRates({ perSec: 1, burst: 2 }, () => 0);
    expect(['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'].map((each) => rates.take(each))).toEqual([true, true, false]);
    const subnet = ['2001:db8::1', '2001:db8::ffff:1', '2001:db8::2', 'fe80::1%eth0', '2001:db8:0:1::1'];
    expect(subnet.map((each) => rates.take(each))).toEqual([true, true, false, true, true]);
  });
});
