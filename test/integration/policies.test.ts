// Every shipped policy by real packets through a real Open vSwitch, in both versions, with the switch's own rules and
// `ofproto/trace` as the witness.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildTcp } from '../../protocols/packet/build.ts';
import { eventually } from '../support/eventually.ts';
import { BRIDGE, HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const WAN = '203.0.113.10';
const WAN_ALLOWED = '203.0.113.99';
const WAN_V6 = '2001:db8:ffff::10';

function tcpHex(from: HostName, ethDst: string, dst: string): string {
  const frame = buildTcp(
    { ethSrc: parseMac(HOSTS[from].mac)!, ethDst: parseMac(ethDst)! },
    { src: parseIp(HOSTS[from].ipv4)!, dst: parseIp(dst)! },
    { srcPort: 40_000, dstPort: 80 },
  );
  return Buffer.from(frame).toString('hex');
}

describe.each(MODES)(
  'the shipped policies on Open vSwitch with OpenFlow $version, $pipeline, registers $registers',
  (mode) => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.start(mode);
      expect(await site.register('alice1', 'alice2', 'bob', 'eve', 'mallory')).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
    });
    afterAll(() => site?.stop());

    const reachable: readonly [HostName, string, string, boolean][] = [
      ['alice1', 'another job of the same user', HOSTS.alice2.ipv4, true],
      ['alice1', 'a job of another user', HOSTS.bob.ipv4, false],
      ['bob', 'a job of another user', HOSTS.eve.ipv4, false],
      ['alice1', 'the campus', HOSTS.campus.ipv4, true],
      ['campus', 'a job', HOSTS.bob.ipv4, true],
      ['bob', 'the WAN', WAN, true],
      ['alice1', 'the WAN', WAN, true],
      ['eve', 'the campus', HOSTS.campus.ipv4, true],
      ['eve', 'its gateway', HOSTS.gateway.ipv4, true],
      ['eve', 'the WAN', WAN, false],
      ['eve', 'a WAN address that is allowed anyway', WAN_ALLOWED, true],
      ['gateway', 'a user without WAN from a campus address', HOSTS.eve.ipv4, true],
      ['mallory', 'the campus', HOSTS.campus.ipv4, false],
      ['mallory', 'the WAN', WAN, false],
      ['campus', 'a blocked user', HOSTS.mallory.ipv4, false],
    ];

    it('let through exactly what they should', async () => {
      const results = await Promise.all(reachable.map(([from, , address]) => site.reaches(from, address)));
      const seen = reachable.map(([from, what], i) => `${from} -> ${what}: ${results[i]}`);
      expect(seen).toEqual(reachable.map(([from, what, , expected]) => `${from} -> ${what}: ${expected}`));
    });

    it('hold for IPv6 and neighbour discovery in 1.3; in 1.0 no IPv6 of a job passes', async () => {
      const pairs = [
        ['alice1', HOSTS.alice2.ipv6, true],
        ['alice1', HOSTS.bob.ipv6, false],
        ['alice1', HOSTS.campus.ipv6, true],
        ['bob', WAN_V6, true],
        ['eve', WAN_V6, false],
        ['eve', HOSTS.gateway.ipv6, true],
        ['mallory', HOSTS.campus.ipv6, false],
      ] as const;
      const results = await Promise.all(pairs.map(([from, address]) => site.reaches(from, address)));
      const expected = pairs.map(([from, address, inOf13]) => [from, address, inOf13 && mode.version === '1.3']);
      expect(pairs.map(([from, address], i) => [from, address, results[i]])).toEqual(expected);
    });

    it("send a redirected user's WAN traffic out of the alternate port, and no one else's", async () => {
      const received = async (name: 'gateway' | 'alternate') => {
        const text = await site.host(name).exec('cat', ['/sys/class/net/eth0/statistics/rx_bytes']);
        return Number(text);
      };
      const before = { gateway: await received('gateway'), alternate: await received('alternate') };
      expect(await site.reaches('alice2', WAN)).toBe(true);
      const alice = { gateway: await received('gateway'), alternate: await received('alternate') };
      expect(alice.alternate - before.alternate).toBeGreaterThanOrEqual(2 * 98);
      expect(alice.gateway - before.gateway).toBeLessThan(98);
      expect(await site.reaches('bob', WAN)).toBe(true);
      expect((await received('gateway')) - alice.gateway).toBeGreaterThanOrEqual(2 * 98);
      expect((await received('alternate')) - alice.alternate).toBeLessThan(98);
    });

    it('put WAN traffic into the queue of its accounting group', async () => {
      expect(await site.reaches('bob', WAN)).toBe(true);
      expect(await site.reaches('eve', WAN_ALLOWED)).toBe(true);
      await site.ovs.revalidatorWait();
      const trace = async (from: HostName, dst: string) =>
        (await site.ovs.trace(BRIDGE, HOSTS[from].portNo, tcpHex(from, HOSTS.gateway.mac, dst))).text;
      const queue = (id: number) => (mode.version === '1.0' ? `enqueue:8:${id}` : `set_queue:${id}`);
      expect(await trace('bob', WAN)).toContain(queue(1));
      expect(await trace('eve', WAN_ALLOWED)).toContain(queue(0));
    });

    it('are what ofproto/trace says of the tables', async () => {
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
      await site.ovs.revalidatorWait();
      const trace = async (from: HostName, ethDst: string, dst: string) =>
        (await site.ovs.trace(BRIDGE, HOSTS[from].portNo, tcpHex(from, ethDst, dst))).datapathActions;
      expect(await trace('alice1', HOSTS.alice2.mac, HOSTS.alice2.ipv4)).toMatch(/^\d+$/);
      // No rule lets any of these pass: they are dropped, or go to the controller, which drops them.
      const forbidden = [
        ['alice1', HOSTS.bob.mac, HOSTS.bob.ipv4],
        ['alice1', HOSTS.bob.mac, HOSTS.alice2.ipv4],
        ['eve', HOSTS.gateway.mac, WAN],
        ['mallory', HOSTS.campus.mac, HOSTS.campus.ipv4],
      ] as const;
      for (const [from, ethDst, dst] of forbidden) {
        expect(await trace(from, ethDst, dst)).toMatch(/^(drop|userspace\(.*controller.*\))$/);
      }
    });

    it('are explained with the policy, its line and the rules that carry it out', async () => {
      expect(await site.reaches('eve', WAN)).toBe(false);
      const denied = await site.explain(HOSTS.eve.ipv4, WAN);
      expect(denied).toMatchObject({
        source: { type: 'job', user: 'eve' },
        destination: { type: 'zone', name: 'wan' },
        verdict: { action: 'drop', policy: 'wan-access', place: expect.stringMatching(/^policy\.yaml:\d+:\d+$/) },
        silentSwitches: [],
      });
      expect(denied.rules.find(({ actions }) => actions === 'drop')).toMatchObject({ switch: BRIDGE });
      const redirected = await site.explain(HOSTS.alice1.ipv4, WAN);
      expect(redirected.verdict).toMatchObject({ action: 'forward', via: { name: 'i2' }, queue: { name: 'physics' } });
    });

    it("go with the job: its rules are gone when CLEAN is answered, and its address is nobody's", async () => {
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
      expect(await site.clean('alice2')).toBe('OK');
      // What the host sends after that is dropped, by a rule where the pipeline makes rules for packets.
      const flows = (await site.dumpFlows()).split('\n').filter((flow) => !flow.endsWith('actions=drop'));
      expect(flows.join('\n')).not.toMatch(
        new RegExp(`(nw_|arp_|ipv6_)\\w+=${HOSTS.alice2.ipv4.replaceAll('.', '\\.')}\\b|reg[01]=0xa01000c\\b`),
      );
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(false);
      expect(await site.reaches('alice2', HOSTS.campus.ipv4)).toBe(false);
      expect(await site.register('alice2')).toEqual(['OK']);
      await eventually('the job to be back', () => site.reaches('alice1', HOSTS.alice2.ipv4), 10_000);
    });
  },
);
