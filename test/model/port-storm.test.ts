// A storm from one port: it is held by a rule of the switch's own, the others go on, and afterwards all is as before.

import { afterEach, describe, expect, it } from 'vitest';
import type { Explanation, PortView, SwitchView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, macOf, policyFor, udpFrame } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

const LIMIT = 'packetInLimit: { rate: 50, burst: 100, hold: 5s }';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const policyWith = (pipeline: 'single-table' | 'multi-table', limit = LIMIT) =>
  policyFor(pipeline).replace('echoInterval: 60s', `echoInterval: 60s, ${limit}`);

/** Broadcasts, which are asked about one by one. */
function flood(portNo: number, job: number, count = 1000): void {
  const frame = udpFrame(macOf(job), BROADCAST, addressOf(job), '255.255.255.255', 'flood');
  for (let i = 0; i < count; i++) site.leaf.inject(portNo, frame);
}

const holdRules = () => site.leaf.dumpFlows().match(/^.*priority=300,.*$/gm) ?? [];
const leafPort = async (name: string): Promise<PortView | undefined> => {
  const { switches } = await site.get<{ switches: SwitchView[] }>('/v1/switches');
  return switches.find((view) => view.name === 'leaf')?.ports.find((port) => port.name === name);
};
const isHeld = async (port: string) => (await leafPort(port))?.held === true;

async function events(kind: string): Promise<Record<string, unknown>[]> {
  const { host, port } = site.lark.addresses.http;
  const text = await (await fetch(`http://${host}:${port}/v1/events?last=1000&follow=false`)).text();
  const blocks = text.split('\n\n').filter((block) => block.includes(`event: ${kind}\n`));
  return blocks.map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}'));
}

async function metric(name: string): Promise<number> {
  const { host, port } = site.lark.addresses.http;
  const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
  return Number(
    page
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .at(-1),
  );
}

describe.each([
  [1, 'single-table'],
  [4, 'single-table'],
  [4, 'multi-table'],
] as const)('a storm, version %s, %s', (version, pipeline) => {
  it('has its port held by the switch for a while, and costs another port nothing', async () => {
    let now = 0;
    site = await ModelSite.start(version, policyWith(pipeline), { clock: () => now });
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    flood(1, 1);
    await eventually('its rule', () => holdRules().length === 1);
    expect(holdRules()[0]).toContain('hard_timeout=5,');
    expect(holdRules()[0]).toContain('in_port=1');
    expect(await isHeld('j1')).toBe(true);
    flood(1, 1, 500);
    site.inject('leaf', 1, 1, 2, 'from the held port');
    site.inject('leaf', 2, 2, 3, 'from another');
    await site.arrives('from another', 'leaf:3');
    expect(site.seen('from the held port')).toEqual([]);
    const { withoutRules } = await site.get<Explanation>(`/v1/explain?src=${addressOf(1)}&dst=${addressOf(2)}`);
    expect(withoutRules?.find((each) => each.switch === 'leaf')?.reason).toMatch(/port is held/);

    now += 5001;
    site.leaf.tick();
    const [over] = await eventually('the end of the storm', async () => {
      const told = await events('port.storm_over');
      return told.length > 0 && told;
    });
    expect(over).toMatchObject({ switch: 'leaf', port: 'j1', portNo: 1 });
    expect(over?.packets).toBeGreaterThanOrEqual(501);
    const [begun, ...more] = await events('port.storm');
    expect([begun, more]).toEqual([expect.objectContaining({ port: 'j1', isHeld: true, holdSec: 5 }), []]);
    expect([await isHeld('j1'), holdRules()]).toEqual([false, []]);
    expect(await metric('lark_of_port_storms_total{dp_name="leaf"}')).toBe(1);
    expect(await metric('lark_of_storm_dropped_packets_total{dp_name="leaf"}')).toBe(over?.packets);
    expect(await metric('lark_of_packet_ins_total{dp_name="leaf",outcome="limited"}')).toBeGreaterThan(0);
    site.inject('leaf', 1, 1, 2, 'afterwards');
    await site.arrives('afterwards', 'leaf:2');
  });

  it('from a port that leads to many is cut to ten times the limit, and the port is not held', async () => {
    site = await ModelSite.start(version, policyWith(pipeline));
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'k2' });
    const frame = udpFrame('02:00:00:00:77:01', BROADCAST, '10.9.0.1', '255.255.255.255', 'flood');
    for (let i = 0; i < 4000; i++) site.leaf.inject(9, frame);
    await eventually('the storm', async () => (await events('port.storm')).some(({ port }) => port === 'up'));
    expect((await events('port.storm')).find(({ port }) => port === 'up')).toMatchObject({ isHeld: false });
    expect([holdRules(), await isHeld('up')]).toEqual([[], false]);
  });

  it('from one of several hosts at a port has none of the others held', async () => {
    site = await ModelSite.start(version, policyWith(pipeline));
    const frameOf = (host: number) =>
      udpFrame(`02:00:00:00:88:0${host}`, BROADCAST, `10.8.0.${host}`, '255.255.255.255', 'flood');
    for (const host of [1, 2]) site.leaf.inject(5, frameOf(host));
    for (let i = 0; i < 4000; i++) site.leaf.inject(5, frameOf(1));
    await eventually('the storm', async () => (await events('port.storm')).some(({ port }) => port === 'host'));
    expect((await events('port.storm')).find(({ port }) => port === 'host')).toMatchObject({ isHeld: false });
    expect([holdRules(), await isHeld('host')]).toEqual([[], false]);
  });

  it('is forgotten when a new job comes to the port', async () => {
    site = await ModelSite.start(version, policyWith(pipeline, LIMIT.replace('5s', '5m')));
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    flood(1, 1);
    await eventually('its rule', () => holdRules().length === 1);
    await site.remove({ number: 1 });
    await site.register({ number: 3, user: 'alice', port: 'j1' });
    expect([await isHeld('j1'), holdRules()]).toEqual([false, []]);
    site.inject('leaf', 1, 3, 2, 'the next one');
    await site.arrives('the next one', 'leaf:2');
  });

  it('outlives a connection, neither restored nor taken away, and ends with a reload that wants no limit', async () => {
    site = await ModelSite.start(version, policyWith(pipeline, LIMIT.replace('5s', '5m')));
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    flood(1, 1);
    await eventually('its rule', () => holdRules().length === 1);
    await site.reconnectLeaf();
    expect([await isHeld('j1'), holdRules().length]).toEqual([true, 1]);
    site.policy = policyWith(pipeline, 'packetInLimit: { rate: off }');
    await site.post('/v1/policy/reload');
    await eventually('the end of it', async () => !(await isHeld('j1')) && holdRules().length === 0);
    const limited = () => metric('lark_of_packet_ins_total{dp_name="leaf",outcome="limited"}');
    const before = await limited();
    flood(1, 1, 5000);
    site.inject('leaf', 1, 1, 77, 'after them');
    const asked = () => metric('lark_of_packet_ins_total{dp_name="leaf",outcome="packet-out"}');
    const many = version === 1 ? 0 : 5000;
    await eventually('all of them', async () => (await asked()) >= many);
    expect([await limited(), await isHeld('j1')]).toEqual([before, false]);
  });
});

it('of one of several jobs at a port has none of the others held', async () => {
  site = await ModelSite.start(4, policyWith('multi-table'));
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.register({ number: 2, user: 'alice', port: 'j1' });
  flood(1, 1, 3000);
  await eventually('the storm', async () => (await events('port.storm')).length > 0);
  expect((await events('port.storm'))[0]).toMatchObject({ port: 'j1', isHeld: false });
  expect(holdRules()).toEqual([]);
});

it('whose rule the switch refuses is cut all the same', async () => {
  site = await ModelSite.start(4, policyWith('multi-table'));
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  // OFPET_FLOW_MOD_FAILED, OFPFMFC_TABLE_FULL
  site.leaf.faults = { refuseFlowMod: { every: 1, type: 5, code: 1 } };
  flood(1, 1);
  await eventually('the storm', async () => (await events('port.storm')).length > 0);
  await eventually('the refusal', async () => !(await isHeld('j1')));
  expect(holdRules()).toEqual([]);
  flood(1, 1);
  await eventually(
    'what is cut',
    async () => (await metric('lark_of_packet_ins_total{dp_name="leaf",outcome="limited"}')) > 1000,
  );
});
