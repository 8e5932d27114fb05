// What a job may try to get past its policy: each attempt is a real frame on a real Open vSwitch, and carries a marker
// that must be seen nowhere. An allowed frame with its own marker follows each round through the same switch, so that
// "nowhere" is not just "not yet".

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROADCAST_MAC, type Ipv6Address, parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildArp, buildIp, buildUdp, type VlanTag } from '../../protocols/packet/build.ts';
import { ipv6MulticastMac } from '../../protocols/packet/build-control.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const EVERYBODY = Object.keys(HOSTS) as HostName[];
const mac = (name: HostName) => parseMac(HOSTS[name].mac)!;
const ip = (text: string) => parseIp(text)!;
const bytes = (text: string) => new TextEncoder().encode(text);

let markers = 0;
function nextMarker(): string {
  return `marker-${++markers}-`;
}

interface Attempt {
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly src: string;
  readonly dst: string;
  readonly tags?: readonly VlanTag[];
}

function udp({ ethSrc, ethDst, src, dst, tags = [] }: Attempt, marker: string): Uint8Array {
  const ports = { srcPort: 4000, dstPort: 4000, data: bytes(marker) };
  return buildUdp({ ethSrc, ethDst, tags }, { src: ip(src), dst: ip(dst) }, ports);
}

describe.each(MODES)('evasion on Open vSwitch with OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start(mode);
    expect(await site.register('alice1', 'alice2', 'bob', 'eve', 'mallory')).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
    for (const name of EVERYBODY) await site.raw(name);
    // Everybody is known everywhere: nothing below is dropped merely because its way is unknown.
    for (const name of ['gateway', 'alternate', 'campus'] as const) {
      await site.host(name).ping(name === 'campus' ? HOSTS.gateway.ipv4 : HOSTS.campus.ipv4, { count: 1 });
    }
  });
  afterAll(() => site?.stop());

  /** Sends all frames from one host, and says who has seen the marker once an honest frame has come through after them. */
  async function seenBy(from: HostName, marker: string, ...frames: Uint8Array[]): Promise<HostName[]> {
    const sender = await site.raw(from);
    for (const frame of frames) sender.send(frame);
    await honestRound();
    await site.ovs.revalidatorWait();
    // Again, now by whatever rules the first round has left.
    for (const frame of frames) sender.send(frame);
    await honestRound();
    const seen: HostName[] = [];
    for (const name of EVERYBODY) if ((await site.raw(name)).has(marker)) seen.push(name);
    return seen;
  }

  /** alice's job to alice's job, and bob's to the campus: both must arrive. */
  async function honestRound(): Promise<void> {
    for (const [from, to] of [
      ['alice1', 'alice2'],
      ['bob', 'campus'],
    ] as const) {
      const marker = nextMarker();
      const frame = udp({ ethSrc: mac(from), ethDst: mac(to), src: HOSTS[from].ipv4, dst: HOSTS[to].ipv4 }, marker);
      const [sender, receiver] = [await site.raw(from), await site.raw(to)];
      sender.send(frame);
      await eventually(`an honest frame from ${from} to ${to}`, () => receiver.has(marker));
    }
  }

  const blocked = { ethSrc: mac('mallory'), ethDst: mac('campus'), src: HOSTS.mallory.ipv4, dst: HOSTS.campus.ipv4 };

  it.each([
    ['one tag, VID 0', [{ vid: 0 }]],
    ['one tag, VID 5', [{ vid: 5 }]],
    ['one service tag', [{ vid: 0, tpid: 0x88a8 }]],
    ['two tags, VID 0', [{ vid: 0 }, { vid: 0 }]],
    ['two tags, service and customer', [{ vid: 0, tpid: 0x88a8 }, { vid: 0 }]],
    ['three tags', [{ vid: 0 }, { vid: 0 }, { vid: 0 }]],
    ['three tags, mixed', [{ vid: 7, tpid: 0x88a8 }, { vid: 0 }, { vid: 3 }]],
  ] as readonly (readonly [string, readonly VlanTag[]])[])(
    'a blocked job does not get out with %s',
    async (_, tags) => {
      const marker = nextMarker();
      expect(await seenBy('mallory', marker, udp({ ...blocked, tags }, marker))).toEqual([]);
      const broadcast = { ...blocked, ethDst: BROADCAST_MAC, dst: '10.255.255.255', tags };
      expect(await seenBy('mallory', marker, udp(broadcast, marker))).toEqual([]);
    },
  );

  it('a blocked job does not get out in fragments', async () => {
    const marker = nextMarker();
    const ethernet = { ethSrc: blocked.ethSrc, ethDst: blocked.ethDst };
    const fragment = (offset: number, more: boolean) =>
      buildIp(
        ethernet,
        { src: ip(blocked.src), dst: ip(blocked.dst), fragment: { offset, more } },
        17,
        bytes(marker.padEnd(64, '.')),
      );
    expect(await seenBy('mallory', marker, fragment(0, true), fragment(64, true), fragment(128, false))).toEqual([]);
  });

  it("a blocked job does not get out under another job's MAC, address, or both", async () => {
    const marker = nextMarker();
    const frames = [
      udp({ ...blocked, ethSrc: mac('bob') }, marker),
      udp({ ...blocked, src: HOSTS.bob.ipv4 }, marker),
      udp({ ...blocked, ethSrc: mac('bob'), src: HOSTS.bob.ipv4 }, marker),
      udp(
        { ...blocked, ethSrc: mac('campus'), src: HOSTS.campus.ipv4, dst: HOSTS.gateway.ipv4, ethDst: mac('gateway') },
        marker,
      ),
      udp({ ...blocked, ethSrc: 0x020000000099, src: '10.1.0.99' }, marker),
    ];
    expect(await seenBy('mallory', marker, ...frames)).toEqual([]);
    // And the one it posed as is still itself.
    expect(await site.reaches('bob', HOSTS.campus.ipv4)).toBe(true);
  });

  it('a blocked job does not get out by other protocols', async () => {
    const marker = nextMarker();
    const frames = [0x8847, 0x88cc, 0x9000, 0x0600, 0x88e5].map((etherType) => {
      const frame = udp(blocked, marker);
      frame[12] = etherType >> 8;
      frame[13] = etherType & 255;
      return frame;
    });
    expect(await seenBy('mallory', marker, ...frames)).toEqual([]);
  });

  it("an allowed IP address behind an isolated job's MAC does not arrive there", async () => {
    const marker = nextMarker();
    const toCampus = { ethSrc: mac('bob'), ethDst: mac('alice1'), src: HOSTS.bob.ipv4, dst: HOSTS.campus.ipv4 };
    const frames = [udp(toCampus, marker), udp({ ...toCampus, dst: '203.0.113.99' }, marker)];
    expect(await seenBy('bob', marker, ...frames)).toEqual([]);
  });

  it('isolated jobs do not meet over fe80::, by broadcast, multicast, or a frame to an unknown MAC', async () => {
    const marker = nextMarker();
    const bob = { ethSrc: mac('bob'), ethDst: mac('alice1') };
    const linkLocal = { src: 'fe80::b0b', dst: 'fe80::a11' };
    const allNodes = parseIp('ff02::1') as Ipv6Address;
    const frames = [
      udp({ ...bob, ...linkLocal }, marker),
      udp({ ...bob, ethDst: ipv6MulticastMac(allNodes), src: 'fe80::b0b', dst: 'ff02::1' }, marker),
      udp({ ...bob, ethDst: BROADCAST_MAC, src: HOSTS.bob.ipv4, dst: '255.255.255.255' }, marker),
      udp({ ...bob, ethDst: 0x01005e0000fb, src: HOSTS.bob.ipv4, dst: '224.0.0.251' }, marker),
      udp({ ...bob, ethDst: 0x020000000098, src: HOSTS.bob.ipv4, dst: HOSTS.alice1.ipv4 }, marker),
      udp({ ...bob, ethDst: 0x020000000098, src: HOSTS.bob.ipv4, dst: '10.0.0.77' }, marker),
      udp({ ...bob, src: '169.254.1.1', dst: '169.254.1.2' }, marker),
    ];
    const seen = await seenBy('bob', marker, ...frames);
    for (const name of ['alice1', 'alice2', 'eve', 'mallory'] as const) expect(seen).not.toContain(name);
  });

  it("a job does not take over another's address by ARP", async () => {
    const lie = buildArp({
      op: 2,
      sha: mac('bob'),
      spa: ip(HOSTS.alice1.ipv4) as number & ReturnType<typeof ip> as never,
      tha: mac('campus'),
      tpa: ip(HOSTS.campus.ipv4) as never,
      ethDst: mac('campus'),
    });
    expect(await site.reaches('alice1', HOSTS.campus.ipv4)).toBe(true);
    (await site.raw('bob')).send(lie);
    await honestRound();
    const neighbours = await site.host('campus').exec('ip', ['neigh', 'show', HOSTS.alice1.ipv4]);
    expect(neighbours).toContain(HOSTS.alice1.mac);
    expect(await site.reaches('campus', HOSTS.alice1.ipv4)).toBe(true);
  });
});
