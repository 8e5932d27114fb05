// Another policy file put in force while Lark runs, on model switches over loopback: what is sent is what the plan said, and
// nothing else is touched.

import { formatActions, formatInstructions, formatMatch10, formatMatch13, type Message } from 'node-openflow';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';
import type { PlannedRule } from '../../controller/enforcement/plan/plan-values.ts';
import type { Explanation, PlanView, ReloadView } from '../../controller/northbound/lark-api.ts';
import type { ProblemDocument } from '../../controller/northbound/problem.ts';
import { planFromState } from '../../controller/state/plan-from-state.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, policyFor } from '../support/model-site.ts';

/** Not how long it takes, but how long it may take where much else is done. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const BLOCK_BOB = '- block-users: [bob]\n  - isolate-users: true';

type FlowMod = Extract<Message, { type: 'flowMod' }>;

/** A FlowMod in the words of a plan. */
function sentText(message: FlowMod): string {
  const table = message.version === 1 ? 0 : message.tableId;
  const [match, actions] =
    message.version === 1
      ? [formatMatch10(message.match), formatActions(message.actions)]
      : [formatMatch13(message.match), formatInstructions(message.instructions)];
  const what =
    message.command === 0 ? `write ${actions}` : message.command === 4 ? 'remove' : `command ${message.command}`;
  return `${table} ${message.priority} ${match}: ${what}`;
}

function plannedText({ change, table, priority, match, actions }: PlannedRule): string {
  return `${table} ${priority} ${match}: ${change === 'remove' ? 'remove' : `write ${actions}`}`;
}

describe.each([
  ['1.0', 1, 'single-table'],
  ['1.3', 4, 'single-table'],
  ['1.3', 4, 'multi-table'],
] as const)('with OpenFlow %s', (_, version, pipeline) => {
  let site: ModelSite;
  beforeEach(async () => {
    site = await ModelSite.start(version, policyFor(pipeline));
  });
  afterEach(() => site.stop());

  /** Jobs of three users that have written to each other. */
  const populate = async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    await site.register({ number: 3, user: 'bob', port: 'j3' });
    await site.register({ number: 4, user: 'bob', port: 'j4' });
    await site.register({ number: 5, user: 'carol', port: 'k1' });
    site.inject('leaf', 1, 1, 2, 'alice-first');
    await site.arrives('alice-first', 'leaf:2');
    site.inject('leaf', 3, 3, 4, 'bob-first');
    await site.arrives('bob-first', 'leaf:4');
  };

  const noGuard = (name: 'leaf' | 'core') =>
    eventually(
      `the guard of ${name} to be lifted`,
      () => !/table=4,.*priority=100 actions=CONTROLLER/.test(site[name].dumpFlows()),
    );

  const watch = (name: 'leaf' | 'core') => {
    const seen: string[] = [];
    site[name].on('received', (message) => message.type === 'flowMod' && seen.push(sentText(message)));
    return seen;
  };

  /** Users that come and go, one after the other. */
  const users = async (count: number, port: string) => {
    for (let user = 0; user < count; user++) {
      const job = { number: 7, user: `user${user}`, port, machine: `wn${user}` };
      await site.register(job);
      await site.remove(job);
    }
  };

  /** Class numbers (from 1) that rules give to or ask of a source. */
  const numbersNamed = (name: 'leaf' | 'core') => {
    const named = [...site[name].dumpFlows().matchAll(/metadata[=:]0x([0-9a-f]+)\/0xfffff[, ]/g)];
    return named.map(([, hex]) => Number.parseInt(hex!, 16));
  };

  it('sends what the plan said, in that order, and nothing else', async () => {
    await populate();
    const next = policyFor(pipeline).replace('- isolate-users: true', BLOCK_BOB);
    await noGuard('leaf');
    await noGuard('core');
    // From before the plan, which sends nothing.
    const seen = { leaf: watch('leaf'), core: watch('core') };
    const { plan, problems } = await site.post<PlanView>('/v1/plan?rules=true', next);
    expect(problems).toEqual([]);
    site.policy = next;
    const reloaded = await site.post<ReloadView>('/v1/policy/reload');
    expect(reloaded).toMatchObject({ silent: [], away: [], rebuilt: [], plan: { sha256: plan.sha256 } });
    for (const name of ['leaf', 'core'] as const) {
      const planned = plan.switches.find((each) => each.switch === name);
      const expected = (planned?.rules ?? []).map(plannedText);
      await eventually(`all that was planned for ${name}`, () => seen[name].length >= expected.length);
      expect(seen[name]).toEqual(expected);
    }
    const leaf = plan.switches.find((each) => each.switch === 'leaf');
    expect(leaf?.rules?.length).toBeGreaterThan(0);
    expect(plan.verdicts).toMatchObject({ jobs: 2, users: ['bob'] });
    // And then there is nothing more to do.
    const again = await site.post<PlanView>('/v1/plan?rules=true', next);
    expect(again.plan.switches.map(({ rules }) => rules)).toEqual([[], []]);
    expect(again.plan.verdicts?.changes).toEqual([]);
  });

  it('plans the same from a file of its state', async () => {
    await populate();
    await noGuard('leaf');
    await noGuard('core');
    const next = policyFor(pipeline)
      .replace('- isolate-users: true', `${BLOCK_BOB}\n  - rule: { when: MY.JobPrio > 5, then: drop }`)
      .replace('campus: [10.0.0.0/8]', 'campus: [10.0.0.0/8], lab: [10.9.0.0/16]');
    const { host, port } = site.lark.addresses.http;
    const state = await (await fetch(`http://${host}:${port}/v1/state`)).text();
    const live = await site.post<PlanView>('/v1/plan?rules=true&file=next.yaml', next);
    const planned = await planFromState(state, parseConfig('next.yaml', next), true);
    if (!('view' in planned)) throw new Error(JSON.stringify(planned.refused));
    // Rules that were decided for single packets are not in such a file.
    const withoutDecided = live.plan.switches.map(({ rules = [], removed, removedDecided, ...rest }) => ({
      ...rest,
      removed: removed - (removedDecided ?? 0),
      removedDecided: null,
      rules: rules.slice(removedDecided ?? 0),
    }));
    expect(JSON.parse(JSON.stringify(planned.view.plan))).toEqual({ ...live.plan, switches: withoutDecided });
    expect(planned.view.problems).toEqual([]);
    await expect(planFromState(state.slice(0, -5), parseConfig('next.yaml', next), true)).rejects.toThrow(/not JSON/);
  });

  it('drops by the new file once it is answered, and goes on with what is as before', async () => {
    await populate();
    site.policy = policyFor(pipeline).replace('- isolate-users: true', BLOCK_BOB);
    await site.post('/v1/policy/reload');
    let packetIns = 0;
    site.leaf.on('sent', ({ type }) => {
      if (type === 'packetIn') packetIns++;
    });
    site.inject('leaf', 3, 3, 4, 'bob-after');
    await noGuard('leaf');
    packetIns = 0;
    site.inject('leaf', 1, 1, 2, 'alice-after');
    await site.arrives('alice-after', 'leaf:2');
    // Its rule was not touched: the switch knew the way.
    expect(packetIns).toBe(0);
    await site.register({ number: 6, user: 'dave', port: 'k2' });
    expect(site.seen('bob-after')).toEqual([]);
    const { verdict } = await site.get<Explanation>(`/v1/explain?src=${addressOf(3)}&dst=${addressOf(4)}`);
    expect(verdict).toMatchObject({ action: 'drop', policy: 'block-users' });
  });

  it('keeps the file in force where the new one is wrong, needs a restart or goes beyond its limits', async () => {
    await populate();
    const good = site.policy;
    const seen = watch('leaf');
    const metric = async () => {
      const { host, port } = site.lark.addresses.http;
      const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
      return /^lark_config_load_error (\d)$/m.exec(page)?.[1];
    };
    expect(await metric()).toBe('0');
    const refused = async (policy: string) => {
      site.policy = policy;
      return site.post<ProblemDocument>('/v1/policy/reload');
    };
    const wrong = await refused(good.replace('isolate-users: true', 'isolate-usres: true'));
    expect(wrong).toMatchObject({ code: 'HTTP_POLICY_REFUSED', problems: [{ code: 'CONFIG_KEY_UNKNOWN', line: 10 }] });
    expect(await metric()).toBe('1');
    const moved = await refused(good.replace('jobs: { listen: 127.0.0.1:0', 'jobs: { listen: 127.0.0.1:9'));
    expect(moved).toMatchObject({ problems: [{ code: 'CONFIG_NEEDS_RESTART', line: 4 }] });
    const narrow = await refused(`${good}\nlimits: { classes: 4, rules: 5 }\n`);
    expect(narrow.problems?.map(({ code }) => code)).toContain('CONFIG_LIMIT');
    expect(narrow.problems?.[0]?.message).toMatch(/raise it/);
    expect(seen).toEqual([]);
    site.policy = good;
    await site.post('/v1/policy/reload');
    expect([await metric(), seen]).toEqual(['0', []]);
  });

  it('refuses a job of one class too many, and takes it when a class is free again', async () => {
    await populate();
    const { plan } = await site.post<PlanView>('/v1/plan', site.policy);
    site.policy = `${site.policy}\nlimits: { classes: ${plan.classes.after} }\n`;
    await site.post('/v1/policy/reload');
    const dave = { number: 6, user: 'dave', port: 'k2' };
    await expect(site.register(dave)).rejects.toMatchObject({ code: 'JOB_TOO_MANY_CLASSES' });
    await site.remove({ number: 5 });
    await site.register(dave);
  });

  // Only there do rules name classes.
  if (pipeline === 'multi-table') {
    it('gives the numbers of classes that are gone to others, and never one that a switch may still name', async () => {
      await users(90, 'j1');
      await site.register({ number: 8, user: 'last', port: 'j2' });
      await noGuard('leaf');
      // 94 classes came, of which not all can have had a number of their own.
      expect(Math.max(...numbersNamed('leaf'))).toBeLessThan(80);
    });

    it('holds the numbers of classes back for a switch that is away, until it is forgotten', async () => {
      await site.leaf.close();
      await eventually('the leaf to be missed', async () => {
        const { switches } = await site.get<{ switches: { name: string }[] }>('/v1/switches');
        return switches.every(({ name }) => name !== 'leaf');
      });
      await users(70, 'k1');
      await site.register({ number: 8, user: 'held', port: 'k1' });
      await noGuard('core');
      expect(Math.max(...numbersNamed('core'))).toBeGreaterThan(70);
      await site.post('/v1/switches/0000000000000001/forget');
      await users(1, 'k2');
      const before = new Set(numbersNamed('core'));
      await site.register({ number: 9, user: 'next', port: 'k2' });
      await noGuard('core');
      const fresh = numbersNamed('core').filter((number) => !before.has(number));
      expect(fresh.length).toBeGreaterThan(0);
      expect(Math.max(...fresh)).toBeLessThan(75);
    });
  }

  it('lets settings take effect, and a new pipeline or port role, too', async () => {
    await populate();
    site.policy = policyFor(pipeline)
      .replace('settle: 0ms', 'settle: 1ms, lease: 10m, unlocated: by-address')
      .replace('wan: { port: wan0', 'wan: { port: k2');
    const { plan } = await site.post<PlanView>('/v1/plan', site.policy);
    expect(plan.settings.map(({ key }) => key)).toEqual(['jobs.lease', 'jobs.unlocated', 'jobs.settle']);
    await site.post('/v1/policy/reload');
    await site.register({ number: 6, user: 'dave', port: 'nowhere' });
    expect(await site.get('/v1/jobs?user=dave')).toMatchObject({ jobs: [{ enforcement: 'by-address' }] });
    const { ports } = await site.get<{ ports: { name: string; role: string }[] }>('/v1/switches/0000000000000002');
    expect(ports.find(({ name }) => name === 'k2')?.role).toBe('wan');
    const other = pipeline === 'single-table' ? 'multi-table' : 'single-table';
    site.policy = site.policy.replaceAll(pipeline, other);
    const rebuilt = await site.post<ReloadView>('/v1/policy/reload');
    expect(rebuilt.rebuilt).toEqual(version === 1 ? [] : ['leaf', 'core']);
    await site.whenUp(2);
    const pipelines = (await site.get<{ switches: { pipeline: string }[] }>('/v1/switches')).switches;
    expect(pipelines.map((each) => each.pipeline)).toEqual(Array(2).fill(version === 1 ? 'single-table' : other));
  });
});
