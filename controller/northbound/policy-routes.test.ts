import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from './http-server.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

interface Request {
  readonly method?: 'GET' | 'POST';
  readonly from?: string;
  readonly type?: string;
  readonly body?: string;
}

async function ask(url: string, { method = 'POST', from = '127.0.0.1', type, body }: Request = {}) {
  const api = fakeLark();
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
  const headers = type === undefined ? {} : { 'content-type': type };
  const response = await server.inject({ method, url, remoteAddress: from, headers, ...(body && { payload: body }) });
  await server.close();
  return [response.statusCode, response.json().code];
}

describe('what changes or reveals something', () => {
  it.each([
    ['POST', '/v1/policy/reload'],
    ['POST', '/v1/plan'],
    ['GET', '/v1/state'],
  ] as const)('is refused from elsewhere: %s %s', async (method, url) => {
    const more = url === '/v1/plan' ? { type: 'text/plain', body: '{}' } : {};
    expect(await ask(url, { method, from: '192.0.2.1', ...more })).toEqual([403, 'HTTP_NOT_LOCAL']);
    expect(await ask(url, { method, from: '::1', ...more })).toEqual([200, undefined]);
  });
});

describe('POST /v1/plan', () => {
  it.each(['application/yaml', 'text/plain; charset=utf-8', 'text/yaml'])('takes %s', async (type) => {
    expect(await ask('/v1/plan?file=a.yaml&rules=true', { type, body: 'policies: []' })).toEqual([200, undefined]);
  });

  it('takes nothing else, nor what is longer than a policy file may be, nor unknown parameters', async () => {
    expect(await ask('/v1/plan', { type: 'application/json', body: '{}' })).toEqual([415, 'HTTP_MEDIA_TYPE']);
    expect(await ask('/v1/plan', { type: 'image/png', body: 'x' })).toEqual([415, 'HTTP_MEDIA_TYPE']);
    expect(await ask('/v1/plan')).toEqual([415, 'HTTP_MEDIA_TYPE']);
    const long = 'x'.repeat(1024 * 1024 + 2);
    expect(await ask('/v1/plan', { type: 'text/plain', body: long })).toEqual([413, 'HTTP_BODY_TOO_LARGE']);
    expect(await ask('/v1/plan?rule=1', { type: 'text/plain', body: '{}' })).toEqual([400, 'HTTP_QUERY_INVALID']);
  });
});
