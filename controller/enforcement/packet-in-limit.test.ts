import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PacketInLimitConfig } from '../config/config.ts';
import { JUDGED_COST, PacketInLimit, REPEATED_COST } from './packet-in-limit.ts';

const LIMIT: PacketInLimitConfig = { perSec: 100, burst: 200, holdSec: 10 };

function makeLimit(first = LIMIT) {
  const scene = { now: 0, limit: first as PacketInLimitConfig | undefined, clockReads: 0 };
  const made = new PacketInLimit({
    limit: () => scene.limit,
    // Ports from 100 on the switch does not have; 50 leads to many.
    isShared: (portNo) => (portNo >= 100 ? undefined : portNo === 50),
    now: () => {
      scene.clockReads++;
      return scene.now;
    },
  });
  const taken = (portNo: number, count: number, cost = JUDGED_COST) => {
    let passed = 0;
    for (let i = 0; i < count; i++) if (made.take(portNo, cost)) passed++;
    return passed;
  };
  return { scene, made, taken };
}

describe('the limit of a port', () => {
  it('lets the burst pass at once, then so many a second', () => {
    const { scene, taken } = makeLimit();
    expect(taken(1, 1000)).toBe(200);
    scene.now = 500;
    expect(taken(1, 1000)).toBe(50);
    scene.now = 60_000;
    expect(taken(1, 1000)).toBe(200);
  });

  it('is each port’s own, and one for all that the switch does not have', () => {
    const { taken } = makeLimit();
    expect([taken(1, 1000), taken(2, 1000), taken(100, 150), taken(101, 150), taken(0xffff_fff0, 1)]).toEqual([
      200, 200, 150, 50, 0,
    ]);
  });

  it('is ten times as much where the port leads to many', () => {
    const { scene, taken } = makeLimit();
    expect(taken(50, 10_000)).toBe(2000);
    scene.now = 1000;
    expect(taken(50, 10_000)).toBe(1000);
  });

  it('is reached later by packets that their own rule answers', () => {
    expect(makeLimit().taken(1, 10_000, REPEATED_COST)).toBe(3200);
  });

  it('is none where the file says so, and another once it is told of that', () => {
    const { scene, made, taken } = makeLimit({ ...LIMIT, burst: 1 });
    expect(taken(1, 9)).toBe(1);
    scene.limit = undefined;
    made.reset();
    expect(taken(1, 9)).toBe(9);
    scene.limit = LIMIT;
    made.reset();
    expect(taken(1, 1000)).toBe(200);
  });

  it('begins anew where a port was taken away and another has its number', () => {
    const { made, taken } = makeLimit();
    taken(1, 1000);
    made.forget(1);
    expect(taken(1, 1000)).toBe(200);
  });

  it('reads no clock while there is something left', () => {
    const { scene, taken } = makeLimit();
    taken(1, 200);
    expect(scene.clockReads).toBe(1);
  });

  it('never refuses what a bucket that is filled all the time would let pass, nor passes more than a burst beyond it', () => {
    const step = fc.record({ waitMs: fc.nat(3000), packets: fc.nat(400) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { scene, taken } = makeLimit();
        let tokens = LIMIT.burst;
        let [passed, byBook] = [0, 0];
        for (const { waitMs, packets } of steps) {
          scene.now += waitMs;
          tokens = Math.min(LIMIT.burst, tokens + (waitMs / 1000) * LIMIT.perSec);
          const now = Math.min(Math.floor(tokens + 1e-9), packets);
          tokens -= now;
          byBook += now;
          passed += taken(1, packets);
          expect(passed).toBeGreaterThanOrEqual(byBook - 1);
        }
        const most = LIMIT.burst + (scene.now / 1000) * LIMIT.perSec;
        expect(passed).toBeLessThanOrEqual(most + LIMIT.burst);
      }),
    );
  });
});
