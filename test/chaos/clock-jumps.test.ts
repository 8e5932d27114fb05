// The clock of the system is set, forwards and backwards: no lease ends by it that has time left, and none lasts longer.

import { afterEach, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { rounds } from './support/plan.ts';
import { JOBS, keepsPromises, metric } from './support/promises.ts';

let site: ModelSite;
afterEach(async () => {
  vi.restoreAllMocks();
  await site.stop();
});

const HOUR_MS = 3_600_000;
const LEASE_MS = 3000;

it('keeps leases as long as they are, whatever the clock on the wall says', async () => {
  const policy = policyFor('multi-table').replace('settle: 0ms', 'settle: 0ms, lease: 3s');
  site = await ModelSite.start(4, policy);
  const wallNow = Date.now.bind(Date);
  let shift = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => wallNow() + shift);
  for (const [index, jump] of [HOUR_MS, -2 * HOUR_MS, 30 * HOUR_MS].slice(0, rounds(2)).entries()) {
    for (const job of JOBS) await site.register(job);
    const registeredAt = performance.now();
    shift += jump;
    // Leases are looked at within a quarter of a second, if they seem to be over.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await keepsPromises(site);
    expect(performance.now() - registeredAt).toBeLessThan(LEASE_MS);
    await eventually(
      'the end of the leases',
      async () => (await site.get<{ jobs: [] }>('/v1/jobs')).jobs.length === 0,
      8000,
    );
    const lastedMs = performance.now() - registeredAt;
    expect(lastedMs).toBeGreaterThan(LEASE_MS - 500);
    expect(await metric(site, 'lark_clock_jumps_total')).toBe(index + 1);
  }
});
