import { afterEach, describe, expect, it, vi } from 'vitest';
import { WallClock } from './clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A wall clock and a steady one, both moved by hand. */
function clocks() {
  const at = { wall: 1_754_300_000_000, steady: 5000 };
  vi.spyOn(Date, 'now').mockImplementation(() => at.wall);
  vi.spyOn(performance, 'now').mockImplementation(() => at.steady);
  const clock = new WallClock();
  const jumps: number[] = [];
  clock.onJump = (byMs) => void jumps.push(byMs);
  const pass = (ms: number) => {
    at.wall += ms;
    at.steady += ms;
  };
  return { at, clock, jumps, pass };
}

describe('the wall clock', () => {
  it('tells of a step before it gives the new time, and once', () => {
    const { at, clock, jumps, pass } = clocks();
    pass(60_000);
    clock.now();
    expect(jumps).toEqual([]);
    at.wall += 3_600_000;
    let isTold = false;
    clock.onJump = (byMs) => {
      isTold = true;
      jumps.push(byMs);
    };
    expect(clock.now()).toBe(at.wall);
    expect(isTold).toBe(true);
    pass(1000);
    clock.now();
    at.wall -= 7_200_000;
    clock.now();
    expect(jumps).toEqual([3_600_000, -7_200_000]);
  });

  it('adds up steps that are too small to tell', () => {
    const { at, clock, jumps } = clocks();
    for (let i = 0; i < 5; i++) {
      at.wall += 300;
      clock.now();
    }
    expect(jumps).toEqual([1200]);
  });
});
