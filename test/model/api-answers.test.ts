// What a whole Lark with switches answers is what its OpenAPI document says, resource by resource: the schemas leave out
// nothing that the real handlers send, and promise nothing that they do not.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenapiDocument } from '../../controller/northbound/api-reference.ts';
import type { ClassView, RuleView, StatusView } from '../../controller/northbound/lark-api.ts';
import { answerValidator } from '../../controller/northbound/testing/answer-validator.ts';
import { addressOf, ModelSite, policyFor } from '../support/model-site.ts';

describe.each([1, 4] as const)('OpenFlow version %s', (version) => {
  let site: ModelSite;
  let document: OpenapiDocument;
  const keyOf = (number: number) => `s#${number}.0#1|1|wn1|slot${number}@wn1`;

  beforeAll(async () => {
    site = await ModelSite.start(version, policyFor('multi-table'));
    document = await site.get('/docs/json');
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'bob', port: 'j2' });
    await site.register({ number: 3, user: 'alice', port: 'j3', withoutMac: true });
    // Something for the rules to have been decided for, and to have counted.
    site.inject('leaf', 1, 1, 3, 'hello');
  });
  afterAll(() => site.stop());

  async function ask<T = unknown>(
    method: string,
    path: string,
    values: Readonly<Record<string, string>> = {},
    body?: string,
  ) {
    const [pattern = '', query] = path.split('?');
    const url = pattern.replaceAll(/\{(\w+)\}/g, (_all, name) => encodeURIComponent(values[name] ?? ''));
    const { host, port } = site.lark.addresses.http;
    const headers =
      body === undefined ? {} : { 'content-type': body.startsWith('{') ? 'application/json' : 'text/yaml' };
    const init = { method, headers, ...(body !== undefined && { body }) };
    const answer = await fetch(`http://${host}:${port}${url}${query === undefined ? '' : `?${query}`}`, init);
    const said = (await answer.json()) as T;
    expect(answerValidator(document)(method, pattern, answer.status, said)).toEqual([]);
    return [answer.status, said] as const;
  }

  it.each([
    '/healthz',
    '/readyz',
    '/v1/status',
    '/v1/jobs?limit=2',
    '/v1/switches',
    '/v1/switches/{dpid}',
    '/v1/switches/{dpid}/rules',
    '/v1/switches/{dpid}/queues',
    '/v1/classes',
    '/v1/rates',
    '/v1/rates?by=job&sort=sent&limit=1',
    '/v1/rates?by=group',
    '/v1/policy',
    '/v1/jobs/{key}',
    '/v1/jobs/{key}/rules',
    `/v1/explain?src=${addressOf(1)}&dst=${addressOf(2)}`,
    `/v1/explain?src=${addressOf(1)}&dst=192.0.2.1`,
    `/v1/explain?src=${addressOf(1)}&dst=${addressOf(77)}`,
    `/v1/explain?src=192.0.2.1&dst=224.0.0.1`,
  ])('GET %s', async (path) => {
    expect((await ask('GET', path, { key: keyOf(1), dpid: '0x1' }))[0]).toBe(200);
  });

  it('shows the policy behind the rules that drop, and what the jobs are classed by', async () => {
    const [, { rules }] = await ask<{ rules: RuleView[] }>('GET', '/v1/switches/{dpid}/rules', { dpid: '0x1' });
    const drops = rules.filter(({ policy }) => policy === 'isolate-users');
    // In 1.0 verdicts are in the rules that were decided for packets alone, and none was for bob's.
    expect(drops.length > 0).toBe(version === 4);
    const [, { classes }] = await ask<{ classes: ClassView[] }>('GET', '/v1/classes');
    const byOwner = classes.filter(({ jobs }) => jobs > 0);
    expect(byOwner.map(({ jobs }) => jobs).sort()).toEqual([1, 2]);
  });

  it('what changes something', async () => {
    const jobAd = { GlobalJobId: 's#4.0#1', Owner: 'alice', NumJobStarts: 1 };
    const fields = { machine: 'wn1', slot: 'slot4@wn1', ipv4: addressOf(4), interface: 'j4', leaseSec: 60 };
    const registration = JSON.stringify({ jobAd, ...fields });
    expect((await ask('POST', '/v1/jobs', {}, registration))[0]).toBe(200);
    expect((await ask('POST', '/v1/jobs/{key}/renew?leaseSec=90', { key: keyOf(4) }))[0]).toBe(200);
    expect((await ask('DELETE', '/v1/jobs/{key}', { key: keyOf(4) }))[0]).toBe(200);
    expect((await ask('DELETE', '/v1/jobs/{key}', { key: keyOf(4) }))[0]).toBe(404);
    expect((await ask('POST', '/v1/jobs', {}, '{}'))[0]).toBe(400);
    expect((await ask('POST', '/v1/switches/{dpid}/forget', { dpid: '0x9' }))[0]).toBe(200);
    expect((await ask('POST', '/v1/switches/{dpid}/forget', { dpid: '0x1' }))[0]).toBe(409);
  });

  it('what plans and reloads', async () => {
    const other = site.policy.replace('isolate-users: true', 'block-users: [alice]');
    expect((await ask('POST', '/v1/plan?rules=true', {}, other))[0]).toBe(200);
    expect((await ask('POST', '/v1/plan', {}, 'switches: [a]'))[0]).toBe(422);
    site.policy = other;
    expect((await ask('POST', '/v1/policy/reload'))[0]).toBe(200);
    site.policy = 'nonsense: true';
    expect((await ask('POST', '/v1/policy/reload'))[0]).toBe(422);
    expect((await ask<StatusView>('GET', '/v1/status'))[1].policy.refused?.total).toBe(1);
  });
});
