import fc from 'fast-check';
import { encodeMessage } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../protocols/packet/frame.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { WireVersion } from '../../southbound/negotiation.ts';
import { addRule, deleteRule } from '../../southbound/rule-messages.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import type { Concern } from './concern.ts';
import { DecidedRoom } from './decided-room.ts';
import { type Added, DecidedRules } from './decided-rules.ts';

type Kind = 'pair' | 'tagged';

function forward(kind: Kind, ethSrc: number, ethDst: number, inPort: number, outPort: number): FlowRule {
  const match = {
    inPort,
    ethSrc,
    ethDst,
    vlan: kind === 'pair' ? ('none' as const) : 7,
    ethType: 0x0800,
    ipSrc: { network: (0x0a000000 + ethSrc) as never, length: 32 },
    ipDst: { network: (0x0a000000 + ethDst) as never, length: 32 },
  };
  const cookie = makeCookie(RuleKind.FORWARD);
  return { priority: 100, match, outputs: [{ port: outPort }], cookie, idleTimeoutSec: 60, hardTimeoutSec: 0 };
}

function rules(most: number, { version = 1 as WireVersion, room = new DecidedRoom(most) } = {}): DecidedRules {
  return new DecidedRules({ version, most, room, now: () => 0 });
}

/** The packet that it was decided for is of no concern here. */
function add(decided: DecidedRules, rule: FlowRule): FlowRule {
  return ruleOf(decided, sent(decided, rule).added);
}

function sent(decided: DecidedRules, rule: FlowRule): Added {
  return decided.add(rule, { frame: {} as Frame, inPort: 1 });
}

function ruleOf(decided: DecidedRules, added: Added['added']): FlowRule {
  return 'flowMod' in added ? decided.byId(added.id)! : added;
}

const BROADCAST_MAC = 0xffffffffffff;
const endsOf = (each: {
  readonly a: number;
  readonly b: number;
  readonly high: number;
  readonly isGroup: boolean;
}) => ({
  ethSrc: each.a + each.high,
  ethDst: each.isGroup ? BROADCAST_MAC : 4 + each.b,
});

const cookies = (of: readonly FlowRule[]) => of.map(({ cookie }) => cookie);

describe.each<Kind>(['pair', 'tagged'])('rules decided for packets (%s)', (kind) => {
  it('are taken by all that they were decided on, and once', () => {
    const concerns: readonly Concern[] = [
      { source: 1 },
      { destination: 2 },
      { inPort: 3 },
      { outPort: 4 },
      { address: 0x0a000001 },
      { address: 0x0a000002 },
    ];
    for (const concern of concerns) {
      const decided = rules(10);
      const rule = add(decided, forward(kind, 1, 2, 3, 4));
      add(decided, forward(kind, 5, 6, 7, 8));
      expect(decided.countOf(concern)).toBe(1);
      expect(decided.take(concern)).toEqual([rule]);
      for (const other of concerns) expect(decided.take(other)).toEqual([]);
      expect(decided.size).toBe(1);
    }
  });

  it('have cookies of their own, so that late word of a former rule is not taken for word of the present one', () => {
    const decided = rules(10);
    const first = add(decided, forward(kind, 1, 2, 3, 4));
    const second = add(decided, forward(kind, 1, 2, 3, 4));
    expect(second.cookie).not.toBe(first.cookie);
    decided.onGone(first.cookie);
    expect(decided.take({ source: 1 })).toEqual([second]);
  });

  it('do not take word of a rule of another kind for their own', () => {
    const decided = rules(10);
    const { cookie } = add(decided, forward(kind, 1, 2, 3, 4));
    expect(decided.onGone(cookie ^ (makeCookie(RuleKind.FORWARD) ^ makeCookie(RuleKind.DROP)))).toBe(false);
    expect(decided.onGone(cookie)).toBe(true);
    expect(decided.onGone(cookie)).toBe(false);
  });

  it('give way to newer ones at the limit, the oldest first', () => {
    const decided = rules(2);
    const first = add(decided, forward(kind, 1, 2, 3, 4));
    expect(sent(decided, forward(kind, 2, 3, 3, 4)).evicted).toBeUndefined();
    const { evicted } = sent(decided, forward(kind, 3, 4, 3, 4));
    if (kind === 'pair') expect(evicted).toMatchObject({ flowMod: encodeMessage(deleteRule(1, first)) });
    else expect(evicted).toEqual(first);
    expect(decided.take({ source: 1 })).toEqual([]);
    expect(decided.takeOldest()).toMatchObject({ match: { ethSrc: 2 } });
  });

  it('give way to newer ones where there are too many on all switches together, but for the first thousand of a switch', () => {
    const room = new DecidedRoom(2000);
    const [busy, idle] = [rules(5000, { room }), rules(5000, { room })];
    for (let i = 0; i < 2000; i++) expect(sent(busy, forward(kind, i, 1, 3, 4)).evicted).toBeUndefined();
    for (let i = 0; i < 1024; i++) expect(sent(idle, forward(kind, i, 1, 3, 4)).evicted).toBeUndefined();
    expect(sent(busy, forward(kind, 2000, 1, 3, 4)).evicted).toBeDefined();
    expect(sent(idle, forward(kind, 2000, 1, 3, 4)).evicted).toBeDefined();
    for (const decided of [busy, idle]) expect(decided.countOf({ source: 0 })).toBe(0);
    expect([busy.size, idle.size, room.used]).toEqual([2000, 1024, 3024]);
    busy.takeAll();
    expect(room.used).toBe(1024);
    expect(sent(idle, forward(kind, 2001, 1, 3, 4)).evicted).toBeUndefined();
    idle.forgetAll();
    expect([idle.size, room.used]).toEqual([0, 0]);
  });

  it('are told as broadcasts that nobody hears, and not by their destination, where it is a group', () => {
    const decided = rules(10);
    const base = forward(kind, 1, 2, 3, 4);
    const drop = { ...base, match: { ...base.match, ethDst: 0xffffffffffff }, outputs: [] };
    add(decided, base);
    const unheard = add(decided, drop);
    expect(decided.countOf('unheard')).toBe(1);
    expect(decided.countOf({ destination: 0xffffffffffff })).toBe(0);
    expect(decided.take('unheard')).toEqual([unheard]);
  });

  it('are told as wide where they stand for many peers', () => {
    const decided = rules(10);
    add(decided, forward(kind, 1, 2, 3, 4));
    const { added } = decided.add(forward(kind, 1, 3, 3, 4), { frame: {} as Frame, inPort: 1 }, true);
    const wide = ruleOf(decided, added);
    expect(decided.take('wide')).toEqual([wide]);
    expect(decided.size).toBe(1);
  });
});

it('tells IPv4 from IPv6 addresses', () => {
  const decided = rules(10);
  const base = forward('pair', 1, 2, 3, 4);
  add(decided, { ...base, match: { ...base.match, ethType: 0x86dd, ipSrc: { network: 1n as never, length: 128 } } });
  add(decided, { ...base, match: { ...base.match, ipSrc: { network: 2 as never, length: 32 } } });
  expect(decided.take({ address: 1 })).toEqual([]);
  expect(decided.take({ address: 2n })).toEqual([]);
  expect(decided.size).toBe(2);
});

it.each([1, 4] as const)(
  'rules decided for packets are there exactly as long as they were added and neither taken, gone, evicted nor replaced, version %i',
  (version) => {
    const small = fc.nat(3);
    const kind = fc.constantFrom<Kind>('pair', 'pair', 'tagged');
    const usual = {
      outputs: [{ port: 9 }],
      dscp: undefined,
      origin: undefined,
      cookie: makeCookie(RuleKind.FORWARD),
      idleTimeoutSec: 60,
      hardTimeoutSec: 0,
    };
    const otherwise: readonly Partial<FlowRule>[] = [
      { outputs: [] },
      { outputs: [{ port: 10 }] },
      { outputs: [{ port: 0xfffffffe }] },
      { outputs: [{ port: 9 }, { port: 10 }] },
      { outputs: [{ port: 9, queueId: 1 }] },
      { outputs: [{ port: 9, queueId: 0 }] },
      { outputs: [{ port: 9, ethDst: 0x0e0000000001 }] },
      { outputs: [{ port: 9, vlan: 'none' }] },
      { dscp: 0 },
      { dscp: 46 },
      { origin: { policy: 'a', place: undefined } },
      { origin: { policy: 'b', place: undefined } },
      { origin: { policy: 'b', place: { file: 'f', line: 1, column: 1 } } },
      { cookie: makeCookie(RuleKind.DROP) },
      { idleTimeoutSec: 10 },
      { hardTimeoutSec: 30 },
    ];
    // Two rules at a time differ in one thing as a rule.
    const way = fc.oneof(fc.constant({}), fc.constantFrom(...otherwise)).map((change) => ({ ...usual, ...change }));
    const ends = {
      a: small,
      b: small,
      high: fc.constantFrom(0, 0xfe_ff_ff_00_00_00),
      port: fc.constantFrom(1, 0xfffffffe),
      isGroup: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    };
    const concern = fc.oneof(
      small.map((source) => ({ source })),
      small.map((each) => ({ destination: 4 + each })),
      small.map((each) => ({ address: 0x0a000000 + each })),
      fc.constantFrom(1, 0xfffffffe).map((inPort) => ({ inPort })),
      fc.constantFrom(9, 10).map((outPort) => ({ outPort })),
      fc.constant('unheard' as const),
    );
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), kind, way, ...ends }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const), concern }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('gone' as const), index: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.constant({ do: 'oldest' as const }) },
    );
    const isOn = (rule: FlowRule, each: Concern) => {
      const { match, outputs } = rule;
      if (each === 'unheard') return match.ethDst === BROADCAST_MAC;
      if (each === 'wide') throw new Error('nothing is wide here');
      if ('source' in each) return match.ethSrc === each.source;
      if ('destination' in each) return match.ethDst === each.destination;
      if ('address' in each) return [match.ipSrc, match.ipDst].some((block) => block?.network === each.address);
      if ('inPort' in each) return match.inPort === each.inPort;
      return outputs.some(({ port }) => port === each.outPort);
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const decided = rules(6, { version });
        const seen: FlowRule[] = [];
        let model: FlowRule[] = [];
        const without = (gone: readonly bigint[]) => {
          model = model.filter(({ cookie }) => !gone.includes(cookie));
        };
        for (const each of steps) {
          if (each.do === 'add') {
            const base = forward(each.kind, each.a, 4 + each.b, each.port, 9);
            const wanted = { ...base, ...each.way, match: { ...base.match, ...endsOf(each) } };
            const isSame = (other: FlowRule) => JSON.stringify(other.match) === JSON.stringify(wanted.match);
            without(cookies(model.filter(isSame)));
            const [pairs, others] = [
              model.filter(({ match }) => match.vlan === 'none'),
              model.filter(({ match }) => match.vlan === 7),
            ];
            const oldest = model.length < 6 ? undefined : (pairs.length >= others.length ? pairs : others)[0]!;
            const { evicted, added } = sent(decided, wanted);
            if (oldest === undefined) expect(evicted).toBeUndefined();
            else if (evicted !== undefined && 'flowMod' in evicted) {
              expect(evicted.flowMod).toEqual(encodeMessage(deleteRule(version, oldest)));
            } else expect(evicted).toEqual(oldest);
            if (oldest !== undefined) without([oldest.cookie]);
            const rule = ruleOf(decided, added);
            expect(rule).toEqual({ ...wanted, cookie: rule.cookie });
            if ('flowMod' in added) expect(added.flowMod).toEqual(encodeMessage(addRule(version, rule)));
            expect('flowMod' in added).toBe(each.kind === 'pair');
            model.push(rule);
            seen.push(rule);
          } else if (each.do === 'take') {
            const wanted = model.filter((rule) => isOn(rule, each.concern));
            expect(decided.countOf(each.concern)).toBe(wanted.length);
            const taken = decided.take(each.concern);
            expect(new Set(taken)).toEqual(new Set(wanted));
            without(cookies(taken));
          } else if (each.do === 'oldest') {
            if (model.length > 0) without([decided.takeOldest().cookie]);
          } else if (seen.length > 0) {
            const { cookie } = seen[each.index % seen.length]!;
            expect(decided.onGone(cookie)).toBe(model.some((rule) => rule.cookie === cookie));
            without([cookie]);
          }
          expect(decided.size).toBe(model.length);
        }
        expect(new Set(decided.takeAll())).toEqual(new Set(model));
        expect(decided.size).toBe(0);
      }),
      { numRuns: 400 },
    );
  },
);
