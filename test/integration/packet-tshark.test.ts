// Wireshark as the witness for protocols/packet: what build.ts and build-control.ts make, tshark dissects without a
// complaint and with good checksums; and it reads the same in every frame as parseFrame does.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIp,
  formatMac,
  type IpAddress,
  type Ipv6Address,
  type MacAddress,
  parseIp,
} from '../../protocols/packet/address.ts';
import { buildArp, buildIp, buildTcp, buildUdp, type IpOptions } from '../../protocols/packet/build.ts';
import {
  buildIcmpEcho,
  buildLldp,
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  buildRouterSolicitation,
} from '../../protocols/packet/build-control.ts';
import { concatBytes } from '../../protocols/packet/bytes.ts';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { isDhcpFromClient, isDhcpFromServer } from '../../protocols/packet/recognize.ts';
import { dissect, LINKTYPE_ETHERNET } from '../support/tshark.ts';

const FIELDS = [
  ...(['frame.protocols', 'eth.dst', 'eth.src', 'vlan.id', 'vlan.priority'] as const),
  ...(['ieee8021ad.id', 'ieee8021ad.priority', 'arp.opcode', 'arp.src.hw_mac', 'arp.src.proto_ipv4'] as const),
  ...(['arp.dst.hw_mac', 'arp.dst.proto_ipv4', 'ip.src', 'ip.dst', 'ip.dsfield', 'ip.ttl', 'ip.proto'] as const),
  ...(['ip.frag_offset', 'ip.flags.mf', 'ipv6.src', 'ipv6.dst', 'ipv6.tclass', 'ipv6.hlim', 'ipv6.flow'] as const),
  ...(['ipv6.fraghdr.offset', 'ipv6.fraghdr.more', 'tcp.srcport', 'tcp.dstport', 'tcp.flags'] as const),
  ...(['udp.srcport', 'udp.dstport', 'icmp.type', 'icmp.code', 'icmpv6.type', 'icmpv6.code'] as const),
  ...(['icmpv6.nd.ns.target_address', 'icmpv6.nd.na.target_address', 'icmpv6.opt.type'] as const),
  ...(['icmpv6.opt.linkaddr', 'ip.checksum.status', 'udp.checksum.status', 'tcp.checksum.status'] as const),
  ...(['icmp.checksum.status', 'icmpv6.checksum.status', '_ws.malformed', 'lldp.chassis.id', 'lldp.port.id'] as const),
  ...(['lldp.time_to_live', 'dhcp.option.dhcp'] as const),
] as const;

/** No reassembly, all checksums, and no guess by port number at what TCP and UDP carry, DHCP excepted. */
const OPTIONS = [
  ...['ip.defragment:FALSE', 'ipv6.defragment:FALSE'].flatMap((preference) => ['-o', preference]),
  ...['ip', 'udp', 'tcp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]),
  ...['tcp.port==1-65535', 'udp.port==1-66', 'udp.port==69-65535'].flatMap((ports) => ['-d', `${ports},data`]),
];

type Row = Awaited<ReturnType<typeof dissect<(typeof FIELDS)[number]>>>[number];
const FRAGMENT_UNIT = 8;
const SLL = '1';
const TLL = '2';

/** What both can say of a frame; what a frame does not have is undefined. */
function readByUs(frame: Frame) {
  const ip = (address: IpAddress | undefined) => (address === undefined ? undefined : formatIp(address));
  const mac = (address: MacAddress | undefined) => (address === undefined ? undefined : formatMac(address));
  const { tagCount, vlanVid, vlanPcp, ipTos, ipTtl, ipProto, srcPort, dstPort, tcpFlags, icmpType, icmpCode } = frame;
  return {
    kind: frame.kind,
    ethDst: formatMac(frame.ethDst),
    ethSrc: formatMac(frame.ethSrc),
    ...{ tagCount, vlanVid, vlanPcp },
    arp: [frame.arpOp, mac(frame.arpSha), ip(frame.arpSpa), mac(frame.arpTha), ip(frame.arpTpa)],
    src: ip(frame.ipv4Src ?? frame.ipv6Src),
    dst: ip(frame.ipv4Dst ?? frame.ipv6Dst),
    ...{ ipTos, ipTtl, ipProto, srcPort, dstPort, tcpFlags, icmpType, icmpCode },
    flowLabel: frame.ipv6FlowLabel,
    fragment: [frame.fragment, frame.fragmentOffset],
    ndTarget: ip(frame.ndTarget),
    ndSll: mac(frame.ndSll),
    ndTll: mac(frame.ndTll),
  };
}

function readByTshark(row: Row): ReturnType<typeof readByUs> {
  const text = (...fields: (keyof Row)[]) => fields.map((field) => row[field][0]).find((value) => value !== undefined);
  const number = (...fields: (keyof Row)[]) => {
    const value = text(...fields);
    return value === undefined ? undefined : Number(value);
  };
  const address = (...fields: (keyof Row)[]) => {
    const value = text(...fields);
    return value === undefined ? undefined : formatIp(parseIp(value)!);
  };
  const layers = row['frame.protocols'][0]!.split(':');
  const tags = layers.filter((layer) => layer === 'vlan' || layer === 'ieee8021ad') as ('vlan' | 'ieee8021ad')[];
  const [outer] = tags;
  const kinds = { arp: 'arp', ip: 'ipv4', ipv6: 'ipv6' } as const;
  const kind = Object.entries(kinds).find(([layer]) => layers.includes(layer))?.[1] ?? 'other';
  const offset = (number('ip.frag_offset', 'ipv6.fraghdr.offset') ?? 0) * FRAGMENT_UNIT;
  // A fragment header with offset 0 and nothing to follow stands before a whole datagram.
  const more = number('ip.flags.mf', 'ipv6.fraghdr.more') === 1;
  const fragment = offset > 0 ? 'later' : more ? 'first' : 'none';
  const uppers = { tcp: IpProto.TCP, udp: IpProto.UDP, icmpv6: IpProto.ICMPV6 };
  const upper = Object.entries(uppers).find(([layer]) => layers.includes(layer))?.[1];
  const linkLayer = (type: string) => row['icmpv6.opt.linkaddr'][row['icmpv6.opt.type'].indexOf(type)];
  return {
    kind,
    ethDst: text('eth.dst')!,
    ethSrc: text('eth.src')!,
    tagCount: tags.length,
    vlanVid: outer && number(`${outer}.id`),
    vlanPcp: outer && number(`${outer}.priority`),
    arp: [
      number('arp.opcode'),
      text('arp.src.hw_mac'),
      address('arp.src.proto_ipv4'),
      text('arp.dst.hw_mac'),
      address('arp.dst.proto_ipv4'),
    ],
    src: address('ip.src', 'ipv6.src'),
    dst: address('ip.dst', 'ipv6.dst'),
    ipTos: number('ip.dsfield', 'ipv6.tclass'),
    ipTtl: number('ip.ttl', 'ipv6.hlim'),
    ipProto: number('ip.proto') ?? (kind === 'ipv6' && fragment === 'later' ? IpProto.FRAGMENT : upper),
    srcPort: number('tcp.srcport', 'udp.srcport'),
    dstPort: number('tcp.dstport', 'udp.dstport'),
    tcpFlags: number('tcp.flags'),
    icmpType: number('icmp.type', 'icmpv6.type'),
    icmpCode: number('icmp.code', 'icmpv6.code'),
    flowLabel: number('ipv6.flow'),
    fragment: [fragment, offset],
    ndTarget: address('icmpv6.nd.ns.target_address', 'icmpv6.nd.na.target_address'),
    ndSll: linkLayer(SLL),
    ndTll: linkLayer(TLL),
  };
}

const mac = fc.nat(0xfeffffffffff).map((value) => value as MacAddress);
const ipv6 = fc.bigInt(1n << 120n, (0xfen << 120n) - 1n).map((value) => value as Ipv6Address);
const ipv4 = fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((value) => value as IpAddress);
const port = fc.integer({ min: 1024, max: 65535 });
const data = fc.uint8Array({ maxLength: 30 });
/** tshark folds two service tags in a row into one layer with fields of its own, so they are never neighbours here. */
const tags = fc
  .array(fc.record({ vid: fc.nat(4095), pcp: fc.nat(7), tpid: fc.constantFrom(0x8100, 0x88a8) }), { maxLength: 3 })
  .filter((list) => list.every(({ tpid }, i) => tpid !== 0x88a8 || list[i + 1]?.tpid !== 0x88a8));
const ethernet = fc.record({ ethDst: mac, ethSrc: mac, tags });
const common = { ttl: fc.integer({ min: 1, max: 255 }), tos: fc.nat(255), identification: fc.nat(0xffff) };
/** Router alert, and a loose source route whose pointer is behind its list, so that it changes no checksum. */
const ipv4Options = fc.constantFrom(Uint8Array.of(148, 4, 0, 0), Uint8Array.of(1, 131, 7, 8, 10, 0, 0, 1));
const extensions = fc.subarray([
  { proto: IpProto.HOP_BY_HOP, body: Uint8Array.of(0, 5, 2, 0, 0, 1, 0) },
  { proto: IpProto.DESTINATION_OPTIONS, body: Uint8Array.of(1, 1, 12, ...new Uint8Array(12)) },
  { proto: IpProto.AUTHENTICATION, body: Uint8Array.of(2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9) },
]);
const ip4: fc.Arbitrary<IpOptions> = fc.record(
  { src: ipv4, dst: ipv4, ...common, ipv4Options },
  { requiredKeys: ['src', 'dst'] },
);
const ip6: fc.Arbitrary<IpOptions> = fc.record(
  { src: ipv6, dst: ipv6, ...common, ipv6Extensions: extensions },
  { requiredKeys: ['src', 'dst'] },
);
const ip = fc.oneof(ip4, ip6);
const fragment = fc.record({ offset: fc.nat(8000).map((units) => units * 8), more: fc.boolean() });
const ports = fc.record({ srcPort: port, dstPort: port, data });
const target = ipv6;
const neighbor = { ethSrc: mac, src: ipv6, target, tags };

/** A frame of each kind that build.ts and build-control.ts make, by chance. */
const frames: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .record({
      op: fc.integer({ min: 1, max: 2 }),
      sha: mac,
      spa: fc.nat(0xffffffff),
      tha: mac,
      tpa: fc.nat(0xffffffff),
      tags,
    })
    .map(buildArp),
  fc.tuple(ethernet, ip, ports).map(([e, i, p]) => buildUdp(e, i, p)),
  fc.tuple(ethernet, ip, ports, fc.nat(0x1ff)).map(([e, i, p, flags]) => buildTcp(e, i, { ...p, flags })),
  fc.tuple(ethernet, ip, fragment, fc.uint8Array({ minLength: 40, maxLength: 40 })).map(([e, i, f, body]) => {
    // A first fragment starts with a UDP header with the length and checksum of the whole datagram.
    const header = Uint8Array.of(0xc0, 0, 0xc0, 1, 5, 0, 0x12, 0x34);
    return buildIp(
      e,
      { ...i, fragment: { ...f, more: f.more || f.offset === 0 } },
      IpProto.UDP,
      concatBytes(header, body),
    );
  }),
  fc
    .tuple(ethernet, ip, fc.constantFrom('request' as const, 'reply' as const), port, data)
    .map(([e, i, kind, number, body]) =>
      buildIcmpEcho(e, i, { kind, identifier: number, sequence: number, data: body }),
    ),
  fc.record({ ...neighbor, sll: mac }, { requiredKeys: ['ethSrc', 'src', 'target'] }).map(buildNeighborSolicitation),
  fc
    .record(
      { ...neighbor, tll: mac, isSolicited: fc.boolean(), isOverride: fc.boolean() },
      { requiredKeys: ['ethSrc', 'src', 'target'] },
    )
    .map(buildNeighborAdvertisement),
  fc.record({ ethSrc: mac, src: ipv6, sll: mac, tags }).map(buildRouterSolicitation),
);

/** `1` is good, `2` was not looked at (a fragment's), none: there is no such checksum. */
const badChecksums = (row: Row): string[] =>
  (['ip', 'udp', 'tcp', 'icmp', 'icmpv6'] as const).filter((layer) =>
    row[`${layer}.checksum.status`].some((status) => status !== '1' && status !== '2'),
  );

describe('tshark', () => {
  it('reads random frames of every kind as parseFrame does, and finds nothing wrong with them', async () => {
    const built = fc.sample(frames, { numRuns: 600, seed: 11 });
    const rows = await dissect(LINKTYPE_ETHERNET, built, FIELDS, OPTIONS);
    expect(rows).toHaveLength(built.length);
    for (const [i, row] of rows.entries()) {
      const frame = parseFrame(built[i]!);
      const hex = Buffer.from(built[i]!).toString('hex');
      expect({ hex, ...readByUs(frame) }).toEqual({ hex, ...readByTshark(row) });
      expect({ hex, fault: frame.fault, malformed: row['_ws.malformed'], bad: badChecksums(row) }).toEqual({
        hex,
        fault: undefined,
        malformed: [],
        bad: [],
      });
    }
    const layers = new Set(rows.flatMap((row) => row['frame.protocols'][0]!.split(':')));
    const wanted = ['vlan', 'ieee8021ad', 'arp', 'ip', 'ipv6', 'ipv6.hopopts', 'ipv6.dstopts', 'ah', 'ipv6.fraghdr'];
    expect([...layers]).toEqual(expect.arrayContaining([...wanted, 'udp', 'tcp', 'icmp', 'icmpv6']));
    expect(new Set(rows.map((row) => readByTshark(row).fragment[0]))).toEqual(new Set(['none', 'first', 'later']));
  });

  it('says of a frame cut short anywhere that it is malformed or short wherever parseFrame does not', async () => {
    const whole = buildTcp(
      { ethDst: 2, ethSrc: 1, tags: [{ vid: 5 }] },
      { src: parseIp('10.1.0.1')!, dst: parseIp('10.1.0.2')! },
      { srcPort: 2000, dstPort: 3000 },
    );
    const cut = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length)).slice(1);
    const rows = await dissect(LINKTYPE_ETHERNET, cut, FIELDS, OPTIONS);
    const asWhole = rows.filter((row) => row['_ws.malformed'].length === 0 && row['tcp.flags'].length > 0);
    expect(asWhole).toEqual([]);
    expect(cut.filter((bytes) => parseFrame(bytes).fault === undefined)).toEqual([]);
  });

  it("reads Lark's LLDP: locally assigned ids, and how long they hold", async () => {
    const lldp = buildLldp({ ethSrc: 1, chassisId: 'lark:00000000000000a1', portId: '65534', ttlSec: 120 });
    const [row] = await dissect(LINKTYPE_ETHERNET, [lldp], FIELDS, OPTIONS);
    expect(row).toMatchObject({
      'frame.protocols': ['eth:ethertype:lldp'],
      'eth.dst': ['01:80:c2:00:00:0e'],
      'lldp.chassis.id': [Buffer.from('lark:00000000000000a1').toString('hex')],
      'lldp.port.id': ['65534'],
      'lldp.time_to_live': ['120'],
      '_ws.malformed': [],
    });
  });

  it('takes for DHCP what we take for DHCP, in both directions', async () => {
    const message = (type: number, op: number) => {
      const body = new Uint8Array(244);
      body.set([op, 1, 6, 0]);
      body.set([0x63, 0x82, 0x53, 0x63, 53, 1, type, 255], 236);
      return body;
    };
    const ether = { ethDst: 0xffffffffffff, ethSrc: 1 };
    const addresses = { src: parseIp('0.0.0.0')!, dst: parseIp('255.255.255.255')! };
    const discover = buildUdp(ether, addresses, { srcPort: 68, dstPort: 67, data: message(1, 1) });
    const offer = buildUdp(ether, addresses, { srcPort: 67, dstPort: 68, data: message(2, 2) });
    const rows = await dissect(LINKTYPE_ETHERNET, [discover, offer], FIELDS, OPTIONS);
    expect(rows.map((row) => [row['dhcp.option.dhcp'], row['_ws.malformed']])).toEqual([
      [['1'], []],
      [['2'], []],
    ]);
    expect([discover, offer].map((bytes) => isDhcpFromClient(parseFrame(bytes)))).toEqual([true, false]);
    expect([discover, offer].map((bytes) => isDhcpFromServer(parseFrame(bytes)))).toEqual([false, true]);
  });
});
