import { describe, expect, it } from 'vitest';
import { StreamPlaces } from './stream-places.ts';

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('places of a stream', () => {
  it('are half of them for one address, and the rest for others', () => {
    const places = new StreamPlaces('rates');
    for (const _ of times(32)) places.take('192.0.2.1');
    expect(() => places.take('192.0.2.1')).toThrow('192.0.2.1 listens to rates 32 times');
    for (const _ of times(32)) places.take('192.0.2.2');
    expect(() => places.take('192.0.2.3')).toThrow('64 clients listen to rates');
  });

  it('are of a /64 where the address is IPv6, since one host has all of that', () => {
    const places = new StreamPlaces('events');
    for (const i of times(32)) places.take(`2001:db8::${i + 1}`);
    expect(() => places.take('2001:db8::ffff')).toThrow('32 times');
    expect(() => places.take('2001:db8:0:1::1')).not.toThrow();
  });

  it('are the same for an IPv4 address and for its form in IPv6', () => {
    const places = new StreamPlaces('events');
    for (const _ of times(32)) places.take('192.0.2.1');
    expect(() => places.take('::ffff:192.0.2.1')).toThrow('32 times');
  });

  it('are given back once, however often it is said', () => {
    const places = new StreamPlaces('events');
    const [leave] = times(32).map(() => places.take('192.0.2.1'));
    leave?.();
    leave?.();
    places.take('192.0.2.1');
    expect(() => places.take('192.0.2.1')).toThrow('32 times');
  });
});
