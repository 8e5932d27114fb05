import fc from 'fast-check';
import { expect, test } from 'vitest';
import { datapathId, duration, listenAddress, parseDpid, portName, readDuration, stationMac } from './values.ts';

const listen = listenAddress('127.0.0.1');
const message = (result: { error?: { issues: { message: string }[] } | undefined }) => result.error?.issues[0]?.message;

test('listen takes an address and port, an IPv6 address in brackets, or a port for the default address', () => {
  expect(listen.parse('0.0.0.0:6653')).toEqual({ host: '0.0.0.0', port: 6653 });
  expect(listen.parse('[::]:6653')).toEqual({ host: '::', port: 6653 });
  expect(listen.parse('[2001:db8::1]:1')).toEqual({ host: '2001:db8::1', port: 1 });
  expect(listen.parse(6653)).toEqual({ host: '127.0.0.1', port: 6653 });
  expect(listen.parse('6653')).toEqual({ host: '127.0.0.1', port: 6653 });
});

test.each([
  ['localhost:6653', 'names are not looked up'],
  ['::1:6653', 'put brackets around the IPv6 address: [::1]'],
  ['[127.0.0.1]:1', 'is no IP address'],
  ['300.1.1.1:1', 'is no IP address'],
  ['0.0.0.0:65536', 'a port from 0 to 65535'],
  ['0.0.0.0:', 'an address and port such as'],
  ['0.0.0.0', 'an address and port such as'],
  [-1, 'an address and port such as'],
  [null, 'found nothing'],
])('listen refuses %s', (input, words) => {
  expect(message(listen.safeParse(input))).toContain(words);
});

test('durations add up their units, from the largest down', () => {
  const ms = (text: unknown) => readDuration(text);
  expect(ms('200ms')).toEqual({ value: 200 });
  expect(ms('15m')).toEqual({ value: 900_000 });
  expect(ms('1h30m')).toEqual({ value: 5_400_000 });
  expect(ms('1d1s')).toEqual({ value: 86_401_000 });
  expect(ms(0)).toEqual({ value: 0 });
});

test('durations without unit, in the wrong order or out of bounds are refused', () => {
  const lease = duration('1s', '1h');
  expect(message(lease.safeParse(15))).toContain('add a unit, such as 15s');
  for (const bad of ['', 'm', '1m1h', '1.5s', '-1s', '15 m', '1h30', null, ['1s']]) {
    expect(message(lease.safeParse(bad)), String(bad)).toContain('expected a duration');
  }
  expect(message(lease.safeParse('61m'))).toBe('expected a duration from 1s to 1h; found 61m');
});

test('a datapath id is read in the notations of switches, ovs-vsctl and C', () => {
  for (const text of ['00:00:00:1a:a0:09:fb:c9', '0000001aa009fbc9', '0000001AA009FBC9', '0x1aa009fbc9']) {
    expect(datapathId.parse(text)).toBe(0x1aa009fbc9n);
  }
});

test('every 64-bit datapath id is read back from its usual text', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (dpid) => {
      const hex = dpid.toString(16).padStart(16, '0');
      expect(parseDpid(hex)).toBe(dpid);
      expect(parseDpid(hex.replace(/..(?=.)/g, '$&:'))).toBe(dpid);
    }),
    { numRuns: 100 },
  );
});

test('datapath ids that are decimal, short, long or zero are refused', () => {
  expect(message(datapathId.safeParse(12))).toContain('write 0xc');
  for (const bad of ['1a', '00:00:1a:a0:09:fb:c9', '0x', `0x${'1'.repeat(17)}`]) {
    expect(message(datapathId.safeParse(bad)), bad).toContain('expected a datapath id');
  }
  expect(message(datapathId.safeParse('0000000000000000'))).toContain('is no switch');
});

test('a gateway’s MAC address is that of one interface', () => {
  expect(stationMac.parse('02:00:00:00:00:03')).toBe(0x020000000003);
  expect(message(stationMac.safeParse('ff:ff:ff:ff:ff:ff'))).toContain('multicast');
  expect(message(stationMac.safeParse('00:00:00:00:00:00'))).toContain('all zero');
  expect(message(stationMac.safeParse('02:00:00:00:00'))).toContain('expected a MAC address');
});

test('a port is a name that OpenFlow can carry, or a number', () => {
  expect(portName.parse('eth0')).toBe('eth0');
  expect(portName.parse(7)).toBe('7');
  expect(message(portName.safeParse('a'.repeat(16)))).toContain('too long');
  expect(message(portName.safeParse(0))).toContain('from 1 to');
  expect(message(portName.safeParse('eth 0'))).toContain('expected a port');
});
