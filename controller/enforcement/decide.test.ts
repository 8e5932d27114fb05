import { describe, expect, it } from 'vitest';
import { BROADCAST_MAC, type Ipv4Address, type Ipv6Address } from '../../protocols/packet/address.ts';
import { buildArp, buildEthernet, buildIcmp, buildIp, buildTcp, buildUdp } from '../../protocols/packet/build.ts';
import {
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  ipv6MulticastMac,
} from '../../protocols/packet/build-control.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { LOCAL_PORT } from '../network/port-numbers.ts';
import { decide } from './decide.ts';
import type { Fate } from './fate.ts';
import { ip, MACS, makeScene, POLICY, PORTS } from './testing/scene.ts';

const tcp = (ethSrc: number, ethDst: number, src: string, dst: string, vids: readonly number[] = []) =>
  buildTcp(
    { ethSrc, ethDst, tags: vids.map((vid) => ({ vid })) },
    { src: ip(src), dst: ip(dst) },
    { srcPort: 4000, dstPort: 80 },
  );
const arp = (ethSrc: number, spa: string, tpa: string, rest: { op?: number; ethDst?: number; sha?: number } = {}) =>
  buildArp({ sha: ethSrc, ethSrc, spa: ip(spa) as Ipv4Address, tpa: ip(tpa) as Ipv4Address, ...rest });
const ports = (fate: Fate) => fate.outputs.map(({ port }) => port);

const NOT_JOBS = [PORTS.host, PORTS.trunk, PORTS.wan0, LOCAL_PORT];

describe.each([
  ['1.0', 1],
  ['1.3', 4],
] as const)('a switch with OpenFlow %s', (_, version) => {
  const fateOf = (frame: Uint8Array, inPort: number) => decide(makeScene(version), parseFrame(frame), inPort);

  it('forwards between two jobs of one user by a rule that names both ends in full', () => {
    const fate = fateOf(tcp(MACS.alice1, MACS.alice2, '10.1.0.11', '10.1.0.12'), PORTS.alice1);
    expect(fate.outputs).toEqual([{ port: PORTS.alice2 }]);
    expect(fate.match).toEqual({
      inPort: PORTS.alice1,
      ethSrc: MACS.alice1,
      ethDst: MACS.alice2,
      vlan: 'none',
      ethType: 0x0800,
      ipSrc: { network: ip('10.1.0.11'), length: 32 },
      ipDst: { network: ip('10.1.0.12'), length: 32 },
    });
  });

  it('drops between jobs of different users and says which policy and line', () => {
    const fate = fateOf(tcp(MACS.alice1, MACS.bob, '10.1.0.11', '10.1.0.13'), PORTS.alice1);
    expect(fate).toMatchObject({ outputs: [], dropReason: 'policy' });
    expect(fate.verdict).toMatchObject({ action: 'drop', origin: { policy: 'isolate-users', place: { line: 18 } } });
    expect(fate.match).toBeDefined();
  });

  it('drops for one peer without touching the others', () => {
    const dropped = fateOf(tcp(MACS.alice1, MACS.bob, '10.1.0.11', '10.1.0.13'), PORTS.alice1);
    expect(dropped.match).toMatchObject({ ipDst: { network: ip('10.1.0.13'), length: 32 } });
    expect(ports(fateOf(tcp(MACS.alice1, MACS.host, '10.1.0.11', '10.0.0.5'), PORTS.alice1))).toEqual([PORTS.host]);
  });

  it('puts WAN traffic of a group into its queue, and of others into the default one', () => {
    const bob = fateOf(tcp(MACS.bob, MACS.gateway, '10.1.0.13', '203.0.113.10'), PORTS.bob);
    expect(bob.outputs).toEqual([{ port: PORTS.wan0, queueId: 1 }]);
    const dave = fateOf(tcp(0x020000000055, MACS.gateway, '10.1.0.16', '203.0.113.10'), PORTS.dave);
    expect(dave.outputs).toEqual([{ port: PORTS.wan0, queueId: 0 }]);
  });

  it("redirects a user's WAN traffic to the alternate port, readdressed to its gateway", () => {
    const fate = fateOf(tcp(MACS.alice1, MACS.gateway, '10.1.0.11', '203.0.113.10'), PORTS.alice1);
    expect(fate.outputs).toEqual([{ port: PORTS.alt0, ethDst: MACS.i2 }]);
    const campus = fateOf(tcp(MACS.alice1, MACS.host, '10.1.0.11', '10.0.0.5'), PORTS.alice1);
    expect(campus.outputs).toEqual([{ port: PORTS.host }]);
  });

  it('denies eve the WAN save the address that is allowed anyway, ARP with the gateway or not', () => {
    const scene = makeScene(version);
    const fate = (frame: Uint8Array) => decide(scene, parseFrame(frame), PORTS.eve);
    expect(ports(fate(arp(MACS.eve, '10.1.0.14', '10.0.0.1')))).toEqual(NOT_JOBS);
    const reply = arp(MACS.eve, '10.1.0.14', '10.0.0.1', { op: 2, ethDst: MACS.gateway });
    expect(fate(reply)).toMatchObject({ outputs: [{ port: PORTS.wan0 }], match: undefined });
    expect(ports(fate(tcp(MACS.eve, MACS.gateway, '10.1.0.14', '203.0.113.99')))).toEqual([PORTS.wan0]);
    expect(fate(tcp(MACS.eve, MACS.gateway, '10.1.0.14', '203.0.113.10'))).toMatchObject({
      outputs: [],
      dropReason: 'policy',
    });
  });

  it('gives a blocked user no one, not even by broadcast', () => {
    expect(fateOf(tcp(MACS.mallory, MACS.host, '10.1.0.15', '10.0.0.5'), PORTS.mallory).dropReason).toBe('policy');
    expect(fateOf(arp(MACS.mallory, '10.1.0.15', '10.0.0.5'), PORTS.mallory).dropReason).toBe('policy');
    expect(fateOf(arp(MACS.mallory, '10.1.0.15', '10.1.0.15'), PORTS.mallory)).toMatchObject({
      outputs: [],
      dropReason: 'policy',
    });
    expect(fateOf(tcp(MACS.host, MACS.mallory, '10.0.0.5', '10.1.0.15'), PORTS.host).dropReason).toBe('policy');
  });

  it('brings an ARP request for a job to its port alone, and one for others to no job', () => {
    expect(ports(fateOf(arp(MACS.alice1, '10.1.0.11', '10.1.0.12'), PORTS.alice1))).toEqual([PORTS.alice2]);
    expect(ports(fateOf(arp(MACS.alice1, '10.1.0.11', '10.1.0.21'), PORTS.alice1))).toEqual([PORTS.trunk]);
    expect(ports(fateOf(arp(MACS.host, '10.0.0.5', '10.1.0.13'), PORTS.host))).toEqual([PORTS.bob]);
    expect(ports(fateOf(arp(MACS.host, '10.0.0.5', '10.0.0.9'), PORTS.host))).toEqual([
      PORTS.trunk,
      PORTS.wan0,
      LOCAL_PORT,
    ]);
    expect(fateOf(arp(MACS.alice1, '10.1.0.11', '10.1.0.13'), PORTS.alice1).outputs).toEqual([]);
    expect(fateOf(arp(MACS.alice1, '10.1.0.11', '10.1.0.99'), PORTS.alice1).dropReason).toBe('unregistered');
  });

  it('brings a broadcast to the jobs that the sender may talk to', () => {
    const announce = (sender: number, from: string, inPort: number) => ports(fateOf(arp(sender, from, from), inPort));
    // The host port has carol behind it, who is not alice, and enforced by address.
    expect(announce(MACS.alice1, '10.1.0.11', PORTS.alice1)).toEqual([
      PORTS.alice2,
      PORTS.trunk,
      PORTS.wan0,
      LOCAL_PORT,
    ]);
    expect(announce(MACS.gateway, '10.0.0.1', PORTS.wan0)).toEqual([
      PORTS.alice1,
      PORTS.alice2,
      PORTS.bob,
      PORTS.eve,
      PORTS.host,
      PORTS.trunk,
      PORTS.dave,
      LOCAL_PORT,
    ]);
  });

  it('does not let an IP packet for one ride a broadcast frame', () => {
    const frame = tcp(MACS.host, BROADCAST_MAC, '10.0.0.5', '10.1.0.13');
    expect(fateOf(frame, PORTS.host)).toMatchObject({ outputs: [], dropReason: 'delivery' });
  });

  it("drops an allowed IP address behind an isolated job's MAC", () => {
    expect(fateOf(tcp(MACS.bob, MACS.alice1, '10.1.0.13', '10.0.0.5'), PORTS.bob).dropReason).toBe('delivery');
    expect(fateOf(tcp(MACS.bob, MACS.alice1, '10.1.0.13', '10.1.0.22'), PORTS.bob).dropReason).toBe('delivery');
  });

  it("takes a job's address and MAC from its own port alone", () => {
    const spoofed = [
      [tcp(MACS.bob, MACS.host, '10.1.0.11', '10.0.0.5'), PORTS.bob],
      [tcp(MACS.alice1, MACS.host, '10.1.0.11', '10.0.0.5'), PORTS.bob],
      [tcp(MACS.alice1, MACS.host, '10.1.0.13', '10.0.0.5'), PORTS.bob],
      [tcp(MACS.alice1, MACS.alice2, '10.1.0.11', '10.1.0.12'), PORTS.host],
      [tcp(MACS.gateway, MACS.alice2, '10.1.0.11', '10.1.0.12'), PORTS.wan0],
      [tcp(MACS.aliceAfar, MACS.alice2, '10.1.0.21', '10.1.0.12'), PORTS.host],
      [arp(MACS.bob, '10.1.0.13', '10.0.0.5', { sha: MACS.alice1 }), PORTS.bob],
    ] as const;
    for (const [frame, inPort] of spoofed) expect(fateOf(frame, inPort).dropReason).toBe('spoofed');
    expect(ports(fateOf(tcp(MACS.aliceAfar, MACS.alice2, '10.1.0.21', '10.1.0.12'), PORTS.trunk))).toEqual([
      PORTS.alice2,
    ]);
  });

  it("drops what comes from a job's port with a tag, whatever the tag", () => {
    for (const vids of [[0], [5], [0, 0], [5, 0], [0, 0, 0]]) {
      expect(fateOf(tcp(MACS.bob, MACS.host, '10.1.0.13', '10.0.0.5', vids), PORTS.bob)).toMatchObject({
        outputs: [],
        dropReason: 'gate',
      });
    }
  });

  it('drops fragments of what it drops', () => {
    const fragment = buildIp(
      { ethSrc: MACS.alice1, ethDst: MACS.bob },
      { src: ip('10.1.0.11'), dst: ip('10.1.0.13'), fragment: { offset: 64, more: false } },
      17,
      new Uint8Array(32),
    );
    expect(fateOf(fragment, PORTS.alice1).dropReason).toBe('policy');
  });

  it('drops an address of the ranges that no job holds, save what gets it an address', () => {
    expect(fateOf(tcp(MACS.host, 0x020000000077, '10.0.0.5', '10.1.0.99'), PORTS.host).dropReason).toBe('unregistered');
    expect(fateOf(tcp(0x020000000077, MACS.host, '10.1.0.99', '10.0.0.5'), PORTS.empty).dropReason).toBe(
      'unregistered',
    );
    const discover = buildUdp(
      { ethSrc: 0x020000000077, ethDst: BROADCAST_MAC },
      { src: ip('0.0.0.0'), dst: ip('255.255.255.255') },
      { srcPort: 68, dstPort: 67 },
    );
    expect(ports(fateOf(discover, PORTS.empty))).toEqual(NOT_JOBS);
    const probe = arp(0x020000000077, '0.0.0.0', '10.1.0.99');
    expect(ports(fateOf(probe, PORTS.empty))).toEqual(NOT_JOBS);
  });

  it('answers DHCP where the question came from, by no rule', () => {
    const scene = makeScene(version);
    const client = 0x020000000077;
    const dhcp = (ethernet: { ethSrc: number; ethDst: number }, src: string, dst: string, ports: [number, number]) =>
      parseFrame(buildUdp(ethernet, { src: ip(src), dst: ip(dst) }, { srcPort: ports[0], dstPort: ports[1] }));
    const asked = decide(
      scene,
      dhcp({ ethSrc: client, ethDst: BROADCAST_MAC }, '0.0.0.0', '255.255.255.255', [68, 67]),
      PORTS.empty,
    );
    expect(asked.learned).toBe(client);
    scene.state.hosts.learn(asked.learned!, PORTS.empty);
    const offer = decide(
      scene,
      dhcp({ ethSrc: MACS.host, ethDst: client }, '10.0.0.5', '10.1.0.99', [67, 68]),
      PORTS.host,
    );
    expect(offer).toMatchObject({ outputs: [{ port: PORTS.empty }], match: undefined });
    const other = decide(
      scene,
      dhcp({ ethSrc: MACS.host, ethDst: client }, '10.0.0.5', '10.1.0.99', [67, 69]),
      PORTS.host,
    );
    expect(other.dropReason).toBe('unregistered');
  });

  it('binds a job that registered without a MAC to the first that it uses', () => {
    const scene = makeScene(version);
    const own = 0x020000000055;
    const fate = decide(scene, parseFrame(tcp(own, MACS.host, '10.1.0.16', '10.0.0.5')), PORTS.dave);
    expect(fate.binds?.mac).toBe(own);
    scene.jobs.learnMac(fate.binds!.placed, fate.binds!.mac);
    const other = parseFrame(tcp(0x020000000056, MACS.host, '10.1.0.16', '10.0.0.5'));
    expect(decide(scene, other, PORTS.dave).dropReason).toBe('spoofed');
  });

  it("never floods unknown unicast to a job's port", () => {
    const frame = tcp(MACS.alice1, 0x020000000099, '10.1.0.11', '10.0.0.9');
    const fate = fateOf(frame, PORTS.alice1);
    expect(ports(fate)).toEqual(NOT_JOBS);
    expect(fate.match).toBeUndefined();
  });

  it('passes other protocols and tags between hosts that are no jobs', () => {
    const scene = makeScene(version);
    const frame = parseFrame(buildEthernet({ ethSrc: MACS.host, ethDst: MACS.gateway }, 0x9000, new Uint8Array(46)));
    expect(decide(scene, frame, PORTS.host)).toMatchObject({
      outputs: [{ port: PORTS.wan0 }],
      match: { ethType: 0x9000 },
    });
    const tagged = parseFrame(tcp(MACS.host, MACS.gateway, '10.0.0.5', '198.51.100.1', [7]));
    expect(decide(scene, tagged, PORTS.host)).toMatchObject({ outputs: [{ port: PORTS.wan0 }], match: { vlan: 7 } });
    const toJob = parseFrame(tcp(MACS.host, MACS.alice1, '10.0.0.5', '10.1.0.11', [7]));
    expect(decide(scene, toJob, PORTS.host).outputs).toEqual([]);
  });

  it('lets only what opens no connection through where the verdict says so, and by no rule', () => {
    const policy = POLICY.replace(
      '- isolate-users: true',
      `- isolate-users: true
  - rule: { when: 'MY.EndpointType == "zone" && TARGET.Owner == "bob"', then: { connections: replies } }`,
    );
    const scene = makeScene(version, policy);
    const toBob = (flags: number) =>
      parseFrame(
        buildTcp(
          { ethSrc: MACS.host, ethDst: MACS.bob },
          { src: ip('10.0.0.5'), dst: ip('10.1.0.13') },
          { srcPort: 80, dstPort: 4000, flags },
        ),
      );
    const [SYN, SYN_ACK, ACK, RST] = [0x02, 0x12, 0x10, 0x04];
    expect(decide(scene, toBob(SYN), PORTS.host)).toMatchObject({
      outputs: [],
      dropReason: 'policy',
      match: undefined,
    });
    for (const flags of [SYN_ACK, ACK, RST]) {
      expect(decide(scene, toBob(flags), PORTS.host)).toMatchObject({
        outputs: [{ port: PORTS.bob }],
        match: undefined,
      });
    }
    const udp = buildUdp(
      { ethSrc: MACS.host, ethDst: MACS.bob },
      { src: ip('10.0.0.5'), dst: ip('10.1.0.13') },
      { srcPort: 53, dstPort: 4000 },
    );
    expect(decide(scene, parseFrame(udp), PORTS.host).dropReason).toBe('policy');
    expect(ports(decide(scene, parseFrame(arp(MACS.host, '10.0.0.5', '10.1.0.13')), PORTS.host))).toEqual([PORTS.bob]);
    const back = parseFrame(tcp(MACS.bob, MACS.host, '10.1.0.13', '10.0.0.5'));
    expect(decide(scene, back, PORTS.bob)).toMatchObject({
      outputs: [{ port: PORTS.host }],
      match: { ethType: 0x0800 },
    });
  });

  it('drops what is redirected to an alternate that the switch lacks', () => {
    const scene = makeScene(version);
    scene.state.removePort(PORTS.alt0);
    const frame = parseFrame(tcp(MACS.alice1, MACS.gateway, '10.1.0.11', '203.0.113.10'));
    expect(decide(scene, frame, PORTS.alice1).dropReason).toBe('alternate-away');
  });
});

describe('IPv6 on a 1.3 switch', () => {
  const fateOf = (frame: Uint8Array, inPort: number) => decide(makeScene(4), parseFrame(frame), inPort);
  const ping = (ethSrc: number, ethDst: number, src: string, dst: string) =>
    buildIcmp({ ethSrc, ethDst }, { src: ip(src), dst: ip(dst) }, { type: 128, body: new Uint8Array(8) });

  it('forwards and drops as for IPv4, by rules that leave neighbour discovery to the controller', () => {
    const fate = fateOf(ping(MACS.alice1, MACS.alice2, '2001:db8:1::11', '2001:db8:1::12'), PORTS.alice1);
    expect(ports(fate)).toEqual([PORTS.alice2]);
    expect(fate.match).toMatchObject({ ethType: 0x86dd, ipProto: 58, icmpv6Type: 128 });
    expect(fateOf(ping(MACS.alice1, MACS.bob, '2001:db8:1::11', '2001:db8:1::13'), PORTS.alice1).dropReason).toBe(
      'policy',
    );
  });

  it('judges link-local traffic by MAC: isolated jobs do not meet over fe80::', () => {
    expect(fateOf(ping(MACS.alice1, MACS.bob, 'fe80::1', 'fe80::2'), PORTS.alice1).dropReason).toBe('policy');
    expect(ports(fateOf(ping(MACS.alice1, MACS.alice2, 'fe80::1', 'fe80::2'), PORTS.alice1))).toEqual([PORTS.alice2]);
    expect(fateOf(ping(0x020000000077, MACS.bob, 'fe80::1', 'fe80::2'), PORTS.alice1).dropReason).toBe('unregistered');
    const group = ping(MACS.alice1, ipv6MulticastMac(ip('ff02::1') as Ipv6Address), 'fe80::1', 'ff02::1');
    expect(ports(fateOf(group, PORTS.alice1))).toEqual([PORTS.alice2, PORTS.trunk, PORTS.wan0, LOCAL_PORT]);
  });

  it('brings a solicitation to the one that is asked for, if they may talk', () => {
    const ask = (target: string) =>
      fateOf(
        buildNeighborSolicitation({
          ethSrc: MACS.alice1,
          src: ip('2001:db8:1::11') as Ipv6Address,
          target: ip(target) as Ipv6Address,
          sll: MACS.alice1,
        }),
        PORTS.alice1,
      );
    expect(ports(ask('2001:db8:1::12'))).toEqual([PORTS.alice2]);
    expect(ask('2001:db8:1::13').dropReason).toBe('policy');
    expect(ports(ask('2001:db8:1:ffff::1'))).toEqual(NOT_JOBS);
  });

  it("drops an advertisement of somebody else's address, or for somebody else's MAC", () => {
    const advertise = (target: string, tll: number) =>
      fateOf(
        buildNeighborAdvertisement({
          ethSrc: MACS.alice1,
          ethDst: MACS.alice2,
          src: ip('2001:db8:1::11') as Ipv6Address,
          dst: ip('2001:db8:1::12') as Ipv6Address,
          target: ip(target) as Ipv6Address,
          tll,
        }),
        PORTS.alice1,
      );
    expect(ports(advertise('2001:db8:1::11', MACS.alice1))).toEqual([PORTS.alice2]);
    expect(advertise('2001:db8:1::13', MACS.alice1).dropReason).toBe('spoofed');
    expect(advertise('2001:db8:1:ffff::1', MACS.alice1).dropReason).toBe('spoofed');
    expect(advertise('2001:db8:1::11', MACS.gateway).dropReason).toBe('spoofed');
  });
});

describe('IPv6 on a 1.0 switch', () => {
  const ping = (ethSrc: number, ethDst: number, src: string, dst: string) =>
    parseFrame(buildIcmp({ ethSrc, ethDst }, { src: ip(src), dst: ip(dst) }, { type: 128, body: new Uint8Array(8) }));

  it('is dropped from and to a job to whom anything is denied', () => {
    const scene = makeScene(1);
    expect(
      decide(scene, ping(MACS.alice1, MACS.alice2, '2001:db8:1::11', '2001:db8:1::12'), PORTS.alice1).outputs,
    ).toEqual([]);
    expect(
      decide(scene, ping(MACS.host, MACS.alice1, '2001:db8:1:ffff::1', '2001:db8:1::11'), PORTS.host).outputs,
    ).toEqual([]);
  });

  it('passes packet by packet where every verdict of the job allows', () => {
    const scene = makeScene(
      1,
      'jobs: { ranges: ["10.1.0.0/24", "2001:db8:1::/64"] }\nswitches: { core: { dpid: "0000000000000001" } }\n',
    );
    const fate = decide(scene, ping(MACS.alice1, MACS.bob, '2001:db8:1::11', '2001:db8:1::13'), PORTS.alice1);
    expect(fate).toMatchObject({ outputs: [{ port: PORTS.bob }], match: undefined });
  });
});
