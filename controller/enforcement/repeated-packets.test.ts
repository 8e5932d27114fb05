// The short way finds a rule only for a packet that the rule matches, field for field, by the codec and the parser; and one
// that was taken out, or sent too long ago, never.

import fc from 'fast-check';
import { decodeMessage, encodeMessage, type Message, NO_BUFFER, oxm } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { type Ipv4Address, type MacAddress, parseIp } from '../../protocols/packet/address.ts';
import { buildIp, buildUdp } from '../../protocols/packet/build.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { narrowPort } from '../network/port-numbers.ts';
import { type FlowMatch, type FlowRule, hostPrefix, matchKey } from '../southbound/flow-rule.ts';
import type { WireVersion } from '../southbound/negotiation.ts';
import { packetOutLength, writePacketOut } from '../southbound/raw-packets.ts';
import { packetOut } from '../southbound/rule-messages.ts';
import { makeCookie, RuleKind } from './cookie.ts';
import { DecidedRules } from './reconcile/decided-rules.ts';
import { answerByRule } from './repeated-packets.ts';

const MACS = [0x02_00_00_00_00_01, 0x02_00_00_00_00_02, 0xfe_ff_ff_ff_ff_ff, 0x02_00_00_01_00_01] as MacAddress[];
const IPS = ['10.0.0.1', '10.0.0.2', '255.255.255.254', '128.0.0.0'].map((text) => parseIp(text) as Ipv4Address);
const PORTS = [1, 2, 0xfffffffe];

interface Pair {
  readonly inPort: number;
  readonly ethSrc: MacAddress;
  readonly ethDst: MacAddress;
  readonly src: Ipv4Address;
  readonly dst: Ipv4Address;
}

const anyPair: fc.Arbitrary<Pair> = fc.record({
  inPort: fc.constantFrom(...PORTS),
  ethSrc: fc.constantFrom(...MACS),
  ethDst: fc.constantFrom(...MACS),
  src: fc.constantFrom(...IPS),
  dst: fc.constantFrom(...IPS),
});
/** Often the same ones, so that packets come up again. */
const USUAL: readonly Pair[] = [0, 1, 2].map((i) => ({
  inPort: PORTS[i]!,
  ethSrc: MACS[i]!,
  ethDst: MACS[3 - i]!,
  src: IPS[i]!,
  dst: IPS[3 - i]!,
}));
const pair = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...USUAL) }, { weight: 1, arbitrary: anyPair });
const change = fc.record({ byte: fc.nat(45), to: fc.nat(255) });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const packet = fc.record({
  pair,
  kind: fc.constantFrom('udp', 'fragment', 'tagged'),
  change: rarely(change),
  cut: rarely(fc.nat(60)),
  isBuffered: fc.boolean(),
});
const step = fc.oneof(
  fc.record({
    do: fc.constant('decide' as const),
    pair,
    out: fc.constantFrom(0, 1, 2),
    more: fc.constantFrom('', 'ipProto'),
  }),
  fc.record({ do: fc.constant('drop' as const), pair }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 20_000) }),
  fc.record({ do: fc.constant('ask' as const), packet }),
);

function matchOf({ inPort, ethSrc, ethDst, src, dst }: Pair): FlowMatch {
  const link = { inPort, ethSrc, ethDst, vlan: 'none', ethType: 0x0800 } as const;
  return { ...link, ipSrc: hostPrefix(src), ipDst: hostPrefix(dst) };
}

function ruleOf(match: FlowMatch, out: number): FlowRule {
  const outputs = out === 0 ? [] : [{ port: out }];
  return { priority: 100, match, outputs, cookie: makeCookie(RuleKind.FORWARD), idleTimeoutSec: 60, hardTimeoutSec: 0 };
}

/** What packet it was decided for does not matter here. */
function add(decided: DecidedRules, rule: FlowRule): void {
  decided.add(rule, { frame: parseFrame(new Uint8Array(0)), inPort: 1 });
}

type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

function frameOf({ pair: { ethSrc, ethDst, src, dst }, kind, change: changed, cut }: Packet): Uint8Array {
  const ethernet = { ethSrc, ethDst, ...(kind === 'tagged' && { tags: [{ vid: 3 }] }) };
  const frame =
    kind === 'fragment'
      ? buildIp(ethernet, { src, dst, fragment: { offset: 64, more: false } }, 17, new Uint8Array(16))
      : buildUdp(ethernet, { src, dst }, { srcPort: 1, dstPort: 2, data: new Uint8Array(18) });
  if (changed !== undefined) frame[changed.byte % frame.length] = changed.to;
  return cut === undefined ? frame : frame.slice(0, cut);
}

function packetInOf(version: WireVersion, inPort: number, data: Uint8Array, isBuffered: boolean): Uint8Array {
  const common = {
    xid: 9,
    type: 'packetIn',
    bufferId: isBuffered ? 77 : NO_BUFFER,
    totalLen: data.length,
    reason: 0,
  } as const;
  const message: Message =
    version === 1
      ? { version, ...common, inPort: narrowPort(inPort), data }
      : { version, ...common, tableId: 0, cookie: 0n, match: [oxm('inPort', inPort), oxm('metadata', 5n)], data };
  return encodeMessage(message).slice();
}

/** Whether a switch would use the rule for the frame, by what the parser says of it. */
function matches({ match }: FlowRule, inPort: number, data: Uint8Array): boolean {
  const frame = parseFrame(data);
  if (frame.kind !== 'ipv4' || frame.tagCount > 0) return false;
  const { ethSrc, ethDst, ipv4Src, ipv4Dst } = frame;
  const [src, dst] = [match.ipSrc?.network, match.ipDst?.network];
  const isLink = match.inPort === inPort && match.ethSrc === ethSrc && match.ethDst === ethDst;
  return isLink && src === ipv4Src && dst === ipv4Dst && match.ipProto === undefined;
}

describe.each([1, 4] as const)('a repeated packet of OpenFlow version %i', (version) => {
  it('is answered by the rule that was decided for it, and by no other', () => {
    let found = 0;
    const property = fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      let now = 0;
      const decided = new DecidedRules({ version, most: 20, now: () => now });
      const kept = new Map<string, { readonly rule: FlowRule; readonly sentAt: number }>();
      for (const each of steps) {
        if (each.do === 'wait') now += each.ms;
        else if (each.do === 'decide') {
          const match = { ...matchOf(each.pair), ...(each.more === 'ipProto' && { ipProto: 17 }) };
          const frame = parseFrame(
            frameOf({ pair: each.pair, kind: 'udp', change: undefined, cut: undefined, isBuffered: true }),
          );
          const rule = ruleOf(match, each.out);
          decided.add(rule, { frame, inPort: each.pair.inPort });
          kept.set(JSON.stringify([each.pair, each.more]), { rule, sentAt: now });
        } else if (each.do === 'drop') {
          const gone = new Set(decided.take({ address: each.pair.src }).map(({ match }) => matchKey(match)));
          for (const [key, { rule }] of kept) if (gone.has(matchKey(rule.match))) kept.delete(key);
        } else {
          const data = frameOf(each.packet);
          const { inPort } = each.packet.pair;
          const answer = answerByRule(decided, version, packetInOf(version, inPort, data, each.packet.isBuffered));
          const right = [...kept.values()].find(({ rule }) => matches(rule, inPort, data));
          if (answer === undefined) continue;
          found++;
          expect(right).toBeDefined();
          expect(now - right!.sentAt).toBeLessThan(30_100);
          expect(answer.isDropped).toBe(right!.rule.outputs.length === 0);
        }
      }
    });
    fc.assert(property, { numRuns: 300 });
    expect(found).toBeGreaterThan(100);
  });

  it('is not taken for one that differs from it in a single field', () => {
    const decided = new DecidedRules({ version, most: 20, now: () => 0 });
    const one = USUAL[0]!;
    add(decided, ruleOf(matchOf(one), 2));
    const isFound = (each: Pair) => {
      const data = frameOf({ pair: each, kind: 'udp', change: undefined, cut: undefined, isBuffered: true });
      return answerByRule(decided, version, packetInOf(version, each.inPort, data, true)) !== undefined;
    };
    expect(isFound(one)).toBe(true);
    // So many that some share its place in the table.
    for (let i = 1; i < 300; i++) {
      const [mac, ip] = [
        (value: number) => (value + i * 0x1_00) as MacAddress,
        (value: number) => (value + i) as Ipv4Address,
      ];
      const high = (value: number) => (value + i * 0x1_00_00_00_00) as MacAddress;
      const others: readonly Pair[] = [
        { ...one, inPort: one.inPort + i },
        { ...one, ethSrc: mac(one.ethSrc) },
        { ...one, ethSrc: high(one.ethSrc) },
        { ...one, ethDst: mac(one.ethDst) },
        { ...one, ethDst: high(one.ethDst) },
        { ...one, src: ip(one.src) },
        { ...one, dst: ip(one.dst) },
      ];
      for (const other of others) expect(isFound(other)).toBe(false);
    }
  });

  it('leaves as the rule says, with the packet where the switch kept none', () => {
    const decided = new DecidedRules({ version, most: 20, now: () => 0 });
    const one: Pair = { inPort: 0xfffffffe, ethSrc: MACS[0]!, ethDst: MACS[1]!, src: IPS[0]!, dst: IPS[1]! };
    const rule = { ...ruleOf(matchOf(one), 2), outputs: [{ port: 2, queueId: 5 }], dscp: 46 };
    add(decided, rule);
    const data = frameOf({ pair: one, kind: 'udp', change: undefined, cut: undefined, isBuffered: true });
    for (const isBuffered of [true, false]) {
      const packetIn = packetInOf(version, one.inPort, data, isBuffered);
      const { packetOut } = answerByRule(decided, version, packetIn)!;
      const out = new Uint8Array(packetOutLength(version, packetOut, packetIn) + 3);
      writePacketOut(version, packetOut, packetIn, out, 3, 1234);
      const message = decodeMessage(out.slice(3));
      expect(message).toMatchObject({
        version,
        type: 'packetOut',
        xid: 1234,
        bufferId: isBuffered ? 77 : NO_BUFFER,
        inPort: version === 1 ? narrowPort(one.inPort) : one.inPort,
      });
      expect(message.type === 'packetOut' && message.data).toEqual(isBuffered ? new Uint8Array(0) : data);
      expect(JSON.stringify(message.type === 'packetOut' && message.actions)).toContain('"queueId":5');
    }
  });

  it('is found among thousands, whose table grows', () => {
    const decided = new DecidedRules({ version, most: 5000, now: () => 0 });
    const pairs = Array.from({ length: 5000 }, (_, i) => ({
      inPort: 1,
      ethSrc: (0x02_00_00_10_00_00 + i) as MacAddress,
      ethDst: MACS[1]!,
      src: (0x0a_00_00_00 + i) as Ipv4Address,
      dst: IPS[1]!,
    }));
    for (const each of pairs) add(decided, ruleOf(matchOf(each), 2));
    const isFound = (each: Pair) => {
      const data = frameOf({ pair: each, kind: 'udp', change: undefined, cut: undefined, isBuffered: true });
      return answerByRule(decided, version, packetInOf(version, 1, data, true)) !== undefined;
    };
    expect(pairs.filter(isFound)).toHaveLength(5000);
    decided.answerNoMore();
    expect(pairs.filter(isFound)).toHaveLength(0);
    add(decided, ruleOf(matchOf(pairs[7]!), 2));
    expect(pairs.filter(isFound)).toEqual([pairs[7]]);
  });
});

it.each([1, 4] as const)(
  'answers packets from one port each by its own rule, whatever tells the rules apart, version %s',
  (version) => {
    const ways: readonly Pick<FlowRule, 'outputs' | 'dscp'>[] = [
      { outputs: [] },
      { outputs: [{ port: 7 }] },
      { outputs: [{ port: 8 }] },
      { outputs: [{ port: 7 }, { port: 8 }] },
      { outputs: [{ port: 7, queueId: 0 }] },
      { outputs: [{ port: 7, queueId: 1 }] },
      { outputs: [{ port: 7, ethDst: 1 }] },
      { outputs: [{ port: 7, ethDst: 2 }] },
      { outputs: [{ port: 7, vlan: 1 }] },
      { outputs: [{ port: 7, vlan: 'none' }] },
      { outputs: [{ port: 7 }], dscp: 0 },
      { outputs: [{ port: 7 }], dscp: 46 },
    ];
    const decided = new DecidedRules({ version, most: 20, now: () => 0 });
    const flows = ways.map((way, i) => {
      const flow: Pair = { ...USUAL[0]!, ethSrc: (0x02_00_00_00_01_00 + i) as MacAddress };
      add(decided, { ...ruleOf(matchOf(flow), 0), ...way });
      return { flow, way };
    });
    for (const { flow, way } of flows) {
      const data = buildUdp(flow, flow, { srcPort: 1, dstPort: 2, data: new Uint8Array(18) });
      const found = answerByRule(decided, version, packetInOf(version, flow.inPort, data, true));
      const packet = { inPort: flow.inPort, bufferId: 0, data: new Uint8Array(0) };
      expect(found && decodeMessage(found.packetOut)).toEqual(
        decodeMessage(encodeMessage(packetOut(version, packet, way))),
      );
      expect(found?.isDropped).toBe(way.outputs.length === 0);
    }
  },
);
