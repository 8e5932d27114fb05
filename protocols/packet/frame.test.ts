import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ipv4Address, type Ipv6Address, type MacAddress, parseIp } from './address.ts';
import {
  buildArp,
  buildEthernet,
  buildIcmp,
  buildIp,
  buildTcp,
  buildUdp,
  type IpOptions,
  type VlanTag,
} from './build.ts';
import {
  buildIcmpEcho,
  buildLldp,
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  buildRouterSolicitation,
} from './build-control.ts';
import { concatBytes } from './bytes.ts';
import { foldChecksum, internetChecksum, sumWords } from './checksum.ts';
import { parseFrame, plainIpv4Frame } from './frame.ts';
import { IpProto } from './protocol-numbers.ts';
import { isDhcpFromClient, isDhcpFromServer, isLldp, isNeighborDiscovery } from './recognize.ts';

const A = 0x020000000001 as MacAddress;
const B = 0x020000000002 as MacAddress;
const ether = { ethDst: B, ethSrc: A };
const v4 = { src: parseIp('10.1.0.11')!, dst: parseIp('203.0.113.10')! };
const v6 = { src: parseIp('2001:db8:1::11')!, dst: parseIp('2001:db8:ffff::10')! };
const fe80 = parseIp('fe80::1') as Ipv6Address;

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('a frame seen on the wire', () => {
  it('reads an ARP request byte by byte', () => {
    const frame = parseFrame(
      hex(
        'ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a01000b 000000000000 0a010001 0000000000000000',
      ),
    );
    expect(frame).toMatchObject({
      kind: 'arp',
      fault: undefined,
      ethDst: 0xffffffffffff,
      ethSrc: A,
      matchType: 0x0806,
      arpOp: 1,
      arpSha: A,
      arpSpa: 0x0a01000b,
      arpTha: 0,
      arpTpa: 0x0a010001,
    });
  });

  it('reads UDP over IPv4 with options, and takes no padding for data', () => {
    const frame = parseFrame(
      hex(
        '020000000002 020000000001 0800 46b8 0020 0001 0000 40 11 0000 0a01000b cb00710a 01010100 0044 0043 0008 0000 ffffffff',
      ),
    );
    expect(frame).toMatchObject({
      kind: 'ipv4',
      ipTos: 0xb8,
      ipProto: 17,
      srcPort: 68,
      dstPort: 67,
      l4Offset: 38,
      l4End: 46,
    });
    expect(isDhcpFromClient(frame)).toBe(true);
    expect(isDhcpFromServer(frame)).toBe(false);
  });
});

describe('VLAN tags', () => {
  const packet = (tags: VlanTag[]) => parseFrame(buildUdp({ ...ether, tags }, v4, { srcPort: 1, dstPort: 2 }));

  it('are all looked through, while matchType is what a switch sees after one', () => {
    expect(packet([])).toMatchObject({ tagCount: 0, vlanVid: undefined, outerType: 0x0800, matchType: 0x0800 });
    expect(packet([{ vid: 0, pcp: 5 }])).toMatchObject({
      tagCount: 1,
      vlanVid: 0,
      vlanPcp: 5,
      outerType: 0x8100,
      matchType: 0x0800,
      kind: 'ipv4',
    });
    expect(packet([{ vid: 7, tpid: 0x88a8 }, { vid: 8 }])).toMatchObject({
      tagCount: 2,
      vlanVid: 7,
      outerType: 0x88a8,
      matchType: 0x8100,
      ethType: 0x0800,
      kind: 'ipv4',
      ipv4Src: v4.src,
    });
    expect(packet([{ vid: 1 }, { vid: 2, tpid: 0x88a8 }, { vid: 3 }])).toMatchObject({
      tagCount: 3,
      matchType: 0x88a8,
      dstPort: 2,
    });
  });

  it('cut off at the end of the frame are a fault, not a tag', () => {
    const tagged = buildEthernet({ ...ether, tags: [{ vid: 3 }] }, 0x0800, new Uint8Array(0));
    expect(parseFrame(tagged.subarray(0, 17))).toMatchObject({
      kind: 'malformed',
      fault: 'TAG_TRUNCATED',
      tagCount: 0,
      matchType: 0x8100,
    });
  });
});

describe('802.3', () => {
  it('has no EtherType, except in SNAP', () => {
    const stp = buildEthernet(ether, 38, concatBytes(hex('424203'), new Uint8Array(43)));
    expect(parseFrame(stp)).toMatchObject({ kind: 'other', matchType: 0x05ff, isSnap: false });
    const inner = buildUdp(ether, v4, { srcPort: 5, dstPort: 6 }).subarray(14);
    const snap = buildEthernet(ether, 8 + inner.length, concatBytes(hex('aaaa03 000000 0800'), inner));
    expect(parseFrame(snap)).toMatchObject({ kind: 'ipv4', matchType: 0x0800, isSnap: true, dstPort: 6 });
  });

  it('with a length beyond the frame is malformed', () => {
    expect(parseFrame(buildEthernet(ether, 1500, new Uint8Array(46)))).toMatchObject({
      kind: 'malformed',
      fault: 'LLC_TRUNCATED',
    });
  });
});

describe('fragments', () => {
  const fragment = (ip: IpOptions, offset: number, more: boolean) =>
    parseFrame(buildIp(ether, { ...ip, fragment: { offset, more } }, IpProto.UDP, hex('00350035 0010 0000 00000000')));

  it('have ports in the first and none in later ones, in both IP versions', () => {
    expect(fragment(v4, 0, true)).toMatchObject({ fragment: 'first', ipProto: 17, srcPort: 53 });
    expect(fragment(v4, 1480, false)).toMatchObject({
      fragment: 'later',
      fragmentOffset: 1480,
      ipProto: 17,
      srcPort: undefined,
      fault: undefined,
    });
    expect(fragment(v6, 0, true)).toMatchObject({ fragment: 'first', ipProto: 17, srcPort: 53 });
    expect(fragment(v6, 1448, true)).toMatchObject({ fragment: 'later', ipProto: 44, srcPort: undefined });
  });

  it('that are atomic are whole datagrams', () => {
    expect(fragment(v6, 0, false)).toMatchObject({ fragment: 'none', ipProto: 17, srcPort: 53 });
  });

  it('too short for a transport header are reported', () => {
    const tiny = parseFrame(
      buildIp(ether, { ...v4, fragment: { offset: 0, more: true } }, IpProto.TCP, new Uint8Array(8)),
    );
    expect(tiny).toMatchObject({ kind: 'ipv4', fragment: 'first', fault: 'TRANSPORT_TRUNCATED', srcPort: undefined });
  });
});

describe('IPv6 extension headers', () => {
  it('are walked to the upper protocol', () => {
    const ipv6Extensions = [
      { proto: IpProto.HOP_BY_HOP, body: hex('00 0104 00000000') },
      { proto: IpProto.DESTINATION_OPTIONS, body: hex('01 010c 000000000000000000000000') },
      { proto: IpProto.AUTHENTICATION, body: hex('01 0000 00000000 00000000') },
    ];
    const frame = parseFrame(buildTcp(ether, { ...v6, ipv6Extensions }, { srcPort: 4000, dstPort: 22 }));
    expect(frame).toMatchObject({ kind: 'ipv6', ipProto: IpProto.TCP, dstPort: 22, tcpFlags: 2, fault: undefined });
  });

  it('that run beyond the datagram make it malformed, with the addresses still known', () => {
    const frame = parseFrame(buildIp(ether, v6, IpProto.ROUTING, hex('06 05 0000 00000000')));
    expect(frame).toMatchObject({ kind: 'malformed', fault: 'IPV6_EXTENSION_TRUNCATED', ipv6Src: v6.src });
  });
});

describe('neighbour discovery', () => {
  const target = parseIp('2001:db8:1::12') as Ipv6Address;

  it('shows target and link-layer options', () => {
    const ns = parseFrame(buildNeighborSolicitation({ ethSrc: A, src: fe80, target, sll: A }));
    expect(ns).toMatchObject({ ethDst: 0x3333ff000012, icmpType: 135, ndTarget: target, ndSll: A, ndTll: undefined });
    const na = parseFrame(buildNeighborAdvertisement({ ethSrc: B, src: target, target, tll: B, isSolicited: true }));
    expect(na).toMatchObject({ ethDst: 0x333300000001, icmpType: 136, ndTarget: target, ndTll: B });
    const rs = parseFrame(buildRouterSolicitation({ ethSrc: A, src: fe80, sll: A }));
    expect(rs).toMatchObject({ icmpType: 133, ndTarget: undefined, ndSll: A });
    for (const frame of [ns, na, rs]) {
      expect(isNeighborDiscovery(frame)).toBe(true);
      expect(frame.fault).toBeUndefined();
    }
  });

  it.each([
    ['a repeated option', '00000000 20010db8000100000000000000000012 0101020000000001 0101020000000009'],
    ['an option of length 0', '00000000 20010db8000100000000000000000012 0100020000000001'],
    ['no target', '00000000 20010db8'],
  ])('with %s is reported', (_what, body) => {
    const frame = parseFrame(buildIcmp(ether, { ...v6, ttl: 255 }, { type: 135, body: hex(body) }));
    expect(frame).toMatchObject({ kind: 'ipv6', icmpType: 135, fault: 'ND_BAD_MESSAGE', ndSll: undefined });
  });
});

describe('recognition', () => {
  it('knows LLDP, and DHCP in both directions and versions', () => {
    expect(isLldp(parseFrame(buildLldp({ ethSrc: A, chassisId: 'lark:1', portId: '3', ttlSec: 120 })))).toBe(true);
    const v6Client = parseFrame(buildUdp(ether, v6, { srcPort: 546, dstPort: 547 }));
    const v4Server = parseFrame(buildUdp(ether, v4, { srcPort: 67, dstPort: 68 }));
    expect([isDhcpFromClient(v6Client), isDhcpFromServer(v6Client)]).toEqual([true, false]);
    expect([isDhcpFromClient(v4Server), isDhcpFromServer(v4Server)]).toEqual([false, true]);
  });
});

const mac = fc.nat(0xffffffffffff).map((value) => value as MacAddress);
const ipv4 = fc.nat(0xffffffff).map((value) => value as Ipv4Address);
const ipv6 = fc.bigInt(0n, (1n << 128n) - 1n).map((value) => value as Ipv6Address);
const port = fc.nat(0xffff);
const tags = fc.array(fc.record({ vid: fc.nat(4095), pcp: fc.nat(7), tpid: fc.constantFrom(0x8100, 0x88a8) }), {
  maxLength: 4,
});
const ethernetOptions = fc.record({ ethDst: mac, ethSrc: mac, tags });
const ipBase = { ttl: fc.nat(255), tos: fc.nat(255), identification: fc.nat(0xffff) };
const ipOptions = fc.oneof(
  fc.record({
    src: ipv4,
    dst: ipv4,
    ...ipBase,
    ipv4Options: fc.uint8Array({ maxLength: 10 }).map((bytes) => concatBytes(bytes.map((b) => b % 2))),
  }),
  fc.record({ src: ipv6, dst: ipv6, ...ipBase }),
);

const expectedEthernet = (options: { ethDst: number; ethSrc: number; tags: VlanTag[] }, etherType: number) => ({
  ethDst: options.ethDst,
  ethSrc: options.ethSrc,
  tagCount: options.tags.length,
  vlanVid: options.tags[0]?.vid,
  vlanPcp: options.tags[0]?.pcp,
  outerType: options.tags[0]?.tpid ?? etherType,
  matchType: options.tags[1]?.tpid ?? etherType,
  ethType: etherType,
  fault: undefined,
});

const expectedIp = (ip: IpOptions) => ({
  kind: typeof ip.src === 'number' ? 'ipv4' : 'ipv6',
  ipv4Src: typeof ip.src === 'number' ? ip.src : undefined,
  ipv6Src: typeof ip.src === 'bigint' ? ip.src : undefined,
  ipv4Dst: typeof ip.dst === 'number' ? ip.dst : undefined,
  ipv6Dst: typeof ip.dst === 'bigint' ? ip.dst : undefined,
  ipTos: ip.tos,
  ipTtl: ip.ttl,
});

const ipEtherType = (ip: IpOptions) => (typeof ip.src === 'number' ? 0x0800 : 0x86dd);

describe('parseFrame of what build made', () => {
  it('gives ARP back', () => {
    fc.assert(
      fc.property(ethernetOptions, port, mac, ipv4, mac, ipv4, (ethernet, op, sha, spa, tha, tpa) => {
        expect(parseFrame(buildArp({ ...ethernet, op, sha, spa, tha, tpa }))).toMatchObject({
          ...expectedEthernet(ethernet, 0x0806),
          kind: 'arp',
          arpOp: op,
          arpSha: sha,
          arpSpa: spa,
          arpTha: tha,
          arpTpa: tpa,
        });
      }),
    );
  });

  it('gives UDP, TCP and echo back, in both IP versions, with checksums that add up', () => {
    fc.assert(
      fc.property(
        ethernetOptions,
        ipOptions,
        port,
        port,
        fc.uint8Array({ maxLength: 40 }),
        (ethernet, ip, srcPort, dstPort, data) => {
          const common = { ...expectedEthernet(ethernet, ipEtherType(ip)), ...expectedIp(ip) };
          const udp = parseFrame(buildUdp(ethernet, ip, { srcPort, dstPort, data }));
          expect(udp).toMatchObject({ ...common, ipProto: 17, srcPort, dstPort });
          const tcp = parseFrame(buildTcp(ethernet, ip, { srcPort, dstPort, data }));
          expect(tcp).toMatchObject({ ...common, ipProto: 6, srcPort, dstPort, tcpFlags: 2 });
          const echo = parseFrame(buildIcmpEcho(ethernet, ip, { identifier: srcPort, sequence: dstPort, data }));
          expect(echo).toMatchObject({
            ...common,
            icmpType: ip.src === undefined ? 0 : typeof ip.src === 'number' ? 8 : 128,
          });
          for (const frame of [udp, tcp, echo]) {
            expect(transportSum(frame)).toBe(0);
            if (frame.kind === 'ipv4') expect(internetChecksum(frame.bytes, frame.l3Offset, frame.l4Offset)).toBe(0);
          }
        },
      ),
    );
  });
});

/** The checksum over a whole datagram, its own field included: 0 where it is right. */
function transportSum(frame: ReturnType<typeof parseFrame>): number {
  const { bytes, l3Offset, l4Offset, l4End } = frame;
  const body = sumWords(bytes, l4Offset!, l4End!);
  if (frame.kind === 'ipv4' && frame.ipProto === 1) return foldChecksum(body);
  const addresses =
    frame.kind === 'ipv4'
      ? sumWords(bytes, l3Offset + 12, l3Offset + 20)
      : sumWords(bytes, l3Offset + 8, l3Offset + 40);
  return foldChecksum(body + addresses + frame.ipProto! + (l4End! - l4Offset!));
}

it('a plain IPv4 frame is what a TCP packet with nothing in it is read as, without its bytes', () => {
  const bytes = buildIp(ether, v4, IpProto.TCP, new Uint8Array(0));
  expect(plainIpv4Frame(ether, v4.src as Ipv4Address, v4.dst as Ipv4Address)).toEqual({
    ...parseFrame(bytes),
    bytes: new Uint8Array(0),
  });
});

describe('a hostile frame', () => {
  const whole = fc.constantFrom(
    buildArp({ sha: A, spa: 1, tpa: 2 }),
    buildUdp({ ...ether, tags: [{ vid: 1 }, { vid: 2 }] }, v4, { srcPort: 1, dstPort: 2 }),
    buildTcp(ether, { ...v6, fragment: { offset: 0, more: true } }, { srcPort: 1, dstPort: 2 }),
    buildNeighborSolicitation({ ethSrc: A, src: fe80, target: fe80, sll: A }),
  );

  it('never makes parseFrame throw, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseFrame(bytes).bytes).toBe(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('cut short anywhere or with bytes changed never throws, and a cut one never looks whole', () => {
    fc.assert(
      fc.property(whole, fc.nat(200), fc.array(fc.tuple(fc.nat(100), fc.nat(255))), (frame, cut, changes) => {
        const changed = frame.slice();
        for (const [at, value] of changes) changed[at % changed.length] = value;
        expect(() => parseFrame(changed.subarray(0, cut))).not.toThrow();
        if (cut < frame.length) expect(parseFrame(frame.subarray(0, cut)).fault).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});
