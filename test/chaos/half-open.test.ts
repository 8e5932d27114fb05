// Connections on which nothing passes any more though neither side was told: Lark finds out by its echoes, and a switch that
// comes back meanwhile is taken as soon as the old connection has not answered.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { ChaosProxy } from './support/chaos-proxy.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

let site: ModelSite;
let proxy: ChaosProxy;
afterEach(async () => {
  await site.stop();
  await proxy.close();
});

async function start(version: 1 | 4, echoInterval: string): Promise<void> {
  const policy = policyFor(version === 1 ? 'single-table' : 'multi-table').replace('60s', echoInterval);
  const through = async (lark: { host: string; port: number }) => {
    proxy = await ChaosProxy.before(lark);
    return proxy.address;
  };
  site = await ModelSite.start(version, policy, {}, { through });
  for (const job of JOBS) await site.register(job);
  await keepsPromises(site);
}

describe.each([1, 4] as const)('version %s', (version) => {
  it('sees that a silent connection is none, and refuses jobs there until the switch is back', async () => {
    await start(version, '300ms');
    const sound = rulesNow(site);
    proxy.stall();
    for (const name of ['leaf', 'core']) {
      await eventually(
        `${name} to be away`,
        async () => (await metric(site, `lark_dp_status{dp_name="${name}"}`)) === 0,
      );
    }
    await expect(site.register({ number: 9, user: 'bob', port: 'j4' })).rejects.toThrow(
      /no switch is connected|not connected/,
    );
    // The switches notice by themselves only later.
    for (const each of [site.leaf, site.core]) each.disconnect();
    await keepsPromises(site);
    await hasRulesOf(site, sound);
    expect(await metric(site, 'lark_of_dp_connections_total{outcome="closed"}')).toBe(2);
  });

  it('takes a switch that comes back while its old connection still looks alive', async () => {
    await start(version, '60s');
    const sound = rulesNow(site);
    proxy.stall();
    for (const each of [site.leaf, site.core]) each.disconnect();
    const [older, newer] = ['older', 'newer'].map((kept) => `lark_of_duplicate_dpids_total{kept="${kept}"}`);
    await eventually('the newer to be taken', async () => (await metric(site, newer!)) === 2, 10_000);
    await keepsPromises(site);
    await hasRulesOf(site, sound);
    expect(await metric(site, older!)).toBe(0);
  });
});
