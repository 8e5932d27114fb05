import { describe, expect, test } from 'vitest';
import { ACTORS, actor, addressOf, nextHop, scenes } from './story.ts';

describe('the cast', () => {
  test.each(['portName', 'portNo', 'mac', 'name'] as const)('has no two actors with one %s', (key) => {
    const values = ACTORS.map((each) => each[key]);
    expect(new Set(values).size).toBe(values.length);
  });

  test('has port names that Linux takes as interface names', () => {
    for (const { portName } of ACTORS) expect(portName.length).toBeLessThanOrEqual(15);
  });

  test('shares no address, but for the WAN host that both doors lead to', () => {
    const holders = new Map<string, string[]>();
    for (const { name, addresses } of ACTORS) {
      for (const address of addresses) holders.set(address, [...(holders.get(address) ?? []), name]);
    }
    const shared = [...holders].filter(([, names]) => names.length > 1);
    expect(shared).toEqual([
      ['203.0.113.10/32', ['wan', 'alternate']],
      ['2001:db8:ffff::10/128', ['wan', 'alternate']],
    ]);
  });
});

describe.each(['1.0', '1.3'] as const)('the scenes for OpenFlow %s', (version) => {
  const story = scenes(version);

  test('have ids of their own, by which their probes are told apart', () => {
    expect(new Set(story.map(({ id }) => id)).size).toBe(story.length);
  });

  test('go from and to addresses that their actors have', () => {
    for (const { from, to, source, destination } of story) {
      const held = (name: string): string[] => actor(name).addresses.map((address) => address.split('/')[0]!);
      expect(held(from)).toContain(source);
      expect(held(to)).toContain(destination);
      expect(source.includes(':')).toBe(destination.includes(':'));
    }
  });

  test('are told in IPv6 only where the switch can match its addresses', () => {
    expect(story.some(({ source }) => source.includes(':'))).toBe(version === '1.3');
  });

  test('let eve meet the gateway before she tries what is denied behind it', () => {
    const eve = story.filter(({ from }) => from === 'eve').map(({ destination }) => destination);
    expect(eve.indexOf('10.1.254.1')).toBeLessThan(eve.indexOf('203.0.113.99'));
    expect(eve.indexOf('203.0.113.99')).toBeLessThan(eve.indexOf('203.0.113.10'));
  });
});

test('the next hop to the WAN is the gateway of that family, and a neighbour is its own', () => {
  const story = scenes('1.3');
  const toWan = story.find(({ from, destination }) => from === 'bob' && destination === '203.0.113.10')!;
  expect(nextHop(toWan)).toEqual({ address: '10.1.254.1', mac: '02:00:00:00:00:02' });
  const toWan6 = story.find(({ from, destination }) => from === 'bob' && destination === '2001:db8:ffff::10')!;
  expect(nextHop(toWan6).address).toBe('2001:db8:1:ffff::1');
  const toAlice = story.find(({ from, to }) => from === 'bob' && to === 'alice-1')!;
  expect(nextHop(toAlice)).toEqual({ address: addressOf(actor('alice-1'), 4), mac: actor('alice-1').mac });
});
