// VLANs of jobs on a real Open vSwitch, in every mode: without a tag at jobs' ports, with that of the VLAN at all others,
// by PacketOut as by rule; and no frame gets from one VLAN into another, or out of it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROADCAST_MAC, parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const WAN = '203.0.113.10';
const POLICIES = `
  - rule: { when: 'MY.Owner =?= "bob"', then: { mark: ef } }
  - vlan: { names: { physics: 120, other: 7 } }
  - connectivity: true
`;
/** Who hears it in which VLAN: the tag with which it came. */
type Heard = readonly (readonly [HostName, number | 'none'])[];

describe.each(MODES)('VLANs with OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;
  const names = ['alice1', 'alice2', 'bob', 'eve', 'campus', 'gateway', 'alternate'] as const;

  beforeAll(async () => {
    const policies = POLICIES.slice(1);
    site = await Site.start(mode, [...names], policies);
    expect(await site.registerWith('alice1', 'RequestedVLAN = "physics";')).toBe('OK');
    expect(await site.registerWith('alice2', 'RequestedVLAN = 120;')).toBe('OK');
    expect(await site.registerWith('bob', 'RequestedVLAN = "other";')).toBe('OK');
    expect(await site.registerWith('eve', '')).toBe('OK');
    for (const name of names) await site.raw(name);
  });
  afterAll(() => site?.stop());

  let number = 0;
  interface Sent {
    readonly to: HostName | 'all';
    readonly address?: string;
    readonly tag?: number;
    /** From the port that others are sent to, to the one that they are sent from. */
    readonly isReply?: boolean;
  }

  function send(from: HostName, { to, address, tag, isReply = false }: Sent, marker: string): Promise<void> {
    const ethDst = to === 'all' ? BROADCAST_MAC : parseMac(HOSTS[to].mac)!;
    const dst = parseIp(to === 'all' ? '255.255.255.255' : (address ?? HOSTS[to].ipv4))!;
    const link = { ethSrc: parseMac(HOSTS[from].mac)!, ethDst, tags: tag === undefined ? [] : [{ vid: tag }] };
    const [srcPort, dstPort] = isReply ? [4001, 4000] : [4000, 4001];
    const ends = { srcPort, dstPort, data: new TextEncoder().encode(marker) };
    const frame = buildUdp(link, { src: parseIp(HOSTS[from].ipv4)!, dst }, ends);
    return site.raw(from).then((host) => host.send(frame));
  }

  async function heardOf(marker: string): Promise<Heard> {
    const heard: [HostName, number | 'none'][] = [];
    for (const name of names) {
      const { frames } = await site.raw(name);
      for (const frame of frames) {
        // An ICMP error quotes what it is about.
        const { vlanVid, ipProto } = parseFrame(frame);
        if (ipProto === IpProto.UDP && Buffer.from(frame).includes(marker)) heard.push([name, vlanVid ?? 'none']);
      }
    }
    return heard;
  }

  /** Four times, by PacketOut and by what rules come of it; and nobody else hears it. */
  async function expectHeard(from: HostName, sent: Sent, expected: Heard): Promise<void> {
    for (let turn = 0; turn < 4; turn++) {
      const marker = `vlan ${++number};`;
      await send(from, sent, marker);
      if (expected.length === 0) await fence();
      else await eventually(`${from}: ${marker}`, async () => (await heardOf(marker)).length >= expected.length);
      expect(await heardOf(marker), `${from} to ${sent.to}, turn ${turn}`).toEqual(expected);
    }
    await fence();
    expect(await heardOf(`vlan ${number};`)).toEqual(expected);
  }

  /** What was sent before has come, or will not: a broadcast of eve's goes the same ways, by way of the controller. */
  async function fence(): Promise<void> {
    const marker = `fence ${++number};`;
    await send('eve', { to: 'all' }, marker);
    await eventually(marker, async () => (await heardOf(marker)).length >= 2);
    number--;
  }

  it('a job is heard with its tag outside, and without one by the jobs of its VLAN', async () => {
    await expectHeard('campus', { to: 'alice1', tag: 120 }, [['alice1', 'none']]);
    await expectHeard('gateway', { to: 'bob', tag: 7 }, [['bob', 'none']]);
    await expectHeard('alice1', { to: 'campus' }, [['campus', 120]]);
    await expectHeard('bob', { to: 'gateway', address: WAN }, [['gateway', 7]]);
    await expectHeard('alice1', { to: 'gateway', address: WAN }, [['alternate', 120]]);
    await expectHeard('alice1', { to: 'alice2' }, [['alice2', 'none']]);
    await expectHeard('eve', { to: 'campus' }, [['campus', 'none']]);
  });

  it('a job is sent nothing without its tag, or with another', async () => {
    for (const tag of [undefined, 7, 121]) await expectHeard('campus', { to: 'alice1', ...(tag && { tag }) }, []);
    for (const tag of [7, 120]) await expectHeard('campus', { to: 'eve', tag }, []);
  });

  it('a job sends nothing with a tag, be it its own, nor to jobs of others', async () => {
    for (const tag of [7, 120]) await expectHeard('alice1', { to: 'campus', tag }, []);
    await expectHeard('alice1', { to: 'bob' }, []);
    await expectHeard('alice1', { to: 'eve' }, []);
  });

  it('what only replies is told within the VLAN, too', async () => {
    await site.clean('alice2');
    expect(await site.registerWith('alice2', 'RequestedVLAN = 120; InboundConnectivity = false;')).toBe('OK');
    await expectHeard('campus', { to: 'alice2', tag: 120 }, []);
    await expectHeard('alice2', { to: 'campus' }, [['campus', 120]]);
    // By UDP, which only a switch that tracks connections can tell to be a reply.
    await expectHeard('campus', { to: 'alice2', tag: 120, isReply: true }, mode.registers ? [['alice2', 'none']] : []);
    await expectHeard('campus', { to: 'alice2', isReply: true }, []);
    await site.clean('alice2');
    expect(await site.registerWith('alice2', 'RequestedVLAN = 120;')).toBe('OK');
  });

  it('broadcasts stay within their VLAN', async () => {
    const outside = (tag: number | 'none') =>
      [
        ['campus', tag],
        ['gateway', tag],
      ] as const;
    await expectHeard('alice1', { to: 'all' }, [['alice2', 'none'], ...outside(120)]);
    await expectHeard('bob', { to: 'all' }, outside(7));
    await expectHeard('campus', { to: 'all', tag: 120 }, [
      ['alice1', 'none'],
      ['alice2', 'none'],
      ['gateway', 120],
    ]);
    await expectHeard('campus', { to: 'all', tag: 7 }, [
      ['bob', 'none'],
      ['gateway', 7],
    ]);
    await expectHeard('campus', { to: 'all' }, [
      ['eve', 'none'],
      ['gateway', 'none'],
    ]);
    await expectHeard('campus', { to: 'all', tag: 121 }, [['gateway', 121]]);
  });
});
