// What a whole Lark tells over /v1/events: everything that becomes of jobs, switches, ports and the policy file, in its order.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
let gone: AbortController;
beforeEach(() => {
  gone = new AbortController();
});
afterEach(async () => {
  gone.abort();
  await site.stop();
});

/** What is told from now on. */
async function listen() {
  const { host, port } = site.lark.addresses.http;
  const answer = await fetch(`http://${host}:${port}/v1/events`, { signal: gone.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
  const all = (event: string) =>
    [...text.matchAll(/event: (\S+)\nid: \S+\ndata: (.*)\n/g)]
      .filter(([, name]) => name === event)
      .map(([, , data]) => JSON.parse(data!) as Record<string, unknown>);
  const told = (event: string) => eventually(event, () => all(event).length > 0);
  return { text: () => text, told, all, dataOf: (event: string) => all(event)[0], reading };
}

it('tells what becomes of jobs, switches, ports and the policy file', async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  const { text, told, dataOf, reading } = await listen();

  const job = { number: 1, user: 'alice', port: 'j1' };
  await site.register(job);
  await told('job.admitted');
  await site.remove(job);
  await told('job.removed');
  expect(dataOf('job.removed')).toMatchObject({ user: 'alice', reason: 'asked' });
  site.leaf.setPortUp(5, false);
  await told('port.changed');
  expect(dataOf('port.changed')).toMatchObject({ switch: 'leaf', port: 'host', isUp: false });
  await site.reconnectLeaf();
  await told('switch.mended');
  site.policy = site.policy.replace('isolate-users: true', 'block-users: [alice]');
  await site.post('/v1/policy/reload');
  await told('policy.reloaded');
  site.policy = 'nonsense: true';
  await site.post('/v1/policy/reload');
  await told('policy.refused');
  expect(dataOf('policy.refused')).toMatchObject({ problems: 1, first: { code: 'CONFIG_KEY_UNKNOWN' } });
  const names = [...text().matchAll(/event: (\S+)/g)].map(([, name]) => name);
  expect(names).toEqual([
    'job.admitted',
    'job.removed',
    'port.changed',
    'switch.disconnected',
    'switch.connected',
    'switch.mended',
    'policy.reloaded',
    'policy.refused',
  ]);
  await site.lark.close();
  await reading;
});

it('tells which verdicts a reload has changed, and between whom', async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.register({ number: 2, user: 'bob', port: 'j2' });
  const { all, told } = await listen();
  site.policy = site.policy.replace('isolate-users: true', 'block-users: [alice]');
  await site.post('/v1/policy/reload');
  await told('policy.verdict_changed');
  await eventually('both directions', () => all('policy.verdict_changed').length >= 2);
  const after = expect.stringMatching(/^drop by block-users \(policy\.yaml:\d+:\d+\)$/);
  const others = 'zone campus, wan, local addresses';
  expect(all('policy.verdict_changed')).toMatchObject([
    { before: 'forward in queue bulk', after, pairs: [{ from: 'jobs of alice', to: `jobs of alice, ${others}` }] },
    { before: 'forward', after, pairs: [{ from: others, to: 'jobs of alice' }] },
  ]);
});

describe.each([
  [1, 'single-table'],
  [4, 'single-table'],
  [4, 'multi-table'],
] as const)('OpenFlow %i, %s', (version, pipeline) => {
  it('sums what a policy drops, whether the controller says so or the switch does', async () => {
    site = await ModelSite.start(version, policyFor(pipeline), {}, { dropsEveryMs: 20 });
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'bob', port: 'j2' });
    const { all } = await listen();
    let sent = 0;
    const inject = () => {
      sent += 1;
      site.inject('leaf', 1, 1, 2, 'denied');
    };
    const drops = (by: string) => all('packets.dropped').filter((drop) => drop.by === by);
    const counted = (by: string) => drops(by).reduce((sum, { packets }) => sum + Number(packets), 0);
    await eventually('drops that the switch counts', () => {
      inject();
      return drops('switch').length > 0;
    });
    // What was sent before the counters were read for the first time is not told.
    const before = counted('switch') + counted('controller');
    for (let i = 0; i < 100; i++) inject();
    await eventually('the hundred', () => counted('switch') + counted('controller') >= before + 100);
    expect(counted('switch') + counted('controller')).toBeLessThanOrEqual(sent);
    expect(all('packets.dropped').length).toBeLessThan(20);
    for (const drop of all('packets.dropped')) {
      const exact = { policy: 'isolate-users', from: 'jobs of alice', to: 'jobs of bob', switch: 'leaf' };
      expect(drop).toMatchObject({ ...exact, place: expect.stringMatching(/^policy\.yaml:\d+:\d+$/) });
    }
    if (pipeline === 'single-table') expect(counted('controller')).toBeGreaterThan(0);
  });
});
