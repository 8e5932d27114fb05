// Open vSwitch in fail mode secure while Lark is away and comes back: nothing of an admitted job is lost, rules that are
// right keep their counters, and rules of others are seen.

import { afterEach, expect, it } from 'vitest';
import { BRIDGE, HOSTS, MODES, Site, type SiteMode } from '../support/site.ts';

const NAMES = ['alice1', 'alice2', 'bob', 'gateway'] as const;

let site: Site;
afterEach(() => site.stop());

interface Flow {
  readonly rule: string;
  readonly packets: number;
  readonly ageSec: number;
}

/** Of rules that follow from what is known: not those decided for packets. */
async function lastingFlows(): Promise<Map<string, Flow>> {
  const lines = (await site.dumpFlows()).split('\n').filter((line) => /cookie=0x4c61726b0[1-5]/.test(line));
  const flows = lines.map((line): Flow => {
    const [, cookie, ageSec, table, packets, rest] =
      /cookie=([^,]+), duration=([0-9.]+)s, table=(\d+), n_packets=(\d+), n_bytes=\d+, (?:[a-z_]*age=\d+, )*(.*)/.exec(
        line,
      )!;
    return { rule: `${cookie} ${table} ${rest}`, packets: Number(packets), ageSec: Number(ageSec) };
  });
  return new Map(flows.map((flow) => [flow.rule, flow]));
}

const mendings = () => site.events.filter(({ msg }) => msg === 'switch.mended');

it.each(MODES)(
  'OpenFlow $version $pipeline registers $registers: a restart loses no packet and no counter',
  async (mode: SiteMode) => {
    site = await Site.start(mode, [...NAMES], '', { isDurable: true });
    // Whoever met the jobs in their order for the first time would number their classes otherwise.
    expect(await site.register('bob', 'alice1', 'alice2')).toEqual(['OK', 'OK', 'OK']);
    expect(await site.clean('bob')).toBe('OK');
    expect(await site.register('bob')).toEqual(['OK']);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('gateway', HOSTS.alice1.ipv4)).toBe(true);
    await site.ovs.appctl(['revalidator/wait']);
    const before = await lastingFlows();
    const knowsHost = [...before.keys()].some((rule) => rule.startsWith('0x4c61726b04'));
    expect(knowsHost).toBe(mode.pipeline === 'multi-table');
    expect(before.size).toBeGreaterThan(8);

    const pings = site.host('alice1').ping(HOSTS.alice2.ipv4, { count: 150, intervalMs: 20, waitMs: 1000 });
    await site.lark.close();
    const closedAt = performance.now();
    await site.restartLark();
    const { sent, received } = await pings;
    expect(sent).toBe(150);
    expect(received).toBe(sent);

    const awaySec = (performance.now() - closedAt) / 1000;
    const after = await lastingFlows();
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [rule, flow] of after) {
      expect(flow.ageSec, rule).toBeGreaterThan(awaySec);
      expect(flow.packets, rule).toBeGreaterThanOrEqual(before.get(rule)!.packets);
    }
    expect(mendings().at(-1)).toMatchObject({ isConfirmed: true, added: 0, kept: before.size });
    // Open vSwitch has bundles from 1.3 on.
    expect(mendings().at(-1)).toMatchObject({ bundles: mode.version === '1.3' });

    expect(await site.clean('alice2')).toBe('OK');
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(false);
  },
);

it.each(MODES)(
  "OpenFlow $version $pipeline registers $registers: others' rules are found, and not touched",
  async (mode: SiteMode) => {
    site = await Site.start(mode, [...NAMES], '', { isDurable: true });
    await site.ovs.ofctl(BRIDGE, ['add-flow', 'cookie=0x77,priority=300,udp,tp_dst=4789,actions=drop']);
    await site.ovs.ofctl(BRIDGE, ['add-flow', 'cookie=0x78,table=99,priority=1,actions=drop']);
    // In the place of the gate that alice's port will get.
    await site.ovs.ofctl(BRIDGE, ['add-flow', `cookie=0x79,priority=10,in_port=${HOSTS.alice1.portNo},actions=drop`]);
    await site.lark.close();
    await site.restartLark();
    const { switches } = await site.get<{ switches: { foreignRules: { match: string; cookie: string }[] }[] }>(
      '/v1/switches',
    );
    expect(switches[0]!.foreignRules.map(({ cookie }) => cookie).sort()).toEqual(['0x77', '0x79']);
    expect(await site.register('alice1', 'alice2')).toEqual(['OK', 'OK']);
    const flows = await site.dumpFlows();
    for (const cookie of ['0x77', '0x78', '0x79']) expect(flows).toContain(`cookie=${cookie},`);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
  },
);

it('finds the limit of a table that is full, and goes on by asking', async () => {
  site = await Site.start({ version: '1.3', pipeline: 'multi-table', registers: false });
  expect(await site.register('alice1')).toEqual(['OK']);
  const inSender = (await site.dumpFlows()).split('\n').filter((line) => line.includes('table=2,')).length;
  const limit = ['--id=@limited', 'create', 'Flow_Table', `flow_limit=${inSender + 3}`];
  await site.ovs.vsctl(['--', ...limit, '--', 'set', 'bridge', BRIDGE, 'flow_tables:2=@limited']);
  expect(await site.register('alice2', 'bob', 'eve', 'mallory')).toEqual(['OK', 'OK', 'OK', 'OK']);
  const { switches } = await site.get<{ switches: { room: { leftOut: number; share: number } }[] }>('/v1/switches');
  expect(switches[0]!.room.leftOut).toBeGreaterThan(0);
  expect(switches[0]!.room.share).toBeGreaterThan(0.8);
  for (const _ of ['by asking', 'and by what was decided']) {
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('alice2', HOSTS.alice1.ipv4)).toBe(true);
    expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    expect(await site.reaches('mallory', HOSTS.campus.ipv4)).toBe(false);
    expect(await site.reaches('campus', HOSTS.bob.ipv4)).toBe(true);
  }
});

it('names the rule that was refused, and the line of the file behind it', async () => {
  site = await Site.start({ version: '1.3', pipeline: 'multi-table', registers: true }, [...NAMES]);
  expect(await site.register('alice1')).toEqual(['OK']);
  const inVerdict = (await site.dumpFlows()).split('\n').filter((line) => line.includes('table=4,')).length;
  const limit = ['--id=@limited', 'create', 'Flow_Table', `flow_limit=${inVerdict}`];
  await site.ovs.vsctl(['--', ...limit, '--', 'set', 'bridge', BRIDGE, 'flow_tables:4=@limited']);
  expect(await site.register('bob')).toEqual(['OK']);
  const errors = site.events.filter(({ msg }) => msg === 'switch.error');
  expect(errors.map(({ rule }) => rule)).toContainEqual(expect.stringMatching(/^table=4,priority=\d+,metadata=/));
  expect(errors.map(({ policy }) => policy)).toContainEqual(
    expect.stringMatching(/^(isolate-users|queues|wan-access) \(policy\.yaml:\d+:\d+\)$/),
  );
  expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
});
