// Switches lose their connection at any byte of any message, in either direction, again and again, also while jobs come and go.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { ChaosProxy } from './support/chaos-proxy.ts';
import { randomFor, rounds } from './support/plan.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

const BRIEF = { number: 9, user: 'bob', port: 'j4' };

let site: ModelSite;
let proxy: ChaosProxy;
afterEach(async () => {
  await site.stop();
  await proxy.close();
});

describe.each([
  [1, 'single-table', {}],
  [4, 'multi-table', { hasBundles: true, hasRegisters: true }],
  [4, 'multi-table', {}],
] as const)('version %s, %s, %o', (version, pipeline, kind) => {
  it('keeps its promises when connections are cut in the middle of messages', async () => {
    const random = randomFor(`cut ${version} ${pipeline}`);
    const through = async (lark: { host: string; port: number }) => {
      proxy = await ChaosProxy.before(lark);
      return proxy.address;
    };
    site = await ModelSite.start(version, policyFor(pipeline), kind, { through });
    for (const job of JOBS) await site.register(job);
    // The port that a job was at stays a job's port.
    await site.register(BRIEF);
    await site.remove(BRIEF);
    // So do rules follow from where hosts were seen.
    await keepsPromises(site);
    const sound = rulesNow(site);
    for (let round = 0; round < rounds(4); round++) {
      // During handshakes and mendings, too: these are a few thousand bytes.
      for (let cut = 0; cut < 4; cut++) {
        const before = proxy.cuts;
        proxy.cutAfter(random.below(6000));
        if (cut === 2) {
          // Acknowledged or refused, it has ended one way or the other before the promises are looked at.
          await site.register(BRIEF).catch(() => {});
          await eventually('the end of a job', () => endOf(9), 20_000);
        }
        // What is idle says nothing that could be cut.
        if (proxy.cuts === before) proxy.cutAfter(0);
        await eventually('new connections', () => proxy.cuts > before);
      }
      await keepsPromises(site);
      await hasRulesOf(site, sound);
    }
    expect(await metric(site, 'lark_of_dp_connections_total{outcome="closed"}')).toBeGreaterThan(0);
    expect(await metric(site, 'lark_dp_status{dp_name="leaf"}')).toBe(1);
  });
});

async function endOf(number: number): Promise<boolean> {
  const { jobs } = await site.get<{ jobs: { key: string; addresses: string[] }[] }>('/v1/jobs');
  if (!jobs.some(({ addresses }) => addresses.includes(`10.1.0.${number}`))) return true;
  await site.remove({ number }).catch(() => {});
  return false;
}
