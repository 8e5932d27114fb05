import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

const numbers = (log: EventLog, id: string, most = 1000) => log.since(id, most).events.map(({ data }) => data.n);

describe('EventLog', () => {
  it('gives what came after an id, whatever it is, and says of a gap whenever there is one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 12 }),
        (kept, count, asked, most) => {
          const log = new EventLog(() => 36, kept);
          for (let n = 1; n <= count; n++) log.add('some.thing', { n });
          const { events, hasGap } = log.since(`10-${asked}`, most);
          const all = Array.from({ length: count }, (_, i) => i + 1).slice(-kept);
          const isKnown = asked <= count;
          const missed = isKnown ? all.filter((n) => n > asked) : all;
          expect(events.map(({ data }) => data.n)).toEqual(missed.slice(0, most));
          expect(hasGap).toBe(!isKnown || missed.length < count - asked);
        },
      ),
    );
  });

  it('knows no id of another process, and none that is none', () => {
    const log = new EventLog(() => 36);
    log.add('some.thing', { n: 1 });
    expect(log.lastId).toBe('10-1');
    for (const id of ['z-1', '10-', '', '10-1 ', '10--1', '10-1e3']) {
      expect([id, log.since(id, 9).hasGap, numbers(log, id)]).toEqual([id, true, [1]]);
    }
  });

  it('knows where the latest begin, as far as they are kept', () => {
    const log = new EventLog(() => 36, 5);
    const last = (count: number) => numbers(log, log.idBeforeLast(count));
    expect(last(3)).toEqual([]);
    for (let n = 1; n <= 7; n++) log.add('some.thing', { n });
    expect([last(0), last(2), last(5), last(4096)]).toEqual([[], [6, 7], [3, 4, 5, 6, 7], [3, 4, 5, 6, 7]]);
    expect(log.since(log.idBeforeLast(4096), 1).hasGap).toBe(false);
  });

  it('tells who listens, and no longer than that', () => {
    const log = new EventLog(() => 36);
    const seen: unknown[] = [];
    let last = log.lastId;
    const stop = log.listen(() => {
      seen.push(...numbers(log, last));
      last = log.lastId;
    });
    log.add('some.thing', { n: 1 });
    log.add('some.thing', { n: 2 });
    stop();
    log.add('some.thing', { n: 3 });
    expect(seen).toEqual([1, 2]);
  });
});
