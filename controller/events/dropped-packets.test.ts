import { expect, it } from 'vitest';
import { ManualClock } from '../jobs/testing/manual-clock.ts';
import { type DroppedKind, DroppedPackets } from './dropped-packets.ts';

const kind = (from: string): DroppedKind => ({
  switch: 'core',
  by: 'controller',
  policy: 'isolate-users',
  place: 'policy.yaml:12:5',
  from,
  to: 'wan',
});

it('tells one event a second for each policy and pair of ends, however many packets there are', async () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const dropped = new DroppedPackets({ clock, add: (event, fields) => told.push([event, fields]) });
  for (let i = 0; i < 1000; i++) dropped.note(kind('jobs of alice'), 2);
  dropped.note(kind('jobs of bob'), 1);
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(1);
  const sums = [
    ['packets.dropped', { ...kind('jobs of alice'), packets: 2000 }],
    ['packets.dropped', { ...kind('jobs of bob'), packets: 1 }],
  ];
  expect(told).toEqual(sums);
  await clock.advance(10_000);
  expect(told).toEqual(sums);
});

it('sums in one event what more kinds there are than it tells apart', async () => {
  const clock = new ManualClock();
  const told: { readonly packets?: unknown; readonly policy?: unknown }[] = [];
  const dropped = new DroppedPackets({ clock, add: (_event, fields) => told.push(fields) });
  for (let i = 0; i < 5000; i++) dropped.note(kind(`jobs of user${i}`), 1);
  await clock.advance(1000);
  expect(told).toHaveLength(17);
  expect(told.at(-1)).toEqual({ policy: null, packets: 5000 - 16 });
});
