import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MENDED_AT_ONCE, MendQueue, SLOT_MS } from './mend-queue.ts';

let queue: MendQueue;
let begun: number[];
let finish: Map<number, (outcome?: Error) => void>;
let outcomes: Map<number, unknown>;
const subjects = Array.from({ length: 100 }, (_, number) => ({ number }));

beforeEach(() => {
  vi.useFakeTimers();
  queue = new MendQueue();
  [begun, finish, outcomes] = [[], new Map(), new Map()];
});
afterEach(() => vi.useRealTimers());

function enqueue(count: number): void {
  for (const subject of subjects.slice(0, count)) {
    const task = () => {
      begun.push(subject.number);
      return new Promise<number>((resolve, reject) => {
        finish.set(subject.number, (error) => (error === undefined ? resolve(subject.number) : reject(error)));
      });
    };
    queue.run(subject, task).then(
      (value) => outcomes.set(subject.number, value),
      (error: unknown) => outcomes.set(subject.number, error),
    );
  }
}

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const settled = () => vi.advanceTimersByTimeAsync(0);

describe('a queue of switches to mend', () => {
  it('begins with so many at once, in order, and with the next when one is done or has failed', async () => {
    enqueue(20);
    expect(begun).toEqual(numbers(0, MENDED_AT_ONCE));
    expect([queue.waiting, queue.begun]).toEqual([20 - MENDED_AT_ONCE, MENDED_AT_ONCE]);
    finish.get(3)!();
    finish.get(5)!(new Error('broken'));
    await settled();
    expect(begun).toEqual(numbers(0, MENDED_AT_ONCE + 2));
    expect([...outcomes]).toEqual([
      [3, 3],
      [5, new Error('broken')],
    ]);
    for (let number = 0; number < 20; number++) {
      finish.get(number)!();
      await settled();
    }
    expect([outcomes.size, queue.waiting, queue.begun, vi.getTimerCount()]).toEqual([20, 0, 0, 0]);
  });

  it('puts those first that somebody waits for, and those among them in the order in which they were asked for', async () => {
    enqueue(20);
    queue.hasten(subjects[15]!);
    queue.hasten(subjects[12]!);
    queue.hasten(subjects[15]!);
    queue.hasten(subjects[0]!);
    for (const number of [0, 1, 2]) {
      finish.get(number)!();
      await settled();
    }
    expect(begun.slice(MENDED_AT_ONCE)).toEqual([15, 12, MENDED_AT_ONCE]);
  });

  it('lets the slow keep no slot for longer than their time, and counts none of them twice', async () => {
    enqueue(40);
    await vi.advanceTimersByTimeAsync(SLOT_MS - 1);
    expect(begun).toHaveLength(MENDED_AT_ONCE);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(2 * MENDED_AT_ONCE);
    for (const number of numbers(0, MENDED_AT_ONCE)) finish.get(number)!();
    await settled();
    expect(begun).toHaveLength(2 * MENDED_AT_ONCE);
    expect(outcomes.size).toBe(MENDED_AT_ONCE);
  });
});
