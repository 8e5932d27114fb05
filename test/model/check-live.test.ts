// `lark check --live` against a running Lark, whose switches are asked for their queues in both OpenFlow versions.

import { afterEach, expect, it } from 'vitest';
import { runForTest } from '../../controller/cli/testing/run-for-test.ts';
import { parseConfig } from '../../controller/config/load-config.ts';
import type { PortQueuesView } from '../../controller/northbound/lark-api.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

it.each([
  ['1.0', 1],
  ['1.3', 4],
] as const)('compares a file with the switches of a Lark that speaks OpenFlow %s', async (_, version) => {
  const policy = policyFor('single-table');
  site = await ModelSite.start(version, policy);
  const queues = (port: string) =>
    site.get<PortQueuesView & { code?: string }>(`/v1/switches/0x2/ports/${port}/queues`);
  expect(await queues('wan0')).toEqual({ dpid: '0000000000000002', port: 'wan0', portNo: 8, queues: [3] });
  expect((await queues('1')).queues).toEqual([]);
  expect((await queues('eth9')).code).toBe('HTTP_PORT_NOT_FOUND');

  const { host, port } = site.lark.addresses.http;
  const check = (text: string, ...more: string[]) =>
    runForTest(['check', 'new.yaml', '--live', '--url', `http://${host}:${port}`, ...more], {
      parts: { fetch, loadConfig: async () => parseConfig('new.yaml', text) },
    });
  const good = await check(policy);
  expect([good.code, good.err]).toEqual([0, '']);
  expect(good.out).not.toMatch(/ now; |is connected that is/);

  const other = policy.replace('bulk: { id: 3 }', 'bulk: { id: 4 }').replace('fabric: [up]', 'fabric: [upp]');
  const found = await check(`${other.replace('policies:', '  rack: {}\npolicies:')}`);
  expect(found.code).toBe(0);
  expect(found.out).toMatch(/^new\.yaml:7:\d+: warning: switch leaf has no port upp now; did you mean "up"\?$/m);
  expect(found.out).toMatch(/^new\.yaml:8:\d+: warning: port wan0 of switch core has no queue 4 now; .*: it has 3$/m);
  expect(found.out).toMatch(/^new\.yaml:9:3: warning: no switch is connected that is the bridge rack; /m);

  // The connection has taken no harm from what it was asked.
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  const bad = await check('policies: 1', '--json');
  expect([bad.code, JSON.parse(bad.out).warnings]).toEqual([1, []]);
});
