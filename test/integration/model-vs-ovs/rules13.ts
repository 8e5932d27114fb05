// Random rules and groups of OpenFlow 1.3, every one of which a switch accepts: an action that changes a header stands
// only behind a match on that header.

import fc from 'fast-check';
import {
  type Match13,
  NO_BUFFER,
  type Of13Action,
  type Of13FlowMod,
  type Of13Instruction,
  type OxmField,
  type OxmName,
  oxm,
  oxmId,
  Port13,
} from 'node-openflow';
import { type Frame, parseFrame } from '../../../protocols/packet/frame.ts';
import type { ReceivedPacket } from './packets.ts';
import { cookie, ipv4, ipv6, mac, PORTS, pcp, port, portNo, tos, unicast, vid } from './pools.ts';

const optional = <T>(field: fc.Arbitrary<T>) => fc.option(field, { nil: undefined, freq: 2 });
const present = <T>(fields: readonly (T | undefined)[]) => fields.filter((field) => field !== undefined);
const maskedMac = fc.constantFrom(0xffffffffffff, 0x010000000000, 0xfffffffffff0);

function ethOxm(name: 'ethSrc' | 'ethDst'): fc.Arbitrary<OxmField> {
  return fc.tuple(mac, maskedMac).map(([value, mask]) => {
    const kept = Number(BigInt(value) & BigInt(mask));
    return mask === 0xffffffffffff ? oxm(name, value) : oxm(name, kept, mask);
  });
}

function ipv4Oxm(name: 'ipv4Src' | 'ipv4Dst' | 'arpSpa' | 'arpTpa'): fc.Arbitrary<OxmField> {
  return fc.tuple(ipv4, fc.constantFrom(0xffffffff, 0xffff0000, 0xff0000ff)).map(([value, mask]) => {
    return mask === 0xffffffff ? oxm(name, Number(value)) : oxm(name, (Number(value) & mask) >>> 0, mask);
  });
}

function ipv6Oxm(name: 'ipv6Src' | 'ipv6Dst'): fc.Arbitrary<OxmField> {
  const prefix48 = ((1n << 48n) - 1n) << 80n;
  return fc
    .tuple(ipv6, fc.boolean())
    .map(([value, isMasked]) => (isMasked ? oxm(name, value & prefix48, prefix48) : oxm(name, value)));
}

const vlanOxms: fc.Arbitrary<readonly OxmField[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constant([oxm('vlanVid', 0)]) },
  { weight: 1, arbitrary: fc.constant([oxm('vlanVid', 0x1000, 0x1000)]) },
  { weight: 1, arbitrary: vid.map((value) => [oxm('vlanVid', 0x1000 | value)]) },
  { weight: 1, arbitrary: fc.tuple(vid, pcp).map(([v, p]) => [oxm('vlanVid', 0x1000 | v), oxm('vlanPcp', p)]) },
);
const link13 = fc
  .tuple(
    optional(portNo.map((n) => oxm('inPort', n))),
    optional(ethOxm('ethSrc')),
    optional(ethOxm('ethDst')),
    vlanOxms,
  )
  .map(([inPort, src, dst, vlan]) => [...present<OxmField>([inPort, src, dst]), ...vlan]);

const list = (...fields: readonly fc.Arbitrary<OxmField | undefined>[]) =>
  fc.tuple(...fields).map((all) => present<OxmField>(all));
const tosOxm = optional(tos.map((value) => oxm('ipDscp', value >>> 2)));
const network13: fc.Arbitrary<readonly OxmField[]> = fc.oneof(
  fc.constant([]),
  list(
    fc.constant(oxm('ethType', 0x0806)),
    optional(fc.constantFrom(1, 2).map((value) => oxm('arpOp', value))),
    optional(ipv4Oxm('arpSpa')),
    optional(ipv4Oxm('arpTpa')),
    optional(unicast.map((value) => oxm('arpSha', value))),
  ),
  list(fc.constant(oxm('ethType', 0x0800)), tosOxm, optional(ipv4Oxm('ipv4Src')), optional(ipv4Oxm('ipv4Dst'))),
  list(
    fc.constant(oxm('ethType', 0x0800)),
    fc.constant(oxm('ipProto', 17)),
    optional(ipv4Oxm('ipv4Src')),
    optional(port.map((value) => oxm('udpSrc', value))),
    optional(port.map((value) => oxm('udpDst', value))),
  ),
  list(fc.constant(oxm('ethType', 0x86dd)), tosOxm, optional(ipv6Oxm('ipv6Src')), optional(ipv6Oxm('ipv6Dst'))),
  list(
    fc.constant(oxm('ethType', 0x86dd)),
    fc.constant(oxm('ipProto', 6)),
    optional(port.map((value) => oxm('tcpDst', value))),
  ),
  fc.constantFrom(44, 58, 59).map((proto) => [oxm('ethType', 0x86dd), oxm('ipProto', proto)]),
  list(
    fc.constant(oxm('ethType', 0x86dd)),
    fc.constant(oxm('ipProto', 58)),
    fc.constant(oxm('icmpv6Type', 135)),
    optional(ipv6.map((value) => oxm('ipv6NdTarget', value))),
    optional(unicast.map((value) => oxm('ipv6NdSll', value))),
  ),
  list(fc.constant(oxm('ethType', 0x86dd)), fc.constant(oxm('ipProto', 58)), fc.constant(oxm('icmpv6Type', 136))),
  fc.constantFrom(0x8100, 0x88a8, 0x8847, 0x88cc).map((etherType) => [oxm('ethType', etherType)]),
);
const metadata = optional(fc.bigInt(0n, 3n).map((value) => oxm('metadata', value, 3n)));
/** What the rules of table 0 put there: addresses, the halves of MACs, and loaded bits. */
const register = optional(
  fc.oneof(
    ipv4.map((value) => oxm('reg0', Number(value))),
    fc.constantFrom(0, 0x0a010000).map((value) => oxm('reg0', value, 0xffff0000)),
    unicast.map((value) => oxm('reg2', value % 2 ** 32)),
    fc.constantFrom(0, 1, 0x50).map((value) => oxm('reg15', value)),
  ),
);

function randomMatch(extra: fc.Arbitrary<readonly OxmField[]>): fc.Arbitrary<Match13> {
  return fc.tuple(link13, extra, network13).map((parts) => parts.flat());
}

/**
 * Some of what a packet shows to one who looks through all of its tags and fragments: a rule that the packet hits, or,
 * where a switch does not look that far, just misses.
 */
function matchOf({ inPort, frame }: ReceivedPacket, extra: fc.Arbitrary<readonly OxmField[]>): fc.Arbitrary<Match13> {
  const seen = parseFrame(frame);
  const tag = seen.vlanVid === undefined ? oxm('vlanVid', 0) : oxm('vlanVid', 0x1000 | seen.vlanVid);
  const link = list(
    optional(fc.constant(oxm('inPort', inPort))),
    optional(fc.constant(oxm('ethSrc', seen.ethSrc))),
    optional(fc.constant(oxm('ethDst', seen.ethDst))),
    optional(fc.constant(tag)),
  );
  const innermost = fc.constant(oxm('ethType', seen.ethType));
  const network =
    seen.kind === 'arp'
      ? list(innermost, ...maybe('arpOp', seen.arpOp), ...maybe('arpSpa', seen.arpSpa), ...maybe('arpTha', seen.arpTha))
      : seen.kind === 'ipv4' || seen.kind === 'ipv6'
        ? ipOf(seen)
        : list(innermost);
  const matchType = fc.constant([oxm('ethType', seen.matchType)]);
  return fc.tuple(link, extra, fc.oneof(fc.constant([]), matchType, network, network)).map((parts) => parts.flat());
}

function ipOf(seen: Frame): fc.Arbitrary<readonly OxmField[]> {
  const proto = seen.ipProto!;
  const ports = proto === 17 ? (['udpSrc', 'udpDst'] as const) : (['tcpSrc', 'tcpDst'] as const);
  const hasPorts = proto === 6 || proto === 17;
  const icmp = seen.kind === 'ipv4' ? 'icmpv4Type' : 'icmpv6Type';
  const addresses =
    seen.kind === 'ipv4'
      ? [...maybe('ipv4Src', seen.ipv4Src), ...maybe('ipv4Dst', seen.ipv4Dst)]
      : [...maybe('ipv6Src', seen.ipv6Src), ...maybe('ipv6Dst', seen.ipv6Dst)];
  const upper = [
    fc.constant(oxm('ipProto', proto)),
    ...(hasPorts ? [...maybe(ports[0], seen.srcPort), ...maybe(ports[1], seen.dstPort)] : []),
    ...maybe(icmp, seen.icmpType),
  ];
  const ethType = fc.constant(oxm('ethType', seen.ethType));
  const dscp = maybe('ipDscp', seen.ipTos === undefined ? undefined : seen.ipTos >>> 2);
  return fc.oneof(list(ethType, ...dscp, ...addresses), list(ethType, ...dscp, ...addresses, ...upper));
}

/** The field or not, where the packet has it. */
function maybe(name: OxmName, value: number | bigint | undefined): readonly fc.Arbitrary<OxmField | undefined>[] {
  return value === undefined ? [] : [optional(fc.constant({ field: name, value } as OxmField))];
}

const output13: fc.Arbitrary<Of13Action> = fc
  .constantFrom(1, 2, 3, PORTS, Port13.IN_PORT, Port13.FLOOD, Port13.ALL, Port13.CONTROLLER, Port13.LOCAL)
  .map((outPort) => ({ type: 'output', port: outPort, maxLen: 0xffff }));
const set13: fc.Arbitrary<Of13Action> = fc.oneof(
  mac.map((value): Of13Action => ({ type: 'setField', field: oxm('ethDst', value) })),
  unicast.map((value): Of13Action => ({ type: 'setField', field: oxm('ethSrc', value) })),
);
/** Tags a packet and says which. */
const tagging: fc.Arbitrary<readonly Of13Action[]> = fc
  .tuple(vid, fc.constantFrom(0x8100, 0x88a8))
  .map(([value, ethertype]) => [
    { type: 'pushVlan', ethertype },
    { type: 'setField', field: oxm('vlanVid', 0x1000 | value) },
  ]);
/** What may be done to packets of this match. */
function changes13(match: Match13): fc.Arbitrary<readonly Of13Action[]> {
  const fixes = (name: string, value: number) => match.some((field) => field.field === name && field.value === value);
  const one = (action: fc.Arbitrary<Of13Action>) => action.map((value): readonly Of13Action[] => [value]);
  const choices = [fc.constant<readonly Of13Action[]>([]), one(set13)];
  const isTagged = match.some((field) => field.field === 'vlanVid' && ((field.value ?? 0) & 0x1000) !== 0);
  if (isTagged) choices.push(one(fc.constant({ type: 'popVlan' })));
  else if (fixes('vlanVid', 0)) choices.push(tagging);
  if (fixes('ethType', 0x0800) && fixes('ipProto', 17)) {
    choices.push(one(ipv4.map((value) => ({ type: 'setField', field: oxm('ipv4Src', Number(value)) }))));
    choices.push(one(fc.constant({ type: 'decNwTtl' })));
  }
  if (fixes('ethType', 0x0806)) {
    choices.push(one(ipv4.map((value) => ({ type: 'setField', field: oxm('arpSpa', Number(value)) }))));
    choices.push(one(unicast.map((value) => ({ type: 'setField', field: oxm('arpTha', value) }))));
  }
  if (fixes('ethType', 0x86dd)) {
    choices.push(one(ipv6.map((value) => ({ type: 'setField', field: oxm('ipv6Dst', value) }))));
    choices.push(one(fc.constant({ type: 'setField', field: oxm('ipDscp', 10) })));
  }
  choices.push(writesRegister(fixes));
  return fc.oneof(...choices);
}

/** Moves a field that packets of this match have into a register, or loads some bits of one. */
function writesRegister(fixes: (name: string, value: number) => boolean): fc.Arbitrary<readonly Of13Action[]> {
  const sources: { src: OxmName; bits: number }[] = [
    { src: 'ethSrc', bits: 32 },
    { src: 'reg2', bits: 32 },
    { src: 'metadata', bits: 2 },
  ];
  if (fixes('ethType', 0x0800)) sources.push({ src: 'nxmIpSrc', bits: 32 }, { src: 'ipv4Dst', bits: 16 });
  if (fixes('ethType', 0x0806)) sources.push({ src: 'nxmArpSpa', bits: 32 }, { src: 'arpSha', bits: 32 });
  if (fixes('icmpv6Type', 135)) sources.push({ src: 'nxmNdSll', bits: 32 });
  if (fixes('ethType', 0x86dd)) sources.push({ src: 'ipv6Dst', bits: 32 });
  const moved = fc
    .tuple(fc.constantFrom(...sources), fc.constantFrom<OxmName[]>('reg0', 'reg0', 'reg2'), fc.boolean())
    .map(([{ src, bits }, dst, isHigh]): Of13Action => {
      const dstOfs = isHigh && bits <= 16 ? 16 : 0;
      return { type: 'regMove', bits, srcOfs: 0, dstOfs, src: oxmId(src), dst: oxmId(dst) };
    });
  const loaded = fc
    .constantFrom(0n, 1n, 5n)
    .map((value): Of13Action => ({ type: 'regLoad', range: { offset: 4, bits: 3 }, dst: oxmId('reg15'), value }));
  return fc.array(fc.oneof(moved, loaded), { minLength: 1, maxLength: 3 });
}

export const GROUPS = [1, 2];
const groupAction: fc.Arbitrary<Of13Action> = fc.constantFrom(...GROUPS).map((groupId) => ({ type: 'group', groupId }));
export const groupBuckets = fc.array(
  fc
    .tuple(set13, output13)
    .map(([set, output]) => ({ weight: 0, watchPort: Port13.ANY, watchGroup: Port13.ANY, actions: [set, output] })),
  { minLength: 1, maxLength: 3 },
);

function instructions13(match: Match13, tableId: number): fc.Arbitrary<readonly Of13Instruction[]> {
  const apply = fc
    .tuple(
      changes13(match),
      fc.array(fc.oneof({ weight: 4, arbitrary: output13 }, { weight: 1, arbitrary: groupAction }), { maxLength: 2 }),
    )
    .map((parts): Of13Instruction => ({ type: 'applyActions', actions: parts.flat() }));
  const write = fc
    .tuple(changes13(match), fc.option(fc.oneof(output13, groupAction), { nil: undefined }))
    .map(([changes, last]): Of13Instruction => ({ type: 'writeActions', actions: present([...changes, last]) }));
  const writeMetadata = fc
    .bigInt(0n, 3n)
    .map((value): Of13Instruction => ({ type: 'writeMetadata', metadata: value, metadataMask: 3n }));
  const next = fc
    .constantFrom(...[1, 2].filter((id) => id > tableId || tableId === 2))
    .map((id): Of13Instruction => ({ type: 'gotoTable', tableId: id }));
  return fc
    .tuple(
      optional(apply),
      fc.option(fc.constant<Of13Instruction>({ type: 'clearActions' }), { nil: undefined, freq: 3 }),
      optional(write),
      optional(writeMetadata),
      tableId < 2 ? optional(next) : fc.constant(undefined),
    )
    .map((all) => present<Of13Instruction>(all));
}

/** Most rules are made for one of the packets. */
export function flowMod13(
  command: fc.Arbitrary<number>,
  packets: readonly ReceivedPacket[],
): fc.Arbitrary<Of13FlowMod> {
  const match13 = (tableId: number) => {
    const extra = tableId === 0 ? fc.constant([]) : list(metadata, register);
    return fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...packets).chain((one) => matchOf(one, extra)) },
      { weight: 1, arbitrary: randomMatch(extra) },
    );
  };
  return fc.constantFrom(0, 0, 1, 2).chain((tableId) =>
    match13(tableId).chain((match) =>
      fc
        .record({
          instructions: instructions13(match, tableId),
          cookie,
          cookieMask: fc.constantFrom(0n, 0n, 3n),
          command,
          priority: fc.constantFrom(0, 1, 2, 3),
          flags: fc.constantFrom(0, 1, 2, 4, 5),
          outPort: fc.constantFrom(Port13.ANY, Port13.ANY, 1, 2),
          outGroup: fc.constantFrom(Port13.ANY, Port13.ANY, 1),
        })
        .map((fields) => ({
          ...fields,
          match,
          tableId,
          version: 4,
          type: 'flowMod',
          xid: 0,
          idleTimeout: 0,
          hardTimeout: 0,
          bufferId: NO_BUFFER,
        })),
    ),
  );
}
