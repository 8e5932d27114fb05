// A switch that answers no barrier: nothing is acknowledged that it has not confirmed, no address goes to the next job that it may
// still have rules of, and all is well again once it answers.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { rounds } from './support/plan.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

let site: ModelSite;
afterEach(() => site.stop());

const BOB = JOBS[2]!;
const OTHERS = JOBS.filter((job) => job !== BOB);

describe.each([
  [1, 'single-table', {}],
  [4, 'multi-table', {}],
  [4, 'multi-table', { hasBundles: true }],
] as const)('version %s, %s, %o', (version, pipeline, kind) => {
  it('keeps its promises while a switch confirms nothing, and afterwards', async () => {
    const policy = policyFor(pipeline).replace('confirmTimeout: 5s', 'confirmTimeout: 200ms');
    site = await ModelSite.start(version, policy, kind);
    for (const job of JOBS) await site.register(job);
    await keepsPromises(site);
    const sound = rulesNow(site);
    for (let round = 0; round < rounds(1); round++) {
      site.leaf.faults = { barrierReply: 'drop' };
      const newcomer = { number: 9, user: 'bob', port: 'j3' };
      await expect(site.register(newcomer)).rejects.toThrow(/JOB_NOT_CONFIRMED|confirm/);
      const { pendingSwitches } = (await site.remove(BOB)) as { pendingSwitches?: readonly string[] };
      expect(pendingSwitches).toEqual(['0000000000000001']);
      await expect(site.register({ ...BOB, user: 'alice' })).rejects.toThrow(/JOB_ADDRESS_HELD_BACK|held back/);
      await keepsPromises(site, OTHERS);
      site.leaf.faults = {};
      await eventually(
        'the address to be free',
        () =>
          site.register(BOB).then(
            () => true,
            () => false,
          ),
        10_000,
      );
      await keepsPromises(site);
      await hasRulesOf(site, sound);
    }
    expect(await metric(site, 'lark_feed_requests_total{verb="register",outcome="JOB_NOT_CONFIRMED"}')).toBeGreaterThan(
      0,
    );
  });
});
