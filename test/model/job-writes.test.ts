// The job feed and POST /v1/jobs are two doors to one desk: the same registration by either leads to the same jobs and the
// same rules, with the same waits and refusals. A whole Lark, real sockets, model switches.

import { afterEach, describe, expect, it } from 'vitest';
import type { JobView, RemovedJob } from '../../controller/northbound/lark-api.ts';
import type { ProblemDocument } from '../../controller/northbound/problem.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, macOf, policyFor } from '../support/model-site.ts';

const sites: ModelSite[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.stop();
});

async function start(version: 1 | 4 = 4): Promise<ModelSite> {
  const site = await ModelSite.start(version, policyFor('multi-table'));
  sites.push(site);
  return site;
}

const jobAdOf = (number: number, user: string) =>
  `GlobalJobId = "s#${number}.0#1"\nOwner = "${user}"\nNumJobStarts = 1\n`;

function formOf(number: number, user: string, port: string): URLSearchParams {
  const machine = { machine: 'wn1', slot: `slot${number}@wn1`, ipv4: addressOf(number), mac: macOf(number) };
  return new URLSearchParams({ jobAd: jobAdOf(number, user), ...machine, interface: port });
}

async function ask<T>(site: ModelSite, method: string, path: string, body?: URLSearchParams) {
  const { host, port } = site.lark.addresses.http;
  const response = await fetch(`http://${host}:${port}${path}`, { method, ...(body !== undefined && { body }) });
  return { status: response.status, location: response.headers.get('location'), said: (await response.json()) as T };
}

const register = (site: ModelSite, number: number, user: string, port: string) =>
  ask<JobView & ProblemDocument>(site, 'POST', '/v1/jobs', formOf(number, user, port));

/** Without what differs from one moment to the next. */
const flowsOf = (site: ModelSite) =>
  (['leaf', 'core'] as const).map((name) =>
    site[name].dumpFlows().replaceAll(/(duration|n_packets|n_bytes)=\S+ ?/g, ''),
  );

describe.each([1, 4] as const)('the two doors, OpenFlow version %s', (version) => {
  it('lead to the same jobs and rules, and back', async () => {
    const [byFeed, byHttp] = [await start(version), await start(version)];
    const empty = flowsOf(byHttp);
    for (const site of [byFeed, byHttp]) {
      const jobs = [
        [1, 'alice', 'j1'],
        [2, 'alice', 'k1'],
        [3, 'bob', 'j3'],
      ] as const;
      for (const [number, user, port] of jobs) {
        if (site === byHttp) expect((await register(site, number, user, port)).status).toBe(200);
        else await site.register({ number, user, port });
      }
    }
    const [fromFeed, fromHttp] = [await byFeed.get('/v1/jobs'), await byHttp.get('/v1/jobs')];
    expect(fromHttp).toEqual(fromFeed);
    expect(flowsOf(byHttp)).toEqual(flowsOf(byFeed));
    expect(flowsOf(byHttp)).not.toEqual(empty);
    for (const { key } of (fromHttp as { jobs: JobView[] }).jobs) {
      const { status, said } = await ask<RemovedJob>(byHttp, 'DELETE', `/v1/jobs/${encodeURIComponent(key)}`);
      expect([status, said]).toEqual([200, { key, pendingSwitches: [] }]);
    }
    for (const number of [1, 2, 3]) await byFeed.remove({ number });
    expect(await byHttp.get('/v1/jobs')).toEqual({ jobs: [], next: null, total: 0 });
    expect(flowsOf(byHttp)).toEqual(flowsOf(byFeed));
  });
});

it('answers only when the edge switch has confirmed, also to a client that asks twice', async () => {
  const site = await start();
  site.leaf.faults = { barrierReply: 'hold' };
  let answered = 0;
  const asking = [1, 2].map(async () => {
    const answer = await register(site, 1, 'alice', 'j1');
    answered += 1;
    return answer;
  });
  await eventually('the rules at the switch', () => site.leaf.dumpFlows().includes(addressOf(1)));
  // Round trips through the same server: an answer to the first two would have come with them.
  await site.get('/v1/jobs');
  expect(answered).toBe(0);
  site.leaf.faults = {};
  site.leaf.releaseBarriers();
  const answers = await Promise.all(asking);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers[1]?.said).toEqual(answers[0]?.said);
  expect((await register(site, 1, 'alice', 'j1')).said).toEqual(answers[0]?.said);
});

it('carries a registration through whose client has gone', async () => {
  const site = await start();
  site.leaf.faults = { barrierReply: 'hold' };
  const { host, port } = site.lark.addresses.http;
  const gone = new AbortController();
  const options = { method: 'POST', body: formOf(1, 'alice', 'j1'), signal: gone.signal };
  const asking = fetch(`http://${host}:${port}/v1/jobs`, options).catch(() => 'aborted');
  await eventually('the rules at the switch', () => site.leaf.dumpFlows().includes(addressOf(1)));
  gone.abort();
  expect(await asking).toBe('aborted');
  site.leaf.faults = {};
  site.leaf.releaseBarriers();
  await eventually('the job', async () => (await site.get<{ total: number }>('/v1/jobs')).total === 1);
  expect((await site.feed.get({ address: addressOf(1) })).job.user).toBe('alice');
});

it('refuses as the feed does, and counts with it', async () => {
  const site = await start();
  await site.register({ number: 1, user: 'alice', port: 'j1', machine: 'wn2' });
  const held = await register(site, 1, 'bob', 'j2');
  expect([held.status, held.said.code]).toEqual([409, 'JOB_ADDRESS_HELD']);
  expect(held.said.detail).toContain('machine wn2');
  const unknown = await ask<ProblemDocument>(site, 'DELETE', '/v1/jobs/nobody');
  expect([unknown.status, unknown.said.code]).toEqual([404, 'JOB_NOT_FOUND']);
  const { host, port } = site.lark.addresses.http;
  const metrics = await (await fetch(`http://${host}:${port}/metrics`)).text();
  expect(metrics).toContain('lark_feed_requests_total{verb="register",outcome="ok"} 1');
  expect(metrics).toContain('lark_feed_requests_total{verb="register",outcome="JOB_ADDRESS_HELD"} 1');
  expect(metrics).toContain('lark_feed_requests_total{verb="remove",outcome="JOB_NOT_FOUND"} 1');
});

it('renews a lease, and refuses where nothing says how long', async () => {
  const site = await start();
  const form = formOf(1, 'alice', 'j1');
  form.set('leaseSec', '60');
  const { location, said } = await ask<JobView>(site, 'POST', '/v1/jobs', form);
  const renewed = await ask<JobView>(site, 'POST', `${location}/renew?leaseSec=900`);
  const later = Date.parse(renewed.said.leaseEndsAt ?? '') - Date.parse(said.leaseEndsAt ?? '');
  expect(later).toBeGreaterThanOrEqual(840_000);
  const again = await ask<JobView>(site, 'POST', `${location}/renew`);
  expect(Date.parse(again.said.leaseEndsAt ?? '')).toBeGreaterThanOrEqual(Date.parse(renewed.said.leaseEndsAt ?? ''));
  const { location: unleased } = await register(site, 2, 'alice', 'j2');
  const without = await ask<ProblemDocument>(site, 'POST', `${unleased}/renew`);
  expect([without.status, without.said.code]).toEqual([400, 'JOB_REQUEST_MALFORMED']);
});
