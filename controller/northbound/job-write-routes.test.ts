import type { InjectOptions } from 'fastify';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { JobError } from '../jobs/admission.ts';
import type { JobRegistration } from '../jobs/job-requests.ts';
import { buildHttpServer } from './http-server.ts';
import type { LarkApi } from './lark-api.ts';
import { alice, fakeLark, fakeMetrics, jobView } from './testing/fake-lark.ts';

const JOB_AD = 'Owner = "alice"\nGlobalJobId = "s#1.0#1"\n';
const FORM = 'application/x-www-form-urlencoded';

/** What came of a request, and what Lark was asked to register. */
async function ask(request: InjectOptions, changes: Partial<LarkApi> = {}) {
  const registered: JobRegistration[] = [];
  const api = fakeLark({
    registerJob: async (registration) => {
      registered.push(registration);
      return alice;
    },
    ...changes,
  });
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
  const response = await server.inject({ remoteAddress: '127.0.0.1', ...request });
  await server.close();
  return { response, status: response.statusCode, said: response.json(), registered };
}

function post(type: string, payload: string, query = ''): InjectOptions {
  return { method: 'POST', url: `/v1/jobs${query}`, headers: { 'content-type': type }, payload };
}

describe('POST /v1/jobs', () => {
  const machine = { machine: 'wn1', slot: 'slot1@wn1', ipv4: '10.1.0.1', interface: 'veth1' };
  const query = `?${new URLSearchParams({ ...machine, leaseSec: '900' })}`;
  const whole = { jobAd: JOB_AD, fields: machine, leaseSec: 900 };

  it.each([
    ['JSON', post('application/json', JSON.stringify({ jobAd: JOB_AD, ...machine, leaseSec: 900 }))],
    ['a form', post(FORM, new URLSearchParams({ jobAd: JOB_AD, ...machine, leaseSec: '900' }).toString())],
    ['an ad and a query', post('text/plain', JOB_AD, query)],
    ['an ad that curl calls a form, and a query', post(FORM, JOB_AD, query)],
  ])('takes the same from %s', async (_form, request) => {
    const { status, said, response, registered } = await ask(request);
    expect([status, said]).toEqual([200, alice]);
    expect(registered).toEqual([whole]);
    expect(response.headers.location).toBe(`/v1/jobs/${encodeURIComponent(alice.key)}`);
  });

  it('keeps of an ad in JSON what JSON.parse would lose', async () => {
    const jobAd = '{"Owner":"alice","ClusterId":9007199254740993,"Rank":"\\/Expr(1 + 1)\\/"}';
    const { registered } = await ask(post('application/json', `{"jobAd":${jobAd},"machineAd":{"Name":"a"}}`));
    expect(registered).toEqual([{ jobAd, machineAd: '{"Name":"a"}', fields: {} }]);
  });

  it('answers 202 where the job is not admitted yet', async () => {
    const waiting = jobView('alice', '10.1.0.1', { enforcement: 'waiting', location: null });
    expect((await ask(post('text/plain', JOB_AD), { registerJob: async () => waiting })).status).toBe(202);
  });

  it.each([
    ['JOB_AD_MALFORMED', 422],
    ['JOB_ADDRESS_HELD', 409],
    ['JOB_NOT_CONFIRMED', 503],
  ] as const)('answers a refusal with its code: %s', async (code, expected) => {
    const registerJob = async () => {
      throw new JobError(code, 'No.');
    };
    const { status, said } = await ask(post('text/plain', JOB_AD), { registerJob });
    expect([status, said.code, said.detail]).toEqual([expected, code, 'No.']);
  });

  it.each([
    ['no ad', post('application/json', '{"machineAd":"[]"}'), 'JOB_REQUEST_MALFORMED', "field 'jobAd' is missing"],
    ['a misspelt field', post(FORM, 'jobad=a'), 'JOB_REQUEST_MALFORMED', "did you mean 'jobAd'?"],
    ['a field twice', post(FORM, 'jobAd=a&jobAd=b'), 'JOB_REQUEST_MALFORMED', 'given twice'],
    ['one in body and query', post(FORM, 'jobAd=a&slot=b', '?slot=c'), 'JOB_REQUEST_MALFORMED', 'Give each once'],
    ['no JSON', post('application/json', '{'), 'JOB_REQUEST_MALFORMED', 'not JSON'],
    ['no object', post('application/json', '[]'), 'JOB_REQUEST_MALFORMED', 'no object'],
    ['an empty body', post('text/plain', ''), 'JOB_REQUEST_MALFORMED', ''],
    ['a lease of no time', post('text/plain', JOB_AD, '?leaseSec=0'), 'HTTP_QUERY_INVALID', 'leaseSec'],
    ['a name of two lines', post('text/plain', JOB_AD, '?slot=a%0Ab'), 'HTTP_QUERY_INVALID', 'slot'],
    ['another type', post('application/yaml', JOB_AD), 'HTTP_MEDIA_TYPE', ''],
    ['too much', post('text/plain', 'x'.repeat(2 * 1024 * 1024 + 1)), 'HTTP_BODY_TOO_LARGE', ''],
  ])('refuses %s, and registers nothing', async (_what, request, code, detail) => {
    const { said, registered } = await ask(request);
    expect([said.code, registered]).toEqual([code, []]);
    expect(said.detail).toContain(detail);
  });
});

describe('POST /v1/jobs/:key/renew', () => {
  it('passes on the key and the lease', async () => {
    const asked: unknown[] = [];
    const renewJob = async (...all: unknown[]) => {
      asked.push(all);
      return alice;
    };
    const url = `/v1/jobs/${encodeURIComponent(alice.key)}/renew`;
    expect((await ask({ method: 'POST', url: `${url}?leaseSec=60` }, { renewJob })).status).toBe(200);
    expect((await ask({ method: 'POST', url }, { renewJob })).said).toEqual(alice);
    expect(asked).toEqual([
      [alice.key, 60, '127.0.0.1'],
      [alice.key, undefined, '127.0.0.1'],
    ]);
  });
});

describe('DELETE /v1/jobs/:key', () => {
  const url = `/v1/jobs/${encodeURIComponent(alice.key)}`;

  it('answers 200 when the rules are gone, 202 where a switch could not say so', async () => {
    const gone = await ask({ method: 'DELETE', url });
    expect([gone.status, gone.said]).toEqual([200, { key: alice.key, pendingSwitches: [] }]);
    const removeJob = async (key: string) => ({ key, pendingSwitches: ['0000000000000002'] });
    const pending = await ask({ method: 'DELETE', url }, { removeJob });
    expect([pending.status, pending.said.pendingSwitches]).toEqual([202, ['0000000000000002']]);
  });
});

describe('who may change something', () => {
  const requests: InjectOptions[] = [
    post('text/plain', JOB_AD),
    { method: 'POST', url: '/v1/jobs/x/renew' },
    { method: 'DELETE', url: '/v1/jobs/x' },
  ];
  it.each(requests)('is not who asks from elsewhere: $method $url', async (request) => {
    expect((await ask({ ...request, remoteAddress: '192.0.2.1' })).said.code).toBe('HTTP_NOT_LOCAL');
  });

  it.each([
    ['http://evil.example', 'localhost:8080', 403],
    // A name that its owner made to point here is not told by the host alone.
    ['http://evil.example', 'evil.example', 403],
    ['null', 'localhost:8080', 403],
    ['http://localhost:8080', 'localhost:8080', 200],
    ['http://[::1]:8080', '[::1]:8080', 200],
  ])('is no page of another site: %s to %s', async (origin, host, expected) => {
    const request = post('text/plain', JOB_AD);
    const { status, registered } = await ask({ ...request, headers: { ...request.headers, origin, host } });
    expect([status, registered.length]).toEqual([expected, expected === 200 ? 1 : 0]);
  });
});
