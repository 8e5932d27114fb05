// Random rules and actions of OpenFlow 1.0, every one of which a switch accepts.

import fc from 'fast-check';
import { type Match10, NO_BUFFER, type Of10Action, type Of10FlowMod, Port10 } from 'node-openflow';
import { parseFrame } from '../../../protocols/packet/frame.ts';
import type { ReceivedPacket } from './packets.ts';
import { cookie, ipv4, mac, PORTS, pcp, port, portNo, tos, unicast, vid, vids } from './pools.ts';

/** Each property there or not. */
function some<T extends object>(properties: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record<T, never>(properties, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

const prefix10 = fc
  .tuple(ipv4, fc.constantFrom(8, 16, 24, 32))
  .map(([address, prefixLength]) => ({ address: address as number, prefixLength }));
const link10 = some({
  inPort: portNo,
  dlSrc: unicast.map(Number),
  dlDst: mac.map(Number),
  dlVlan: fc.constantFrom(0xffff, ...vids),
  dlVlanPcp: pcp,
});
const network10: fc.Arbitrary<Match10> = fc.oneof(
  fc.constant({}),
  some({ nwProto: fc.constantFrom(1, 2), nwSrc: prefix10, nwDst: prefix10 }).map((m) => ({ dlType: 0x0806, ...m })),
  some({ nwTos: tos, nwSrc: prefix10, nwDst: prefix10 }).map((m) => ({ dlType: 0x0800, ...m })),
  fc
    .tuple(fc.constantFrom(6, 17), some({ nwSrc: prefix10, nwDst: prefix10, tpSrc: port, tpDst: port }))
    .map(([nwProto, m]) => ({ dlType: 0x0800, nwProto, ...m })),
  some({ tpSrc: fc.constantFrom(0, 8) }).map((m) => ({ dlType: 0x0800, nwProto: 1, ...m })),
  fc.constantFrom(0x86dd, 0x8100, 0x88a8, 0x88cc, 0x05ff).map((dlType) => ({ dlType })),
);
const randomMatch: fc.Arbitrary<Match10> = fc
  .tuple(link10, network10)
  .map(([link, network]) => ({ ...link, ...network }));

/**
 * Some of what a packet shows to one who looks through all of its tags and fragments: a rule that the packet hits, or,
 * where a switch does not look that far, just misses.
 */
function matchOf({ inPort, frame }: ReceivedPacket): fc.Arbitrary<Match10> {
  const { ethDst, ethSrc, vlanVid, vlanPcp, ethType, matchType, ...seen } = parseFrame(frame);
  const prefixLength = fc.constantFrom(8, 24, 32);
  const block = (address: number | undefined) =>
    address === undefined ? fc.constant(undefined) : prefixLength.map((length) => ({ address, prefixLength: length }));
  const value = (number: number | undefined) => fc.constant(number);
  const link = someOf({
    inPort: value(inPort),
    dlSrc: value(ethSrc),
    dlDst: value(ethDst),
    dlVlan: value(vlanVid ?? 0xffff),
    dlVlanPcp: value(vlanPcp),
  });
  const isIpv4 = ethType === 0x0800;
  const network = someOf({
    nwTos: value(isIpv4 && seen.ipTos !== undefined ? seen.ipTos & 0xfc : undefined),
    nwSrc: block(seen.arpSpa ?? seen.ipv4Src),
    nwDst: block(seen.arpTpa ?? seen.ipv4Dst),
  });
  const proto = seen.arpOp ?? (isIpv4 ? seen.ipProto : undefined);
  const hasPorts = isIpv4 && [1, 6, 17].includes(proto ?? 0);
  const transport = someOf({
    tpSrc: value(hasPorts ? (seen.srcPort ?? seen.icmpType) : undefined),
    tpDst: value(hasPorts ? (seen.dstPort ?? seen.icmpCode) : undefined),
  });
  return fc.oneof(
    link,
    link.map((fields) => ({ ...fields, dlType: matchType })),
    fc.tuple(link, network).map(([a, b]) => ({ ...a, ...b, dlType: ethType })),
    fc
      .tuple(link, network, transport)
      .map(([a, b, c]) => ({ ...a, ...b, ...c, dlType: ethType, ...(proto === undefined ? {} : { nwProto: proto }) })),
  );
}

/** Some of the properties that have a value. */
function someOf<T extends object>(
  properties: { [K in keyof T]: fc.Arbitrary<T[K] | undefined> },
): fc.Arbitrary<Match10> {
  return some<T>(properties as { [K in keyof T]: fc.Arbitrary<T[K]> }).map(
    (picked) => Object.fromEntries(Object.entries(picked).filter(([, value]) => value !== undefined)) as Match10,
  );
}

const output10: fc.Arbitrary<Of10Action> = fc
  .constantFrom(1, 2, 3, PORTS, Port10.IN_PORT, Port10.FLOOD, Port10.ALL, Port10.CONTROLLER, Port10.LOCAL)
  .map((outPort) => ({ type: 'output', port: outPort, maxLen: 0xffff }));
const set10: fc.Arbitrary<Of10Action> = fc.oneof(
  mac.map((dlAddr): Of10Action => ({ type: 'setDlDst', dlAddr })),
  unicast.map((dlAddr): Of10Action => ({ type: 'setDlSrc', dlAddr })),
  vid.map((vlanVid): Of10Action => ({ type: 'setVlanVid', vlanVid })),
  pcp.map((vlanPcp): Of10Action => ({ type: 'setVlanPcp', vlanPcp })),
  fc.constant<Of10Action>({ type: 'stripVlan' }),
  fc.constantFrom(0, 0x20).map((nwTos): Of10Action => ({ type: 'setNwTos', nwTos })),
);
const rewrite10: fc.Arbitrary<Of10Action> = fc.oneof(
  set10,
  ipv4.map((nwAddr): Of10Action => ({ type: 'setNwSrc', nwAddr: Number(nwAddr) })),
  ipv4.map((nwAddr): Of10Action => ({ type: 'setNwDst', nwAddr: Number(nwAddr) })),
);
export const actions10: fc.Arbitrary<readonly Of10Action[]> = fc
  .tuple(
    fc.array(rewrite10, { maxLength: 2 }),
    fc.array(output10, { maxLength: 2 }),
    fc.array(fc.oneof(set10, output10), { maxLength: 2 }),
  )
  .map((parts) => parts.flat());

/** Most rules are made for one of the packets. */
export function flowMod10(
  command: fc.Arbitrary<number>,
  packets: readonly ReceivedPacket[],
): fc.Arbitrary<Of10FlowMod> {
  const match10 = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...packets).chain(matchOf) },
    { weight: 1, arbitrary: randomMatch },
  );
  return fc
    .record({
      match: match10,
      actions: actions10,
      cookie,
      command,
      priority: fc.constantFrom(1, 2, 3, 4),
      flags: fc.constantFrom(0, 1, 2, 3),
      outPort: fc.constantFrom(Port10.NONE, Port10.NONE, 1, 2),
    })
    .map((fields) => ({
      ...fields,
      version: 1,
      type: 'flowMod',
      xid: 0,
      idleTimeout: 0,
      hardTimeout: 0,
      bufferId: NO_BUFFER,
    }));
}
