import { expect, it } from 'vitest';
import { changedVerdicts } from './changed-verdicts.ts';
import type { PlannedVerdict } from './plan-values.ts';

const forward: PlannedVerdict = { action: 'forward', effect: 'forward', reason: null, policy: null, place: null };
const dropBy = (place: string): PlannedVerdict => ({
  action: 'drop',
  effect: 'drop',
  reason: 'because',
  policy: 'access',
  place,
});
const ends = Array.from({ length: 9 }, (_, i) => ({
  label: `jobs of user${i}`,
  kind: 'job' as const,
  jobs: 1,
  users: [`user${i}`],
}));

it('names who decided, and the ends, of which it lists few', () => {
  const pair = { sources: [0, 1, 2, 3, 4, 5, 6], destinations: ends.map((_, i) => i), exceptItself: true };
  const change = { before: forward, after: dropBy('policy.yaml:7:5'), pairs: Array(7).fill(pair) };
  expect(changedVerdicts({ ends, changes: [change], jobs: 9, users: [] })).toEqual([
    {
      before: 'forward',
      after: 'drop by access (policy.yaml:7:5)',
      pairs: Array(5).fill({
        from: 'jobs of user0, jobs of user1, jobs of user2, jobs of user3 and 3 more',
        to: 'everyone',
        exceptItself: true,
      }),
      morePairs: 2,
    },
  ]);
});

it('tells of twenty changes, and how many more there are', () => {
  const changes = Array.from({ length: 25 }, (_, i) => ({ before: forward, after: dropBy(`f:${i}:1`), pairs: [] }));
  const events = changedVerdicts({ ends, changes, jobs: 9, users: [] });
  expect([events.length, events.at(-1)]).toEqual([21, { moreChanges: 5 }]);
});
