// What a whole Lark says of the traffic of users, groups and jobs, by the counters of its switches.

import { afterEach, describe, expect, it } from 'vitest';
import type { RateRowView, RatesView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

describe.each([
  [1, 'single-table'],
  [4, 'single-table'],
  [4, 'multi-table'],
] as const)('OpenFlow %i, %s', (version, pipeline) => {
  it('says who sends and gets how much', async () => {
    site = await ModelSite.start(version, policyFor(pipeline));
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    await site.register({ number: 3, user: 'bob', port: 'j3' });
    const rates = (query: string) => site.get<RatesView>(`/v1/rates?${query}`);
    // Where the controller decides, its rule has to be there first.
    site.inject('leaf', 1, 1, 2, 'first');
    await site.arrives('first', 'leaf:2');
    const first = await rates('by=job');
    expect(first).toMatchObject({ by: 'job', total: 3, jobsNotCounted: 0, silentSwitches: [] });
    const seen = new Map<string, RatesView>([[first.at, first]]);
    for (let i = 0; i < 50; i++) site.inject('leaf', 1, 1, 2, `marked ${i}`);
    const packets = (end: 'sent' | 'received', is: (row: RateRowView) => boolean) =>
      [...seen.values()].reduce(
        (sum, { rows, intervalSec }) =>
          sum + rows.filter(is).reduce((all, row) => all + row[end].packetsPerSec * intervalSec, 0),
        0,
      );
    const ofJob = (number: number) => (row: RateRowView) => row.name!.startsWith(`s#${number}.`);
    await eventually('the fifty', async () => {
      const next = await rates('by=job&sort=sent');
      seen.set(next.at, next);
      if (Math.round(packets('sent', ofJob(1))) < 50) return false;
      expect(ofJob(1)(next.rows[0]!)).toBe(true);
      const byUser = await rates('by=user');
      expect(byUser.rows.map(({ name, jobs }) => [name, jobs])).toEqual([
        ['alice', 2],
        ['bob', 1],
      ]);
      return true;
    });
    const counted = [packets('sent', ofJob(1)), packets('received', ofJob(2))].map(Math.round);
    for (const count of counted) expect([50, 51]).toContain(count);
    const others = [packets('received', ofJob(1)), packets('sent', ofJob(2)), packets('sent', ofJob(3))];
    expect(others).toEqual([0, 0, 0]);
  });
});

it('reads the counters once a second however many ask', async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  await site.get('/v1/rates');
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => site.get<RatesView>(`/v1/rates?by=${['user', 'group', 'job'][i % 3]}`)),
  );
  expect(new Set(all.map(({ at }) => at)).size).toBeLessThanOrEqual(2);
});

it('says which jobs it cannot count, and gives as many rows as are wanted', async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.register({ number: 2, user: 'bob', port: 'k1' });
  const one = await site.get<RatesView>('/v1/rates?limit=1');
  expect(one).toMatchObject({ total: 2, jobsNotCounted: 0, rows: [{ name: 'alice' }] });
  await site.core.close();
  await site.whenUp(1);
  const next = await eventually('a reading without the core', async () => {
    const rates = await site.get<RatesView>('/v1/rates');
    return rates.jobsNotCounted === 1 && rates;
  });
  expect(next.rows.map(({ name }) => name)).toEqual(['alice', 'bob']);
});
