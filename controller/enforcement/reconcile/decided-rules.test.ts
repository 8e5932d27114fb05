import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../protocols/packet/frame.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { DecidedRoom } from './decided-room.ts';
import { type Concern, DecidedRules } from './decided-rules.ts';

function forward(ethSrc: number, ethDst: number, inPort: number, outPort: number): FlowRule {
  const match = {
    inPort,
    ethSrc,
    ethDst,
    ethType: 0x0800,
    ipSrc: { network: (0x0a000000 + ethSrc) as never, length: 32 },
    ipDst: { network: (0x0a000000 + ethDst) as never, length: 32 },
  };
  const cookie = makeCookie(RuleKind.FORWARD);
  return { priority: 100, match, outputs: [{ port: outPort }], cookie, idleTimeoutSec: 60, hardTimeoutSec: 0 };
}

/** The packet that it was decided for is of no concern here. */
const add = (decided: DecidedRules, rule: FlowRule) => decided.add(rule, { frame: {} as Frame, inPort: 1 });

describe('rules decided for packets', () => {
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
      const decided = new DecidedRules({ most: 10 });
      const { rule } = add(decided, forward(1, 2, 3, 4));
      add(decided, forward(5, 6, 7, 8));
      expect(decided.take(concern)).toEqual([rule]);
      for (const other of concerns) expect(decided.take(other)).toEqual([]);
      expect(decided.size).toBe(1);
    }
  });

  it('have cookies of their own, so that late word of a former rule is not taken for word of the present one', () => {
    const decided = new DecidedRules({ most: 10 });
    const first = add(decided, forward(1, 2, 3, 4)).rule;
    const second = add(decided, forward(1, 2, 3, 4)).rule;
    expect(second.cookie).not.toBe(first.cookie);
    decided.onGone(first.cookie);
    expect(decided.take({ source: 1 })).toEqual([second]);
  });

  it('give way to newer ones at the limit, the oldest first', () => {
    const decided = new DecidedRules({ most: 2 });
    const first = add(decided, forward(1, 2, 3, 4)).rule;
    expect(add(decided, forward(2, 3, 3, 4)).evicted).toBeUndefined();
    expect(add(decided, forward(3, 4, 3, 4)).evicted).toEqual(first);
    expect(decided.take({ source: 1 })).toEqual([]);
  });

  it('give way to newer ones where there are too many on all switches together, but for the first thousand of a switch', () => {
    const room = new DecidedRoom(2000);
    const [busy, idle] = [new DecidedRules({ most: 5000, room }), new DecidedRules({ most: 5000, room })];
    for (let i = 0; i < 2000; i++) expect(add(busy, forward(i, 1, 3, 4)).evicted).toBeUndefined();
    for (let i = 0; i < 1024; i++) expect(add(idle, forward(i, 1, 3, 4)).evicted).toBeUndefined();
    expect(add(busy, forward(2000, 1, 3, 4)).evicted).toMatchObject({ match: { ethSrc: 0 } });
    expect(add(idle, forward(2000, 1, 3, 4)).evicted).toMatchObject({ match: { ethSrc: 0 } });
    expect([busy.size, idle.size, room.used]).toEqual([2000, 1024, 3024]);
    busy.takeAll();
    expect(room.used).toBe(1024);
    expect(add(idle, forward(2001, 1, 3, 4)).evicted).toBeUndefined();
  });

  it('tells IPv4 from IPv6 addresses, and broadcasts that nobody hears from unicast', () => {
    const decided = new DecidedRules({ most: 10 });
    const base = forward(1, 2, 3, 4);
    const v6 = { ...base, match: { ...base.match, ethType: 0x86dd, ipSrc: { network: 1n as never, length: 128 } } };
    add(decided, v6);
    expect(decided.take({ address: 1 })).toEqual([]);
    const drop = { ...base, match: { ...base.match, ethDst: 0xffffffffffff }, outputs: [] };
    const unheard = add(decided, drop).rule;
    expect(decided.countOf('unheard')).toBe(1);
    expect(decided.take('unheard')).toEqual([unheard]);
  });

  it('are there exactly as long as they were added and neither taken, gone, evicted nor replaced', () => {
    const small = fc.nat(3);
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), a: small, b: small, port: small }),
      fc.record({ do: fc.constant('take' as const), a: small }),
      fc.record({ do: fc.constant('gone' as const), index: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const decided = new DecidedRules({ most: 6 });
        const seen: FlowRule[] = [];
        let model: FlowRule[] = [];
        const without = (gone: readonly FlowRule[]) => {
          model = model.filter((rule) => !gone.includes(rule));
        };
        for (const each of steps) {
          if (each.do === 'add') {
            const wanted = forward(each.a, 4 + each.b, each.port, 9);
            const { rule, evicted } = add(decided, wanted);
            const isSame = (other: FlowRule) => JSON.stringify(other.match) === JSON.stringify(rule.match);
            without([...model.filter(isSame), ...(evicted === undefined ? [] : [evicted])]);
            model.push(rule);
            seen.push(rule);
          } else if (each.do === 'take') {
            const taken = decided.take({ source: each.a });
            expect(taken).toEqual(model.filter(({ match }) => match.ethSrc === each.a));
            without(taken);
          } else if (seen.length > 0) {
            const rule = seen[each.index % seen.length]!;
            decided.onGone(rule.cookie);
            without([rule]);
          }
          expect(decided.size).toBe(model.length);
        }
        expect(decided.takeAll()).toEqual(model);
      }),
    );
  });
});
