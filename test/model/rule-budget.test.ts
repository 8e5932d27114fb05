// Switches with too little room for rules: they get slower, never more permissive, and are told of.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

const PLACES = [
  { number: 1, user: 'alice', port: 'j1' },
  { number: 2, user: 'alice', port: 'j2' },
  { number: 3, user: 'bob', port: 'j3' },
  { number: 4, user: 'bob', port: 'j4' },
  { number: 5, user: 'alice', port: 'k1' },
  { number: 6, user: 'bob', port: 'k2' },
] as const;

const leaf = async () => {
  const { switches } = await site.get<{
    switches: { name: string; rules: number; room: { share: number; leftOut: number } }[];
  }>('/v1/switches');
  return switches.find(({ name }) => name === 'leaf')!;
};

/** Jobs of one user reach each other, and no others; however often. */
async function expectPolicy(round: string): Promise<void> {
  for (const from of PLACES.slice(0, 4)) {
    for (const to of PLACES.slice(0, 4)) {
      const marker = `${from.user === to.user ? 'may' : 'maynot'}-${round}-${from.number}-${to.number}.`;
      if (from !== to) site.inject('leaf', from.number, from.number, to.number, marker);
    }
  }
  for (const from of PLACES.slice(0, 4)) {
    const to = PLACES.slice(0, 4).find(({ user, number }) => user === from.user && number !== from.number)!;
    await site.arrives(`may-${round}-${from.number}-${to.number}.`, `leaf:${to.number}`);
  }
  expect(site.seen(`maynot-${round}`)).toEqual([]);
}

/** With its other ports and their jobs gone, the leaf has room for the job that is left, and for those of the other switch. */
async function expectAllWhenPortsGo(): Promise<void> {
  for (const portNo of [2, 3, 4]) site.leaf.removePort(portNo);
  await eventually('nothing left out', async () => (await leaf()).room.leftOut === 0);
  await eventually('its rules', () => site.leaf.dumpFlows().includes(`nw_src=${addressOf(1)}`));
}

const flowCount = () =>
  site.leaf
    .dumpFlows()
    .split('\n')
    .filter((line) => line.includes('cookie=')).length;

describe('the multi-table pipeline', () => {
  it.each([false, true])('stays within the rules that the file grants (bundles: %s)', async (hasBundles) => {
    // Room for what follows from the file and the ports, and little more.
    const policy = policyFor('multi-table').replace('leaf: {', 'leaf: { rules: 112,');
    site = await ModelSite.start(4, policy, { hasBundles });
    for (const job of PLACES) expect(await site.register(job)).toMatchObject({ enforcement: 'port' });
    expect((await leaf()).room.leftOut).toBeGreaterThan(0);
    for (const round of ['a', 'b', 'c']) await expectPolicy(round);
    expect(flowCount()).toBeLessThanOrEqual(112);
    expect((await leaf()).rules).toBe(flowCount());
    // What was asked for most, its own jobs, is there before jobs of the other switch.
    expect(site.leaf.dumpFlows()).not.toContain(addressOf(6));
    await expectAllWhenPortsGo();
  });

  it.each([false, true])('finds the limit of a switch that says it is full (bundles: %s)', async (hasBundles) => {
    site = await ModelSite.start(4, policyFor('multi-table'), { hasBundles });
    await site.register(PLACES[0]);
    const tables = site.leaf.datapath.state.tables.tableStatistics();
    site.leaf.datapath.maxFlows = Math.max(...tables.map(({ active }) => active)) + 10;
    for (const job of PLACES.slice(1)) await site.register(job);
    await eventually('something left out', async () => (await leaf()).room.leftOut > 0);
    for (const round of ['a', 'b', 'c']) await expectPolicy(round);
    expect((await leaf()).room.share).toBeGreaterThan(0);
    await expectAllWhenPortsGo();
  });

  it('asks about everything when not even its verdicts find room, and forwards by them again when they do', async () => {
    site = await ModelSite.start(4, policyFor('multi-table'));
    for (const job of PLACES.slice(0, 2)) await site.register(job);
    const { active } = site.leaf.datapath.state.tables.tableStatistics()[3]!;
    expect(active).toBeGreaterThan(2);
    site.leaf.datapath.state.tables.maxEntries = active;
    for (const job of PLACES.slice(2)) await site.register(job);
    for (const round of ['a', 'b']) await expectPolicy(round);
  });
});

describe('the single-table pipeline', () => {
  it.each([1, 4] as const)('asks about what finds no room (version %s)', async (version) => {
    site = await ModelSite.start(version, policyFor('single-table'));
    for (const job of PLACES) await site.register(job);
    site.leaf.datapath.maxFlows = flowCount() + 2;
    for (const round of ['a', 'b', 'c']) await expectPolicy(round);
    await eventually('the limit to be known', async () => (await leaf()).room.share > 0);
    const packetIns: string[] = [];
    site.leaf.on('sent', ({ type }) => packetIns.push(type));
    await expectPolicy('d');
    expect(packetIns).toContain('packetIn');
  });
});
