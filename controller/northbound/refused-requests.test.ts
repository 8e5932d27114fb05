import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import { buildHttpServer, listenHttp } from './http-server.ts';
import { RefusedRequests } from './refused-requests.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

const AWAY = '192.0.2.9';

let server: FastifyInstance;
let counters: Counters;
let lines: { readonly level: string; readonly msg: string; readonly code?: string }[];
let now: number;
beforeEach(() => {
  counters = new Counters();
  lines = [];
  now = 0;
  const formatters = { level: (level: string) => ({ level }) };
  const log = pino(
    { base: null, level: 'debug', formatters },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  const api = fakeLark();
  server = buildHttpServer({
    api,
    metrics: fakeMetrics(api, counters),
    log,
    tokens: () => ({ path: 'tokens', entries: [], digest: '' }),
    refusedRequests: new RefusedRequests({ counters, log, now: () => now }),
    limits: { requests: { perSec: 0.001, burst: 3 } },
  });
});
afterEach(() => server.close());

const told = () => lines.filter(({ level, msg }) => level === 'warn' && msg === 'http.refused');
const count = (code: string) => counters.httpProblems.at([code]).value;

describe('a request that is refused', () => {
  it.each([
    ['HTTP_TOKEN_MISSING', { url: '/v1/jobs?user=alice', remoteAddress: AWAY }],
    ['HTTP_TOKEN_UNKNOWN', { url: '/v1/jobs', remoteAddress: AWAY, headers: { authorization: 'Bearer s3cret' } }],
    ['HTTP_CROSS_SITE', { method: 'POST', url: '/v1/policy/reload', headers: { origin: 'http://evil.example' } }],
    ['HTTP_URI_TOO_LONG', { url: `/v1/jobs?user=${'x'.repeat(5000)}` }],
    ['HTTP_REQUEST_MALFORMED', { url: '/v1/jobs/%ff' }],
  ] as const)('is counted and told of as %s, with who asked for what', async (code, request) => {
    await server.inject(request);
    expect(count(code)).toBe(1);
    const peer = 'remoteAddress' in request ? request.remoteAddress : '127.0.0.1';
    const path = request.url.split('?')[0];
    expect(told()).toEqual([expect.objectContaining({ code, peer, path, message: expect.stringMatching(/./) })]);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it('is counted and told of where it comes too often', async () => {
    for (let i = 0; i < 4; i++) await server.inject('/v1/status');
    expect(count('HTTP_TOO_MANY_REQUESTS')).toBe(1);
    expect(told()).toEqual([expect.objectContaining({ code: 'HTTP_TOO_MANY_REQUESTS', peer: '127.0.0.1' })]);
  });

  it('is counted and told of where it is not HTTP', async () => {
    const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 });
    const socket = connect(port, '127.0.0.1', () => socket.write('hello\r\n\r\n'));
    await once(socket.resume(), 'close');
    expect(count('HTTP_REQUEST_MALFORMED')).toBe(1);
    expect(told()).toEqual([expect.objectContaining({ code: 'HTTP_REQUEST_MALFORMED', peer: '127.0.0.1' })]);
  });

  it('is on the metrics page by its code', async () => {
    await server.inject('/v1/jobs/nobody');
    expect((await server.inject('/metrics')).body).toContain('lark_http_problems_total{code="HTTP_JOB_NOT_FOUND"} 1');
  });

  it('is counted, and no warning, where there is just nothing there', async () => {
    await server.inject('/v1/jobs/nobody');
    expect(told()).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'debug', code: 'HTTP_JOB_NOT_FOUND' }));
  });

  it('fills no log: of more than sixty a minute the rest is counted, and said as a number', async () => {
    for (let i = 0; i < 70; i++) await server.inject({ url: '/v1/jobs', remoteAddress: AWAY });
    expect(told()).toHaveLength(60);
    now = 60_000;
    await server.inject({ url: '/v1/jobs', remoteAddress: AWAY });
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'http.warnings_suppressed', suppressed: 10 }));
    expect(told()).toHaveLength(61);
  });
});
