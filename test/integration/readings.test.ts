// What the API reads from a real Open vSwitch when it is asked: the rules of a job and how many packets they counted, the
// policy behind each rule of a switch, and what went through each queue.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRulesView, QueueView, RuleView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { BRIDGE, HOSTS, MODES, Site } from '../support/site.ts';

const DPID = '0000000000000001';
const keyOf = (name: 'alice1' | 'alice2' | 'bob') => {
  const { portNo } = HOSTS[name];
  return encodeURIComponent(
    `submit.example.edu#${portNo}.0#1700000000|1|wn1.example.edu|slot1_${portNo}@wn1.example.edu`,
  );
};

describe.each(MODES)('OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(mode, ['alice1', 'alice2', 'bob', 'gateway']);
    expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('bob', HOSTS.alice1.ipv4)).toBe(false);
  });
  afterAll(() => site?.stop());

  it('counts what a job sent and got', async () => {
    await site.host('alice1').ping(HOSTS.alice2.ipv4, { count: 10, waitMs: 2000 });
    const before = await site.get<JobRulesView>(`/v1/jobs/${keyOf('alice1')}/rules`);
    const { received } = await site.host('alice1').ping(HOSTS.alice2.ipv4, { count: 10, waitMs: 2000 });
    expect(received).toBe(10);
    let gained = { sent: 0, received: 0 };
    // Open vSwitch brings its counters up to date once in a while.
    await eventually('the pings in the counters', async () => {
      const { counts, silentSwitches } = await site.get<JobRulesView>(`/v1/jobs/${keyOf('alice1')}/rules`);
      expect(silentSwitches).toEqual([]);
      const gain = (end: 'sent' | 'received') => (counts?.[end].packets ?? 0) - (before.counts?.[end].packets ?? 0);
      gained = { sent: gain('sent'), received: gain('received') };
      return Math.min(gained.sent, gained.received) >= 10;
    });
    // Beside the pings a few ARP questions at most.
    expect(Math.max(gained.sent, gained.received)).toBeLessThan(20);
  });

  it("shows a job's own rules and nobody else's", async () => {
    const { rules } = await site.get<JobRulesView>(`/v1/jobs/${keyOf('alice2')}/rules`);
    expect(rules.length).toBeGreaterThan(0);
    // Registers show addresses as numbers.
    const own = new RegExp(
      `${HOSTS.alice2.ipv4}\\b|${HOSTS.alice2.mac}|${HOSTS.alice2.ipv6}\\b|0xa01000c|in_port=2\\b`,
    );
    expect(rules.filter(({ match }) => !own.test(match))).toEqual([]);
    // All of the rules that name its MAC, each of which is about it.
    const dumped = (await site.dumpFlows())
      .split('\n')
      .filter((line) => line.split(' actions=')[0]?.includes(HOSTS.alice2.mac));
    expect(rules.filter(({ match }) => match.includes(HOSTS.alice2.mac)).length).toBe(dumped.length);
    expect(dumped.length).toBeGreaterThan(0);
  });

  it('tells all rules that the switch has, page by page, with the policy behind those that carry out a verdict', async () => {
    const all: RuleView[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: { rules: RuleView[]; next: string | null; total: number } = await site.get(
        `/v1/switches/${DPID}/rules?${query}`,
      );
      all.push(...page.rules);
      cursor = page.next;
    }
    const dumped = (await site.dumpFlows()).split('\n').filter((line) => line.includes('cookie='));
    expect(all.length).toBe(dumped.length);
    const isolating = all.filter(({ policy }) => policy === 'isolate-users');
    expect(isolating.length).toBeGreaterThan(0);
    for (const rule of isolating)
      expect(rule).toMatchObject({ actions: 'drop', place: expect.stringMatching(/^policy\.yaml:\d+:\d+$/) });
  });

  it('reads the statistics of the queues', async () => {
    await site.ovs.addQueues(
      'wan0',
      new Map([
        [0, 1_000_000_000],
        [1, 500_000_000],
      ]),
    );
    const queues = async () => (await site.get<{ queues: QueueView[] }>(`/v1/switches/${DPID}/queues`)).queues;
    const before = await queues();
    const named = { portNo: HOSTS.gateway.portNo, port: 'wan0' };
    expect(before).toMatchObject([
      { ...named, queueId: 0, name: 'default' },
      { ...named, queueId: 1, name: 'physics' },
    ]);
    // The user-space datapath sends by the default queue whatever the rules say (docs/decisions/0001): so all of them count.
    const sum = (all: readonly QueueView[]) => all.reduce((packets, queue) => packets + queue.packets, 0);
    const { received } = await site.host('bob').ping('203.0.113.10', { count: 5, waitMs: 2000 });
    expect(received).toBe(5);
    await eventually('five packets in the queues', async () => sum(await queues()) - sum(before) >= 5);
    await eventually('what ovs-ofctl tells', async () => {
      const ours = await queues();
      const theirs = await site.ovs.ofctl(BRIDGE, ['queue-stats']);
      return ours.every(({ queueId, bytes, packets, dropped }) =>
        theirs.includes(`queue ${queueId}: bytes=${bytes}, pkts=${packets}, errors=${dropped}`),
      );
    });
  });
});
