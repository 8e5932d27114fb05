// Frames of every kind between everybody in the scene, honest and hostile, and neighbours of a frame: the same frame
// with one or two things changed, which is what finds a match that is too wide.

import fc from 'fast-check';
import { BROADCAST_MAC, type Ipv4Address, type Ipv6Address, isIpv4 } from '../../../protocols/packet/address.ts';
import {
  buildArp,
  buildIcmp,
  buildIp,
  buildUdp,
  type EthernetOptions,
  type IpOptions,
} from '../../../protocols/packet/build.ts';
import {
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  ipv6MulticastMac,
} from '../../../protocols/packet/build-control.ts';
import { ip, MACS, PORTS } from './scene.ts';

const addresses4 = [
  '10.1.0.11',
  '10.1.0.12',
  '10.1.0.13',
  '10.1.0.14',
  '10.1.0.15',
  '10.1.0.16',
  '10.1.0.21',
  '10.1.0.22',
  '10.1.0.23',
  '10.1.0.99',
  '10.0.0.5',
  '10.0.0.1',
  '203.0.113.10',
  '203.0.113.99',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.251',
  '169.254.1.1',
  '127.0.0.1',
].map(ip);
const addresses6 = [
  '2001:db8:1::11',
  '2001:db8:1::12',
  '2001:db8:1::13',
  '2001:db8:1::14',
  '2001:db8:1::15',
  '2001:db8:1::16',
  '2001:db8:1::21',
  '2001:db8:1::22',
  '2001:db8:1::23',
  '2001:db8:1::99',
  '2001:db8:1:ffff::1',
  '2001:db8:ffff::10',
  '::',
  'ff02::1',
  'fe80::1',
  'fe80::2',
].map(ip);
const macs = [...Object.values(MACS), 0x020000000077, 0x020000000078];
const groupMacs = [BROADCAST_MAC, 0x01005e0000fb, ipv6MulticastMac(ip('ff02::1') as Ipv6Address), 0x0180c2000003];

/** All that a frame is made of; not every part is used by every kind. */
export interface FrameSpec {
  readonly inPort: number;
  readonly kind: 'ipv4' | 'ipv6' | 'arp' | 'ns' | 'na' | 'other';
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly vids: readonly number[];
  readonly source4: number;
  readonly destination4: number;
  readonly source6: number;
  readonly destination6: number;
  readonly target6: number;
  readonly l4: 'tcp' | 'udp' | 'dhcp-request' | 'dhcp-reply' | 'ping' | 'router-advertisement' | 'later-fragment';
  readonly arpOp: number;
  readonly claimed: number;
  readonly etherType: number;
}

const mac = fc.constantFrom(...macs);
const anyMac = fc.oneof({ weight: 4, arbitrary: mac }, { weight: 1, arbitrary: fc.constantFrom(...groupMacs) });
const index4 = fc.nat(addresses4.length - 1);
const index6 = fc.nat(addresses6.length - 1);
const parts = {
  inPort: fc.constantFrom(...Object.values(PORTS)),
  kind: fc.constantFrom('ipv4', 'ipv4', 'ipv6', 'arp', 'ns', 'na', 'other'),
  ethSrc: mac,
  ethDst: anyMac,
  vids: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(0, 5), { maxLength: 3 }) },
  ),
  source4: index4,
  destination4: index4,
  source6: index6,
  destination6: index6,
  target6: index6,
  l4: fc.constantFrom('tcp', 'udp', 'dhcp-request', 'dhcp-reply', 'ping', 'router-advertisement', 'later-fragment'),
  arpOp: fc.constantFrom(1, 2),
  claimed: mac,
  etherType: fc.constantFrom(0x88cc, 0x8847, 0x9000, 0x8035),
} as const;

/** Pure chance: mostly spoofed and contradictory. */
export const wildSpec: fc.Arbitrary<FrameSpec> = fc.record(parts) as fc.Arbitrary<FrameSpec>;

interface Someone {
  readonly port: number;
  readonly mac: number;
  /** Index into both address lists, where it has one in each. */
  readonly index4: number;
  readonly index6: number;
}

const who = (port: number, ownMac: number, four: string, six: string): Someone => ({
  port,
  mac: ownMac,
  index4: addresses4.indexOf(ip(four)),
  index6: addresses6.indexOf(ip(six)),
});
const SOMEONE: readonly Someone[] = [
  who(PORTS.alice1, MACS.alice1, '10.1.0.11', '2001:db8:1::11'),
  who(PORTS.alice2, MACS.alice2, '10.1.0.12', '2001:db8:1::12'),
  who(PORTS.bob, MACS.bob, '10.1.0.13', '2001:db8:1::13'),
  who(PORTS.eve, MACS.eve, '10.1.0.14', '2001:db8:1::14'),
  who(PORTS.mallory, MACS.mallory, '10.1.0.15', '2001:db8:1::15'),
  who(PORTS.dave, MACS.dave, '10.1.0.16', '2001:db8:1::16'),
  who(PORTS.trunk, MACS.aliceAfar, '10.1.0.21', '2001:db8:1::21'),
  who(PORTS.trunk, MACS.bobAfar, '10.1.0.22', '2001:db8:1::22'),
  who(PORTS.host, MACS.carol, '10.1.0.23', '2001:db8:1::23'),
  who(PORTS.host, MACS.host, '10.0.0.5', '2001:db8:1:ffff::1'),
  who(PORTS.wan0, MACS.gateway, '203.0.113.10', '2001:db8:ffff::10'),
  who(PORTS.wan0, MACS.gateway, '203.0.113.99', '2001:db8:ffff::10'),
];

/** Addresses and MACs that go together, as honest traffic has them. */
export const honestSpec: fc.Arbitrary<FrameSpec> = fc
  .tuple(wildSpec, fc.constantFrom(...SOMEONE), fc.constantFrom(...SOMEONE))
  .map(([rest, from, to]) => ({
    ...rest,
    vids: [],
    inPort: from.port,
    ethSrc: from.mac,
    claimed: from.mac,
    ethDst: to.mac,
    source4: from.index4,
    source6: from.index6,
    destination4: to.index4,
    destination6: to.index6,
    target6: rest.kind === 'na' ? from.index6 : to.index6,
  }));

export const anySpec = fc.oneof(
  honestSpec,
  wildSpec,
  fc
    .tuple(honestSpec, wildSpec, fc.subarray(Object.keys(parts), { maxLength: 2 }))
    .map(([spec, other, changed]) => change(spec, other, changed)),
);

/** A frame, and one that differs from it in at most three parts. */
export const neighbours: fc.Arbitrary<readonly [FrameSpec, FrameSpec]> = fc
  .tuple(anySpec, wildSpec, fc.subarray(Object.keys(parts), { minLength: 1, maxLength: 3 }))
  .map(([spec, other, changed]) => [spec, change(spec, other, changed)]);

function change(spec: FrameSpec, other: FrameSpec, keys: readonly string[]): FrameSpec {
  const picked = Object.fromEntries(keys.map((key) => [key, other[key as keyof FrameSpec]]));
  return { ...spec, ...picked } as FrameSpec;
}

export function frameOf(spec: FrameSpec): Uint8Array {
  const tags = spec.vids.map((vid) => ({ vid }));
  const ethernet: EthernetOptions = { ethDst: spec.ethDst, ethSrc: spec.ethSrc, tags };
  switch (spec.kind) {
    case 'ipv4':
      return ipFrame(spec, ethernet, { src: addresses4[spec.source4]!, dst: addresses4[spec.destination4]! });
    case 'ipv6':
      return ipFrame(spec, ethernet, { src: addresses6[spec.source6]!, dst: addresses6[spec.destination6]! });
    case 'arp':
      return buildArp({
        op: spec.arpOp,
        sha: spec.claimed,
        spa: addresses4[spec.source4] as Ipv4Address,
        tpa: addresses4[spec.destination4] as Ipv4Address,
        ethSrc: spec.ethSrc,
        ethDst: spec.ethDst,
        tags,
      });
    case 'ns':
      return buildNeighborSolicitation({ ...neighbour(spec), sll: spec.claimed });
    case 'na':
      return buildNeighborAdvertisement({ ...neighbour(spec), tll: spec.claimed });
    case 'other': {
      const frame = buildIp(ethernet, { src: addresses4[0]!, dst: addresses4[1]! }, 6, new Uint8Array(20));
      const typeAt = 12 + 4 * tags.length;
      frame[typeAt] = spec.etherType >> 8;
      frame[typeAt + 1] = spec.etherType & 255;
      return frame;
    }
  }
}

function neighbour(spec: FrameSpec) {
  return {
    ethSrc: spec.ethSrc,
    ethDst: spec.ethDst,
    src: addresses6[spec.source6] as Ipv6Address,
    dst: addresses6[spec.destination6] as Ipv6Address,
    target: addresses6[spec.target6] as Ipv6Address,
  };
}

function ipFrame(spec: FrameSpec, ethernet: EthernetOptions, address: IpOptions): Uint8Array {
  const isV4 = isIpv4(address.src);
  switch (spec.l4) {
    case 'tcp':
      return buildIp(ethernet, address, 6, new Uint8Array(20));
    case 'udp':
      return buildUdp(ethernet, address, { srcPort: 4000, dstPort: 53 });
    case 'dhcp-request':
      return buildUdp(ethernet, address, isV4 ? { srcPort: 68, dstPort: 67 } : { srcPort: 546, dstPort: 547 });
    case 'dhcp-reply':
      return buildUdp(ethernet, address, isV4 ? { srcPort: 67, dstPort: 68 } : { srcPort: 547, dstPort: 546 });
    case 'ping':
      return buildIcmp(ethernet, address, { type: isV4 ? 8 : 128, code: 0, body: new Uint8Array(8) });
    case 'router-advertisement':
      return buildIcmp(ethernet, address, { type: isV4 ? 9 : 134, code: 0, body: new Uint8Array(12) });
    case 'later-fragment':
      return buildIp(ethernet, { ...address, fragment: { offset: 8, more: false } }, 17, new Uint8Array(16));
  }
}
