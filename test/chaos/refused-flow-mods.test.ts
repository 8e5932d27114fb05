// A switch that refuses every third FlowMod, by whatever error: what it lacks is asked about, nothing that is denied gets through,
// and a switch that has come to its senses has all its rules again when it connects.

import { afterEach, describe, expect, it } from 'vitest';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { rounds } from './support/plan.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

let site: ModelSite;
afterEach(() => site.stop());

/** OFPET_FLOW_MOD_FAILED: 3 in 1.0, 5 in 1.3. Of its codes: unknown, table full, permission. */
const CODES = {
  1: [
    [3, 0],
    [3, 2],
  ],
  4: [
    [5, 0],
    [5, 1],
    [5, 5],
  ],
} as const;

describe.each([
  [1, 'single-table', {}],
  [4, 'single-table', {}],
  [4, 'multi-table', {}],
  [4, 'multi-table', { hasBundles: true, hasRegisters: true }],
] as const)('version %s, %s, %o', (version, pipeline, kind) => {
  it.each<readonly [number, number]>([...CODES[version]])(
    'keeps its promises with error %s, code %s',
    async (type, code) => {
      site = await ModelSite.start(version, policyFor(pipeline), kind);
      for (const job of JOBS) await site.register(job);
      await keepsPromises(site);
      const sound = rulesNow(site);
      for (let round = 0; round < rounds(1); round++) {
        site.leaf.faults = { refuseFlowMod: { every: 3, type, code } };
        for (const job of JOBS) {
          await site.remove(job);
          await site.register(job);
        }
        await keepsPromises(site);
        await site.post('/v1/policy/reload');
        await keepsPromises(site);
        site.leaf.faults = {};
        await site.reconnectLeaf();
        await keepsPromises(site);
        await hasRulesOf(site, sound);
      }
      expect(await metric(site, `lark_of_errors_total{dp_name="leaf",type="${ERROR_TYPES[version]}"}`)).toBeGreaterThan(
        0,
      );
    },
  );
});

const ERROR_TYPES = { 1: 'OFPET_FLOW_MOD_FAILED', 4: 'OFPET_FLOW_MOD_FAILED' } as const;
