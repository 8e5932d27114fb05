// What /v1/status counts, on model switches over loopback.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StatusView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
});
afterEach(() => site.stop());

const status = () => site.get<StatusView>('/v1/status');

it('has switches that are connected, mended and away, and jobs by enforcement', async () => {
  const { switches, mendsWaiting, jobs, version, policy } = await status();
  expect(switches).toEqual({ connected: 2, mended: 2, away: [] });
  expect([mendsWaiting, jobs, version]).toEqual([0, { port: 0, 'by-address': 0, unenforced: 0, waiting: 0 }, 'test']);
  expect(policy).toMatchObject({ file: 'policy.yaml', watch: 'off', refused: null });
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.leaf.close();
  await eventually('the leaf to be away', async () => (await status()).switches.connected === 1);
  expect(await status()).toMatchObject({
    switches: { connected: 1, mended: 1, away: ['leaf'] },
    jobs: { port: 1 },
  });
});

it('keeps what was wrong with a file until a load succeeds', async () => {
  const good = site.policy;
  site.policy = good.replace('isolate-users: true', 'isolate-users: maybe\n  - bogus: 1');
  await site.lark.reload();
  site.policy = site.policy.replace('  - bogus: 1', '');
  const first = (await status()).policy.refused;
  await site.lark.reload();
  const second = (await status()).policy.refused;
  site.policy = good;
  await site.lark.reload();
  expect([first?.total, second?.total, (await status()).policy.refused]).toEqual([2, 1, null]);
  expect(second?.problems[0]).toMatchObject({ code: 'CONFIG_VALUE_INVALID', file: 'policy.yaml', line: 10 });
});
