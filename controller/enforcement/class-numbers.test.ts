import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassNumbers } from './class-numbers.ts';
import { inheritNumbers } from './inherit-numbers.ts';

describe('class numbers', () => {
  it('go to another class only when every switch has forgotten them', () => {
    const numbers = new ClassNumbers();
    const first = numbers.take();
    numbers.retire(first, [1n, 2n]);
    expect(numbers.take()).not.toBe(first);
    numbers.release(1n, [first]);
    expect([numbers.heldFor(1n), numbers.heldFor(2n)]).toEqual([[], [first]]);
    expect(numbers.take()).not.toBe(first);
    numbers.release(2n, [first]);
    expect(numbers.heldBack).toBe(0);
    expect(numbers.take()).toBe(first);
  });

  it('are never had by two at once, nor by any that a switch still names, whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'take' as const }),
      fc.record({ kind: fc.constant('retire' as const), which: fc.nat(), switches: fc.subarray([1n, 2n, 3n]) }),
      fc.record({ kind: fc.constant('release' as const), dpid: fc.constantFrom(1n, 2n, 3n) }),
      fc.record({ kind: fc.constant('copy' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let numbers = new ClassNumbers();
        const live: number[] = [];
        const named = new Map<bigint, Set<number>>([1n, 2n, 3n].map((dpid) => [dpid, new Set()]));
        for (const each of steps) {
          if (each.kind === 'take') {
            const number = numbers.take();
            expect(live).not.toContain(number);
            for (const held of named.values()) expect(held.has(number)).toBe(false);
            live.push(number);
          } else if (each.kind === 'retire' && live.length > 0) {
            const [number] = live.splice(each.which % live.length, 1) as [number];
            for (const dpid of each.switches) named.get(dpid)!.add(number);
            numbers.retire(number, each.switches);
          } else if (each.kind === 'release') {
            expect(new Set(numbers.heldFor(each.dpid))).toEqual(named.get(each.dpid));
            numbers.release(each.dpid, numbers.heldFor(each.dpid));
            named.get(each.dpid)!.clear();
          } else if (each.kind === 'copy') {
            // What is done to a copy is not done to the original.
            const copy = numbers.copy();
            numbers.take();
            numbers = copy;
          }
        }
      }),
    );
  });
});

describe('inheritNumbers', () => {
  const shares = fc.array(fc.record({ now: fc.nat(8), before: fc.nat(8), members: fc.integer({ min: 1, max: 9 }) }));

  it('gives a number to one class at most, and a class only a number that it shares members with', () => {
    fc.assert(
      fc.property(shares, (shared) => {
        const heirs = inheritNumbers(shared);
        expect(new Set(heirs.values()).size).toBe(heirs.size);
        for (const [now, before] of heirs) {
          expect(shared.some((each) => each.now === now && each.before === before)).toBe(true);
        }
        // Greedy: no pair is left of which both could have had each other.
        for (const { now, before } of shared) {
          expect(heirs.has(now) || [...heirs.values()].includes(before)).toBe(true);
        }
      }),
    );
  });

  it('lets the class with the most members of the former keep its number', () => {
    const shared = [
      { now: 'few', before: 5, members: 2 },
      { now: 'most', before: 5, members: 40 },
      { now: 'few', before: 7, members: 1 },
    ];
    expect([...inheritNumbers(shared)]).toEqual([
      ['most', 5],
      ['few', 7],
    ]);
  });
});
