// Packets: parseFrame reads any bytes without throwing, and what it says of them stays within them.

import type { Ipv6Address, MacAddress } from '../../protocols/packet/address.ts';
import { parseIp } from '../../protocols/packet/address.ts';
import { buildArp, buildEthernet, buildIp, buildTcp, buildUdp } from '../../protocols/packet/build.ts';
import {
  buildIcmpEcho,
  buildLldp,
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
  buildRouterSolicitation,
} from '../../protocols/packet/build-control.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { isDhcpFromClient, isDhcpFromServer, isLldp, isNeighborDiscovery } from '../../protocols/packet/recognize.ts';
import type { Target } from './target.ts';

function corpus(): readonly Uint8Array[] {
  const a = 0x0200_0000_0001 as MacAddress;
  const ether = { ethDst: 0x0200_0000_0002, ethSrc: a };
  const v4 = { src: parseIp('10.1.0.11')!, dst: parseIp('203.0.113.10')! };
  const v6 = { src: parseIp('2001:db8::11')!, dst: parseIp('2001:db8::12')! };
  const link = parseIp('fe80::1') as Ipv6Address;
  const ports = { srcPort: 68, dstPort: 67, data: new Uint8Array(20) };
  const tags = [{ vid: 1, tpid: 0x88a8 }, { vid: 2 }];
  const ipv6Extensions = [
    { proto: 0, body: new Uint8Array(7) },
    { proto: 60, body: new Uint8Array(7) },
    { proto: 51, body: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
  ];
  return [
    buildArp({ sha: a, spa: 1, tpa: 2 }),
    buildUdp({ ...ether, tags }, { ...v4, ipv4Options: Uint8Array.of(1, 1, 1, 0) }, ports),
    buildTcp(ether, v4, ports),
    buildTcp(ether, { ...v6, ipv6Extensions, fragment: { offset: 0, more: true } }, ports),
    buildIp(ether, { ...v6, ipv6Extensions, fragment: { offset: 64, more: false } }, 6, new Uint8Array(8)),
    buildIp(ether, { ...v4, fragment: { offset: 64, more: true } }, 17, new Uint8Array(8)),
    buildIcmpEcho(ether, v4, { identifier: 1, sequence: 2 }),
    buildNeighborSolicitation({ ethSrc: a, src: link, target: link, sll: a }),
    buildNeighborAdvertisement({ ethSrc: a, src: link, target: link, tll: a }),
    buildRouterSolicitation({ ethSrc: a, src: link, sll: a }),
    buildLldp({ ethSrc: a, chassisId: 'lark:1', portId: '1', ttlSec: 120 }),
    buildEthernet(ether, 30, Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0, ...new Uint8Array(22))),
  ];
}

function read(bytes: Uint8Array): void {
  const frame = parseFrame(bytes);
  const isWithin = (offset: number | undefined): boolean => offset === undefined || offset <= bytes.length;
  if (frame.bytes !== bytes) throw new Error('the bytes are not those that were given');
  if (frame.kind === 'malformed' && frame.fault === undefined) throw new Error('malformed without a fault');
  if (frame.kind !== 'malformed' && !isWithin(frame.l3Offset)) throw new Error(`l3Offset ${frame.l3Offset}`);
  if (!isWithin(frame.l4End)) throw new Error(`l4End ${frame.l4End}`);
  if (frame.fault === undefined && frame.l4Offset !== undefined && frame.l4Offset > frame.l4End!) {
    throw new Error(`l4Offset ${frame.l4Offset} is behind l4End ${frame.l4End}`);
  }
  if (frame.srcPort !== undefined && frame.fragment === 'later') throw new Error('a later fragment with ports');
  const kinds = [isLldp, isNeighborDiscovery, isDhcpFromClient, isDhcpFromServer].filter((is) => is(frame));
  if (kinds.length > 1) throw new Error('it is two protocols at once');
}

export function packetTarget(): Target {
  return { name: 'packet', corpus: corpus(), run: read };
}
