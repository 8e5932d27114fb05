// Two hundred switches connect in one moment, and a job is registered while they do. How fast that goes is measured by
// `npm run bench:enforcement`; here it is that no connection is dropped, that every switch gets its rules, and that the job
// need not wait for the last of them.

import pino from 'pino';
import { afterEach, expect, it } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';
import { JobFeedClient } from '../../controller/jobs/feed/client.ts';
import { startLark } from '../../controller/main.ts';
import { eventually } from '../support/eventually.ts';
import { LightSwitch } from '../support/light-switch.ts';

const SWITCHES = 200;
const POLICY = `
openflow: { listen: 127.0.0.1:0, echoInterval: 60s }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/16], settle: 0ms, confirmTimeout: 30s, notConnected: wait }
switches:
  last: { dpid: "00000000000000c8", machines: { wn: [port${SWITCHES}] } }
policies:
  - isolate-users: true
`;
const JOB_AD = '[ GlobalJobId = "s#1.0#1"; Owner = "alice" ]';
const MACHINE_AD =
  `[ Machine = "wn"; Name = "slot1@wn"; LarkInnerAddressIPv4 = "10.1.0.1"; ` +
  `LarkInnerMacAddress = "02:00:00:00:00:01"; LarkExternalInterface = "port${SWITCHES}" ]`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

// A busy machine takes its time over two hundred of them.
it('drops none of them, gives each its rules, and admits a job whose switch is among them', async () => {
  const { config, errors } = parseConfig('policy.yaml', POLICY);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  const lark = await startLark(config, { log: pino({ level: 'silent' }), version: 'test', warnings: [] });
  cleanups.push(() => lark.close());
  const closed: bigint[] = [];
  const lights = Array.from({ length: SWITCHES }, (_, i) => {
    const events = { onClosed: ({ dpid }: LightSwitch) => void closed.push(dpid) };
    const light = new LightSwitch(BigInt(i + 1), [`port${i + 1}`], events);
    cleanups.push(() => light.disconnect());
    return light;
  });
  for (const light of lights) light.connect(lark.addresses.openflow);
  const feed = await JobFeedClient.connect(lark.addresses.jobs);
  cleanups.push(() => feed.close());
  const last = lights.at(-1)!;
  // `waiting` where its switch is not there yet, and then admitted when it is.
  await feed.register(JOB_AD, MACHINE_AD);
  await eventually(
    'the job at its port',
    async () => {
      const { job } = await feed.get({ address: '10.1.0.1' });
      return job.enforcement === 'port';
    },
    30_000,
  );
  await eventually('the rules of its port', () =>
    [...last.rules.keys()].some((key) => key.includes('\x0a\x01\x00\x01')),
  );
  await eventually('the rules of all', () => lights.every(({ isMended }) => isMended), 30_000);
  expect(closed).toEqual([]);
}, 60_000);
