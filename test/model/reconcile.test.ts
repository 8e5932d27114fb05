// A switch that connects is read and mended: what is right stays, what is not is put right, and what is not Lark's is
// treated as the file says. And a change that must not be seen half done goes as one bundle, or behind a guard.

import type { Message } from 'node-openflow';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Table } from '../../controller/enforcement/multi-table/layout.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

const FOREIGN_COOKIE = 0x77n;

/** Adds a rule at the leaf behind Lark's back. */
function addByHand(version: 1 | 4, inPort: number, priority: number, cookie = FOREIGN_COOKIE): void {
  const common = { xid: 1, type: 'flowMod', cookie, command: 0, idleTimeout: 0, hardTimeout: 0, priority } as const;
  const rest = { ...common, bufferId: 0xffffffff, flags: 0 };
  const message =
    version === 1
      ? { ...rest, version, match: { inPort }, outPort: 0xffff, actions: [] }
      : {
          ...rest,
          version,
          cookieMask: 0n,
          tableId: 0,
          outPort: 0xffffffff,
          outGroup: 0xffffffff,
          match: [{ field: 'inPort', value: inPort }],
          instructions: [],
        };
  site.leaf.datapath.handleMessage(message as never, 0);
}

/** The FlowMods that the leaf is sent from now on, those in bundles included. */
function flowModsToLeaf(): Message[] {
  const seen: Message[] = [];
  site.leaf.on('received', (message) => {
    // What the switch can do is tried in its last table.
    const isAttempt = message.type === 'flowMod' && message.version === 4 && message.tableId === 253;
    if (!isAttempt && (message.type === 'flowMod' || message.type === 'bundleAdd')) seen.push(message);
  });
  return seen;
}

const countersOf = (flows: string) =>
  flows
    .split('\n')
    .map((line) => line.replace(/duration=[^ ]* ?/, '').trim())
    .filter((line) => /cookie=0x4c61726b0[1235]/.test(line))
    .sort();

describe.each([
  ['1.0', 1, 'single-table', false],
  ['1.3', 4, 'single-table', false],
  ['1.3', 4, 'multi-table', false],
  ['1.3 with bundles', 4, 'multi-table', true],
] as const)('with OpenFlow %s, %s %s', (_, version, pipeline, hasBundles) => {
  const begin = async (more = '') => {
    const policy = policyFor(pipeline).replace('echoInterval: 60s', `echoInterval: 60s${more}`);
    site = await ModelSite.start(version, policy, { hasBundles });
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'counted');
    await site.arrives('counted', 'leaf:2');
  };

  it('leaves rules that are right as they are, with their counters, when a switch comes back', async () => {
    await begin();
    const before = countersOf(site.leaf.dumpFlows());
    expect(before.some((line) => /n_packets=[1-9]/.test(line))).toBe(true);
    const sent = flowModsToLeaf();
    await site.reconnectLeaf();
    expect(countersOf(site.leaf.dumpFlows())).toEqual(before);
    // Only what was decided for packets, and where hosts were, is gone.
    for (const message of sent) expect(message).toMatchObject({ type: 'flowMod', command: expect.toBeOneOf([3, 4]) });
    site.inject('leaf', 1, 1, 2, 'after');
    await site.arrives('after', 'leaf:2');
  });

  it('puts right what was deleted, changed or added in its name meanwhile', async () => {
    await begin();
    const before = site.leaf.dumpFlows();
    site.leaf.faults = { ignore: () => true };
    const rules = [...site.leaf.datapath.state.tables.entries()].filter(({ cookie }) => cookie >> 32n === 0x4c61726bn);
    const [deleted, changed] = rules.filter(({ priority }) => priority > 0);
    const { instructions } = rules.find((rule) => rule.instructions !== changed!.instructions)!;
    site.leaf.datapath.state.tables.change(
      { command: 'deleteStrict', ...deleted!, cookieMask: 0n, outPort: 0xffffffff, outGroup: 0xffffffff } as never,
      0,
    );
    changed!.instructions = instructions;
    addByHand(version, 4, 77, 0x4c61726b_03000000n);
    site.leaf.faults = {};
    await site.reconnectLeaf();
    const withoutCounters = (flows: string) =>
      flows
        .split('\n')
        .filter((line) => /cookie=0x4c61726b0[1235]/.test(line))
        .map((line) => line.replace(/duration=[^ ]*|n_packets=[^ ]*|n_bytes=[^ ]*/g, ''))
        .sort();
    // The guard is the last to go.
    await vi.waitFor(() => expect(withoutCounters(site.leaf.dumpFlows())).toEqual(withoutCounters(before)));
  });

  it('judges packets that come up while a switch is being read', async () => {
    await begin();
    site.leaf.faults = { ignore: ({ type }) => type === 'statsRequest' || type === 'multipartRequest' };
    const up = new Promise((resolve) => site.leaf.once('connected', resolve));
    site.leaf.disconnect();
    // 1.3 tells its ports by a multipart reply, too: that one must pass.
    let isPortsTold = version === 1;
    site.leaf.faults = {
      ignore: (message) => {
        if (message.type === 'multipartRequest' && !isPortsTold) {
          isPortsTold = true;
          return false;
        }
        return message.type === 'statsRequest' || message.type === 'multipartRequest';
      },
    };
    await up;
    if (pipeline === 'single-table') {
      await eventually('the packet', () => {
        site.inject('leaf', 1, 1, 2, 'meanwhile');
        return site.seen('meanwhile').includes('leaf:2');
      });
    } else {
      // Rules that were there go on by themselves.
      site.inject('leaf', 1, 1, 2, 'meanwhile');
      await site.arrives('meanwhile', 'leaf:2');
    }
    const { switches } = await site.get<{ switches: { name: string; state: string }[] }>('/v1/switches');
    expect(switches.find(({ name }) => name === 'leaf')?.state).not.toBe('up');
  });

  it("leaves others' rules, and says which of them come before Lark's", async () => {
    await begin();
    addByHand(version, 4, 50);
    await site.reconnectLeaf();
    expect(site.leaf.dumpFlows()).toContain('cookie=0x77');
    const { switches } = await site.get<{ switches: { name: string; foreignRules: unknown[] }[] }>('/v1/switches');
    expect(switches.find(({ name }) => name === 'leaf')?.foreignRules).toMatchObject([
      { table: 0, priority: 50, match: 'in_port=4', actions: 'drop', cookie: '0x77' },
    ]);
    expect(await metric()).toMatch(/lark_dp_foreign_rules\{dp_name="leaf"\} 1\b/);
  });

  it("never overwrites another's rule", async () => {
    await begin();
    // The place of the gate in front of port 3, before there is one.
    addByHand(version, 3, 10);
    await site.reconnectLeaf();
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    const line = site.leaf
      .dumpFlows()
      .split('\n')
      .filter((flow) => /priority=10,in_port=3 /.test(flow));
    expect(line).toHaveLength(1);
    expect(line[0]).toContain('cookie=0x77');
  });

  it("removes others' rules where the file says so", async () => {
    await begin(', foreign: remove');
    addByHand(version, 4, 50);
    await site.reconnectLeaf();
    expect(site.leaf.dumpFlows()).not.toContain('cookie=0x77');
  });

  it("does not take a switch with others' rules where the file says so", async () => {
    await begin(', foreign: refuse');
    addByHand(version, 4, 50);
    const closed = new Promise((resolve) => site.leaf.once('disconnected', resolve));
    site.leaf.disconnect();
    await closed;
    const again = () => new Promise((resolve) => site.leaf.once('disconnected', resolve));
    await again();
    await again();
    expect(site.leaf.dumpFlows()).toContain('cookie=0x77');
    await eventually('the leaf is not taken', async () => {
      const { switches } = await site.get<{ switches: { name: string; state: string }[] }>('/v1/switches');
      return switches.every(({ name, state }) => name !== 'leaf' || state !== 'up');
    });
  });
});

const metric = async () => (await fetch(`http://127.0.0.1:${site.lark.addresses.http.port}/metrics`)).text();

describe('a change of the verdict table', () => {
  const change = async (hasBundles: boolean) => {
    site = await ModelSite.start(4, policyFor('multi-table'), { hasBundles });
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    const received: Message[] = [];
    site.leaf.on('received', (message) => received.push(message));
    return received;
  };
  const isGuard = (message: Message) =>
    message.type === 'flowMod' &&
    message.version === 4 &&
    message.tableId === Table.VERDICT &&
    message.priority === 100 &&
    message.match.length === 0;

  it('goes as one bundle', async () => {
    const received = await change(true);
    await site.register({ number: 2, user: 'bob', port: 'j2' });
    const kinds = received
      .filter(({ type }) => type.startsWith('bundle') || type === 'flowMod')
      .map(({ type }) => type);
    expect(kinds.filter((type) => type === 'bundleControl')).toHaveLength(2);
    expect(kinds[0]).toBe('bundleControl');
    expect(kinds.slice(1).indexOf('bundleControl')).toBe(kinds.filter((type) => type === 'bundleAdd').length);
    expect(received.some(isGuard)).toBe(false);
  });

  it('stands behind a guard where there are no bundles', async () => {
    const received = await change(false);
    await site.register({ number: 2, user: 'bob', port: 'j2' });
    const flowMods = received.filter(({ type }) => type === 'flowMod');
    // In the place of the rule that kept it free.
    expect(flowMods.slice(0, 2).map(isGuard)).toEqual([false, true]);
    await eventually('the guard to be lifted', () => received.filter(isGuard).length === 2);
    expect(site.leaf.dumpFlows()).not.toMatch(new RegExp(`table=${Table.VERDICT}, .*priority=100 actions=CONTROLLER`));
  });

  it('is made without bundles when one is refused, and is not confirmed before', async () => {
    const received = await change(true);
    site.leaf.datapath.maxFlows = 0;
    await site.register({ number: 2, user: 'bob', port: 'j2' });
    expect(received.some(isGuard)).toBe(true);
    // Nothing of bob's rules has found room: he is asked about, and is kept apart from alice all the same.
    for (const marker of ['one', 'two']) site.inject('leaf', 1, 1, 2, `forbidden-${marker}`);
    site.leaf.datapath.maxFlows = 1_000_000;
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    site.inject('leaf', 1, 1, 3, 'honest');
    await site.arrives('honest', 'leaf:3');
    expect(site.seen('forbidden')).toEqual([]);
    expect(addressOf(2)).toBe('10.1.0.2');
  });
});
