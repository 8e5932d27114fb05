// Packets of every kind between everybody on the site, as small values that fast-check can make smaller: who sends to
// whom, what, and up to two twists that make an honest packet a hostile one. Where people are is looked up when the
// packet is sent, so the same value stays honest while jobs move.

import fc from 'fast-check';
import { BROADCAST_MAC, type IpAddress, type Ipv4Address, type Ipv6Address } from '../../protocols/packet/address.ts';
import {
  buildArp,
  buildIcmp,
  buildIp,
  buildTcp,
  buildUdp,
  type EthernetOptions,
} from '../../protocols/packet/build.ts';
import {
  buildLldp,
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  buildRouterSolicitation,
} from '../../protocols/packet/build-control.ts';
import { ip, mac, PEOPLE, type Person, SLOT_COUNT } from './site.ts';

const KINDS = [
  'udp4',
  'tcp4',
  'ping4',
  'udp6',
  'ping6',
  'arp-ask',
  'arp-answer',
  'arp-announce',
  'arp-probe',
  'ns',
  'ns-unicast',
  'ns-dad',
  'na',
  'na-all',
  'rs',
  'ra',
  'redirect',
  'dhcp4-ask',
  'dhcp4-answer',
  'dhcp6-ask',
  'dhcp6-answer',
  'later-fragment4',
  'first-fragment4',
  'later-fragment6',
  'multicast4',
  'multicast6',
  'broadcast4',
  'link-local4',
  'link-local6',
  'other-type',
  'lldp',
  'snap',
  'tcp4-answer',
  'tcp6-answer',
] as const;
type Kind = (typeof KINDS)[number];

const TWISTS = ['port', 'ethSrc', 'ethDst', 'src', 'dst', 'target', 'claim', 'tag', 'tags', 'cut', 'byte'] as const;
type Twist = (typeof TWISTS)[number];

export interface PacketSpec {
  readonly from: number;
  readonly to: number;
  readonly kind: Kind;
  readonly twists: readonly { readonly what: Twist; readonly value: number }[];
}

const someone = fc.oneof(
  { weight: 3, arbitrary: fc.nat(SLOT_COUNT - 1) },
  { weight: 1, arbitrary: fc.nat(PEOPLE.length - 1) },
);
const kind = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom<Kind[]>('udp4', 'tcp4', 'tcp4-answer', 'udp6', 'arp-ask', 'arp-answer', 'ns', 'na'),
  },
  { weight: 1, arbitrary: fc.constantFrom(...KINDS) },
);
const twist = fc.record({ what: fc.constantFrom(...TWISTS), value: fc.nat(1023) });

export const anyPacket: fc.Arbitrary<PacketSpec> = fc.record({
  from: someone,
  to: someone,
  kind,
  twists: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(twist, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(twist, { minLength: 2, maxLength: 3 }) },
  ),
});

const guest = fc.constantFrom(...PEOPLE.flatMap(({ name }, index) => (name.startsWith('guest') ? [index] : [])));
const neighbour = fc.oneof({ weight: 4, arbitrary: someone }, { weight: 1, arbitrary: guest });

/** What the tables learn to handle by themselves. */
export const plainPacket: fc.Arbitrary<PacketSpec> = fc.record({
  from: neighbour,
  to: neighbour,
  kind: fc.constantFrom<Kind[]>('udp4', 'tcp4', 'tcp4-answer', 'udp6', 'arp-answer'),
  twists: fc.constant([]),
});

const SPECIAL_MACS = [
  BROADCAST_MAC,
  mac('01:00:5e:00:00:fb'),
  mac('33:33:00:00:00:01'),
  mac('01:80:c2:00:00:03'),
  mac('02:00:00:00:77:77'),
  0,
];
const MACS: readonly number[] = [...new Set([...PEOPLE.map((person) => person.mac), ...SPECIAL_MACS])];
const FOUR: readonly IpAddress[] = [
  ...PEOPLE.map(({ ipv4 }) => ipv4),
  ...['0.0.0.0', '255.255.255.255', '224.0.0.251', '169.254.1.1', '127.0.0.1', '10.1.0.98', '240.0.0.1'].map(ip),
];
const SIX: readonly IpAddress[] = [
  ...PEOPLE.map(({ ipv6 }) => ipv6),
  ...['::', '::1', 'ff02::1', 'ff02::fb', 'fe80::1', 'fe80::2', '2001:db8:1::98'].map(ip),
];
const ETHER_TYPES = [0x8847, 0x9000, 0x8035, 0x0600] as const;

export interface SentPacket {
  /** The name of the port by which it enters. */
  readonly port: string;
  readonly frame: Uint8Array;
}

/** @param portOf where a person is now. */
export function buildPacket(
  spec: PacketSpec,
  ports: readonly string[],
  portOf: (person: Person) => string,
): SentPacket {
  const from = PEOPLE[spec.from]!;
  const to = PEOPLE[spec.to]!;
  const values = new Map(spec.twists.map(({ what, value }) => [what, value]));
  const pick = <T>(what: Twist, among: readonly T[], otherwise: T): T => {
    const value = values.get(what);
    return value === undefined ? otherwise : among[value % among.length]!;
  };
  const draft: Draft = {
    ethernet: {
      ethSrc: pick('ethSrc', MACS, from.mac),
      ethDst: pick('ethDst', MACS, to.mac),
      tags: tagsOf(values),
    },
    src4: pick('src', FOUR, from.ipv4) as Ipv4Address,
    dst4: pick('dst', FOUR, to.ipv4) as Ipv4Address,
    src6: pick('src', SIX, from.ipv6) as Ipv6Address,
    dst6: pick('dst', SIX, to.ipv6) as Ipv6Address,
    target: pick('target', SIX, undefined) as Ipv6Address | undefined,
    claim: pick('claim', MACS, undefined),
    isGroup: values.has('ethDst'),
    etherType: ETHER_TYPES[spec.to % ETHER_TYPES.length]!,
  };
  const frame = BUILDERS[spec.kind](draft);
  return { port: pick('port', ports, portOf(from)), frame: damaged(frame, values) };
}

function tagsOf(values: ReadonlyMap<Twist, number>): readonly { readonly vid: number; readonly tpid?: number }[] {
  const one = values.get('tag');
  const more = values.get('tags');
  if (more !== undefined) return [{ vid: more % 3, tpid: more % 2 === 0 ? 0x88a8 : 0x8100 }, { vid: more % 5 }];
  return one === undefined ? [] : [{ vid: one % 3 }];
}

/** Cut short, or with one byte changed. */
function damaged(frame: Uint8Array, values: ReadonlyMap<Twist, number>): Uint8Array {
  const byte = values.get('byte');
  const cut = values.get('cut');
  const changed = frame.slice(0, cut === undefined ? frame.length : 14 + (cut % Math.max(1, frame.length - 14)));
  const at = byte === undefined ? 0 : 12 + (byte % Math.max(1, changed.length - 12));
  if (byte !== undefined) changed[at] = changed[at]! ^ (1 << (byte % 8));
  return changed;
}

interface Draft {
  readonly ethernet: EthernetOptions;
  readonly src4: Ipv4Address;
  readonly dst4: Ipv4Address;
  readonly src6: Ipv6Address;
  readonly dst6: Ipv6Address;
  readonly target: Ipv6Address | undefined;
  readonly claim: number | undefined;
  /** The destination MAC was chosen on purpose: builders leave it. */
  readonly isGroup: boolean;
  readonly etherType: number;
}

const ALL_NODES = ip('ff02::1') as Ipv6Address;
const UNSPECIFIED = ip('::') as Ipv6Address;
/** DSCP 11 and ECN 1, so that a mark shows, and what else it changes. */
const TOS = 0x2d;
const four = ({ src4, dst4 }: Draft) => ({ src: src4, dst: dst4, tos: TOS });
const six = ({ src6, dst6 }: Draft) => ({ src: src6, dst: dst6, tos: TOS });
const TCP_ACK = 0x10;
const ports = { srcPort: 4000, dstPort: 4001 };
const toMac = (draft: Draft, ethDst: number): EthernetOptions =>
  draft.isGroup ? draft.ethernet : { ...draft.ethernet, ethDst };
const toEverybody = (draft: Draft) => toMac(draft, BROADCAST_MAC);

function arp(draft: Draft, op: number, spa: Ipv4Address, ethernet: EthernetOptions): Uint8Array {
  return buildArp({ op, sha: draft.claim ?? draft.ethernet.ethSrc, spa, tpa: draft.dst4, ...ethernet });
}

function nd(draft: Draft, src: Ipv6Address, dst?: Ipv6Address) {
  return { ...draft.ethernet, src, ...(dst !== undefined && { dst }) };
}

/** A neighbour discovery message's own choice of destination MAC, unless one was chosen. */
function groupNd(draft: Draft, src: Ipv6Address, dst?: Ipv6Address) {
  const { ethDst, ...rest } = nd(draft, src, dst);
  return draft.isGroup ? { ...rest, ethDst } : rest;
}

const BUILDERS: Readonly<Record<Kind, (draft: Draft) => Uint8Array>> = {
  udp4: (d) => buildUdp(d.ethernet, four(d), ports),
  tcp4: (d) => buildTcp(d.ethernet, four(d), ports),
  'tcp4-answer': (d) => buildTcp(d.ethernet, four(d), { ...ports, flags: TCP_ACK }),
  'tcp6-answer': (d) => buildTcp(d.ethernet, six(d), { ...ports, flags: TCP_ACK }),
  ping4: (d) => buildIcmp(d.ethernet, four(d), { type: 8, body: new Uint8Array(4) }),
  udp6: (d) => buildUdp(d.ethernet, six(d), ports),
  ping6: (d) => buildIcmp(d.ethernet, six(d), { type: 128, body: new Uint8Array(4) }),
  'arp-ask': (d) => arp(d, 1, d.src4, toEverybody(d)),
  'arp-answer': (d) => arp(d, 2, d.src4, d.ethernet),
  'arp-announce': (d) => arp({ ...d, dst4: d.src4 }, 1, d.src4, toEverybody(d)),
  'arp-probe': (d) => arp({ ...d, dst4: d.src4 }, 1, 0 as Ipv4Address, toEverybody(d)),
  ns: (d) =>
    buildNeighborSolicitation({ ...groupNd(d, d.src6), target: d.target ?? d.dst6, sll: d.claim ?? d.ethernet.ethSrc }),
  'ns-unicast': (d) =>
    buildNeighborSolicitation({
      ...nd(d, d.src6, d.dst6),
      target: d.target ?? d.dst6,
      sll: d.claim ?? d.ethernet.ethSrc,
    }),
  'ns-dad': (d) => buildNeighborSolicitation({ ...groupNd(d, UNSPECIFIED), target: d.target ?? d.src6 }),
  na: (d) =>
    buildNeighborAdvertisement({
      ...nd(d, d.src6, d.dst6),
      target: d.target ?? d.src6,
      tll: d.claim ?? d.ethernet.ethSrc,
    }),
  'na-all': (d) =>
    buildNeighborAdvertisement({
      ...groupNd(d, d.src6, ALL_NODES),
      target: d.target ?? d.src6,
      tll: d.claim ?? d.ethernet.ethSrc,
    }),
  rs: (d) =>
    buildRouterSolicitation({ ...groupNd(d, d.target ?? UNSPECIFIED), ...(d.claim !== undefined && { sll: d.claim }) }),
  ra: (d) =>
    buildIcmp(
      toMac(d, 0x333300000001),
      { src: d.src6, dst: ALL_NODES, ttl: 255 },
      { type: 134, body: new Uint8Array(12) },
    ),
  redirect: (d) => buildIcmp(d.ethernet, { ...six(d), ttl: 255 }, { type: 137, body: new Uint8Array(36) }),
  'dhcp4-ask': (d) =>
    buildUdp(
      toEverybody(d),
      { src: d.target === undefined ? (0 as Ipv4Address) : d.src4, dst: 0xffffffff as Ipv4Address },
      { srcPort: 68, dstPort: 67 },
    ),
  'dhcp4-answer': (d) => buildUdp(d.ethernet, four(d), { srcPort: 67, dstPort: 68 }),
  'dhcp6-ask': (d) =>
    buildUdp(toMac(d, 0x333300010002), { src: d.src6, dst: ip('ff02::1:2') }, { srcPort: 546, dstPort: 547 }),
  'dhcp6-answer': (d) => buildUdp(d.ethernet, six(d), { srcPort: 547, dstPort: 546 }),
  'later-fragment4': (d) =>
    buildIp(d.ethernet, { ...four(d), fragment: { offset: 64, more: false } }, 17, new Uint8Array(16)),
  'first-fragment4': (d) =>
    buildIp(
      d.ethernet,
      { ...four(d), fragment: { offset: 0, more: true } },
      17,
      Uint8Array.of(0, 68, 0, 67, 0, 16, 0, 0),
    ),
  'later-fragment6': (d) =>
    buildIp(d.ethernet, { ...six(d), fragment: { offset: 64, more: false } }, 58, new Uint8Array(16)),
  multicast4: (d) => buildUdp(toMac(d, 0x01005e0000fb), { src: d.src4, dst: ip('224.0.0.251') }, ports),
  multicast6: (d) => buildUdp(toMac(d, 0x3333000000fb), { src: d.src6, dst: ip('ff02::fb') }, ports),
  broadcast4: (d) => buildUdp(toEverybody(d), four(d), ports),
  'link-local4': (d) => buildUdp(d.ethernet, { src: ip('169.254.1.1'), dst: ip('169.254.1.2') }, ports),
  'link-local6': (d) => buildUdp(d.ethernet, { src: ip('fe80::1'), dst: ip('fe80::2') }, ports),
  'other-type': (d) => withType(buildIp(d.ethernet, four(d), 6, new Uint8Array(20)), d, d.etherType),
  lldp: (d) => buildLldp({ ethSrc: d.ethernet.ethSrc, chassisId: 'a', portId: 'b', ttlSec: 60 }),
  snap: (d) => withType(buildIp(d.ethernet, four(d), 6, new Uint8Array(20)), d, 40),
};

/** The same frame with another EtherType, or with a length in its place. */
function withType(frame: Uint8Array, draft: Draft, type: number): Uint8Array {
  const at = 12 + 4 * (draft.ethernet.tags?.length ?? 0);
  frame[at] = type >> 8;
  frame[at + 1] = type & 255;
  return frame;
}

/** `udp4 slot1>slot3 port=4` */
export function formatPacket({ from, to, kind: what, twists }: PacketSpec): string {
  const twisted = twists.map((each) => `${each.what}=${each.value}`);
  return [what, `${PEOPLE[from]!.name}>${PEOPLE[to]!.name}`, ...twisted].join(' ');
}
