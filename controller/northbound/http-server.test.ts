import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { RefusedConnections } from '../listeners/refused-connections.ts';
import { buildHttpServer, type HttpLimits, listenHttp } from './http-server.ts';
import type { LarkApi } from './lark-api.ts';
import { type ProblemDocument, ProblemError } from './problem.ts';
import { alice, bob, carol, core, dropped, fakeLark, fakeMetrics, jobView } from './testing/fake-lark.ts';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function serve(
  changes: Partial<LarkApi> = {},
  logged: string[] = [],
  limits: Partial<HttpLimits> = {},
): FastifyInstance {
  const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
  const api = fakeLark(changes);
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log, limits });
  servers.push(server);
  return server;
}

async function problemOf(server: FastifyInstance, request: string | InjectOptions) {
  const response = await server.inject(request);
  expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = response.json() as ProblemDocument;
  expect(problem.status).toBe(response.statusCode);
  return { response, problem };
}

describe('health', () => {
  it('answers /healthz even when Lark is not ready', async () => {
    const server = serve({ readiness: () => ({ ready: false, reasons: ['No switch is connected.'] }) });
    expect((await server.inject('/healthz')).statusCode).toBe(200);
  });

  it('answers /readyz with 200 when ready', async () => {
    const response = await serve().inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('answers /readyz with 503 and every reason when not', async () => {
    const reasons = ['No switch is connected.', 'The job feed does not listen.'];
    const { problem } = await problemOf(serve({ readiness: () => ({ ready: false, reasons }) }), '/readyz');
    expect(problem).toMatchObject({ status: 503, code: 'HTTP_NOT_READY', reasons });
  });
});

describe('/v1/jobs', () => {
  it('lists all jobs in the order of their keys', async () => {
    const response = await serve().inject('/v1/jobs');
    expect(response.json()).toEqual({ jobs: [alice, bob, carol], next: null, total: 3 });
  });

  it.each([
    ['user=bob', ['bob']],
    ['group=group_physics', ['alice']],
    ['group=group_physics.cms', ['alice']],
    ['group=group_physics2', ['bob']],
    ['machine=wn2.EXAMPLE.edu', ['bob']],
    ['address=2001:DB8:0::3', ['carol']],
    ['switch=core', ['alice', 'bob']],
    ['switch=00:00:00:1A:a0:09:fb:c9', ['alice', 'bob']],
    ['switch=rack2', []],
    ['state=by-address', ['carol']],
    ['user=alice&address=10.1.0.1', ['alice']],
    ['user=alice&address=10.1.0.2', []],
  ])('filters by %s', async (query, users) => {
    const { jobs } = (await serve().inject(`/v1/jobs?${query}`)).json();
    expect(jobs.map((job: { user: string }) => job.user)).toEqual(users);
  });

  it('pages through all jobs once, and keeps its place when jobs come and go', async () => {
    let jobs = ['a', 'c', 'e', 'g', 'i'].map((user) => jobView(user, '10.1.0.9'));
    const server = serve({ jobs: () => jobs });
    const first = (await server.inject('/v1/jobs?limit=2')).json();
    jobs = [...jobs.filter((job) => job.user !== 'c'), jobView('b', '10.1.0.8')];
    const second = (await server.inject(`/v1/jobs?limit=2&cursor=${first.next}`)).json();
    const third = (await server.inject(`/v1/jobs?limit=2&cursor=${second.next}`)).json();
    const users = [first, second, third].map((page) => page.jobs.map((job: { user: string }) => job.user).join(''));
    expect(users).toEqual(['ac', 'eg', 'i']);
    expect(third.next).toBeNull();
  });

  it('shows one job by its key, percent-encoded', async () => {
    const response = await serve().inject(`/v1/jobs/${encodeURIComponent(alice.key)}`);
    expect(response.json()).toEqual(alice);
  });

  it('finds a job whose key is far longer than fastify’s default for a parameter', async () => {
    const long = jobView('alice', '10.1.0.1', { key: `schedd#${'x'.repeat(1500)}|1|wn1|slot1` });
    const response = await serve({ job: (key) => (key === long.key ? long : undefined) }).inject(
      `/v1/jobs/${encodeURIComponent(long.key)}`,
    );
    expect(response.statusCode).toBe(200);
  });

  it('answers 404 for a key that is not registered', async () => {
    const { problem } = await problemOf(serve(), '/v1/jobs/nobody%231.0');
    expect(problem).toMatchObject({ status: 404, code: 'HTTP_JOB_NOT_FOUND', instance: '/v1/jobs/nobody%231.0' });
    expect(problem.detail).toContain("'nobody#1.0'");
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=many', 'limit'],
    ['state=held', 'state'],
    ['user=', 'user'],
    ['user=a&user=b', 'user'],
    ['usr=alice', 'usr'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const { problem } = await problemOf(serve(), `/v1/jobs?${query}`);
    expect(problem).toMatchObject({ status: 400, code: 'HTTP_QUERY_INVALID', errors: [{ parameter }] });
  });

  it('says what a parameter may be', async () => {
    const { problem } = await problemOf(serve(), '/v1/jobs?state=held&user=');
    expect(problem.detail).toContain("'state' has to be one of port, by-address, unenforced, waiting.");
    expect(problem.detail).toContain("'user' is empty.");
  });

  it('suggests the parameter that was meant', async () => {
    const { problem } = await problemOf(serve(), '/v1/jobs?usr=alice');
    expect(problem.detail).toContain("did you mean 'user'?");
  });

  it('refuses an address that is none, and a cursor that Lark did not give out', async () => {
    expect((await problemOf(serve(), '/v1/jobs?address=10.1.1')).problem.code).toBe('HTTP_ADDRESS_INVALID');
    expect((await problemOf(serve(), '/v1/jobs?cursor=%00%00')).problem.code).toBe('HTTP_CURSOR_INVALID');
  });
});

describe('/v1/switches', () => {
  it('lists the switches by datapath id', async () => {
    const { switches } = (await serve().inject('/v1/switches')).json();
    expect(switches.map((view: { name: string }) => view.name)).toEqual(['rack2', 'core']);
  });

  it.each(['0000001aa009fbc9', '00:00:00:1A:A0:09:FB:C9', '0x1aa009fbc9'])('shows one switch by %s', async (dpid) => {
    expect((await serve().inject(`/v1/switches/${dpid}`)).json()).toEqual(core);
  });

  it('tells a switch that is not there from a datapath id that is none', async () => {
    expect((await problemOf(serve(), '/v1/switches/0000000000000009')).problem.code).toBe('HTTP_SWITCH_NOT_FOUND');
    expect((await problemOf(serve(), '/v1/switches/core')).problem.code).toBe('HTTP_DPID_INVALID');
  });
});

describe('what is read from a switch', () => {
  it('pages through all rules once, in the order in which they match', async () => {
    const rule = dropped.rules[0]!;
    const places = [
      [0, 10],
      [0, 300],
      [12, 65_535],
      [2, 0],
    ] as const;
    const rules = places.map(([table, priority]) => ({ ...rule, table, priority }));
    const server = serve({ switchRules: async () => rules });
    const seen: number[][] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = (await server.inject(`/v1/switches/0x1/rules?limit=3${query}`)).json();
      seen.push(...page.rules.map((each: typeof rule) => [each.table, each.priority]));
      expect(page.total).toBe(4);
      cursor = page.next;
    }
    expect(seen).toEqual([places[1], places[0], places[3], places[2]]);
    const { rules: ofTable } = (await server.inject('/v1/switches/0x1/rules?table=0')).json();
    expect(ofTable.length).toBe(2);
  });

  it('is refused where the switch is not there, or the job', async () => {
    const switchQueues = async () => {
      throw new ProblemError('HTTP_SWITCH_SILENT', 'Switch core did not tell.');
    };
    const server = serve({ switchQueues });
    expect((await problemOf(server, '/v1/switches/0x1/queues')).problem.status).toBe(503);
    expect((await problemOf(server, '/v1/switches/core/rules')).problem.code).toBe('HTTP_DPID_INVALID');
    expect((await problemOf(server, '/v1/jobs/nobody/rules')).problem.code).toBe('HTTP_JOB_NOT_FOUND');
    expect((await problemOf(server, '/v1/switches/0x1/rules?cursor=%00')).problem.code).toBe('HTTP_CURSOR_INVALID');
  });
});

describe('/v1/explain', () => {
  it('asks with both addresses in canonical form and shows the explanation', async () => {
    const asked: string[][] = [];
    const server = serve({
      explain: async (source, destination) => {
        asked.push([source, destination]);
        return dropped;
      },
    });
    const response = await server.inject('/v1/explain?src=2001:db8:0::2&dst=2001:0DB8::0001');
    expect(response.json()).toEqual(dropped);
    expect(asked).toEqual([['2001:db8::2', '2001:db8::1']]);
  });

  it('refuses a missing or malformed address', async () => {
    const missing = (await problemOf(serve(), '/v1/explain?src=10.1.0.1')).problem;
    expect(missing).toMatchObject({ code: 'HTTP_QUERY_INVALID', errors: [{ parameter: 'dst' }] });
    const malformed = (await problemOf(serve(), '/v1/explain?src=10.1.0.1&dst=010.1.0.2')).problem;
    expect(malformed).toMatchObject({ code: 'HTTP_ADDRESS_INVALID', errors: [{ parameter: 'dst' }] });
  });

  it('refuses an IPv4 and an IPv6 address, between which no packet goes', async () => {
    const { problem } = await problemOf(serve(), '/v1/explain?src=10.1.0.1&dst=2001:db8::1');
    expect(problem).toMatchObject({ status: 400, code: 'HTTP_ADDRESSES_DIFFER' });
    expect(problem.detail).toBe('No packet goes from 10.1.0.1 to 2001:db8::1.');
  });
});

describe('refusals', () => {
  it('answers 404 with a whole problem document for an unknown route', async () => {
    const { problem } = await problemOf(serve(), '/v2/jobs?x=1');
    expect(problem).toMatchObject({
      type: 'urn:lark:problem:http-route-not-found',
      title: 'No such resource',
      status: 404,
      instance: '/v2/jobs',
      code: 'HTTP_ROUTE_NOT_FOUND',
    });
    expect(problem.detail).toContain('/v2/jobs');
  });

  it.each(['POST', 'PUT', 'PATCH', 'OPTIONS'] as const)('answers 405 with Allow to %s', async (method) => {
    const { response, problem } = await problemOf(serve(), { method, url: '/v1/jobs/x' });
    expect(problem.code).toBe('HTTP_METHOD_NOT_ALLOWED');
    expect(response.headers.allow).toBe('GET, HEAD, DELETE');
  });

  it('answers HEAD without a body', async () => {
    const response = await serve().inject({ method: 'HEAD', url: '/v1/jobs' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
  });

  it('answers 413 to a body beyond the limit, 400 to one that is not JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const post = (payload: string) => problemOf(serve(), { method: 'POST', url: '/nowhere', payload, headers });
    expect((await post(`"${'x'.repeat(20_000)}"`)).problem.code).toBe('HTTP_BODY_TOO_LARGE');
    expect((await post('{')).problem.code).toBe('HTTP_REQUEST_MALFORMED');
  });

  it('answers 414 to a URL or a path part that is too long, and 400 to bad percent-encoding', async () => {
    expect((await problemOf(serve(), `/v1/jobs?user=${'x'.repeat(5000)}`)).problem.code).toBe('HTTP_URI_TOO_LONG');
    expect((await problemOf(serve(), `/v1/jobs/${'x'.repeat(3000)}`)).problem.code).toBe('HTTP_URI_TOO_LONG');
    expect((await problemOf(serve(), '/v1/jobs/%E0%A4%A')).problem.code).toBe('HTTP_REQUEST_MALFORMED');
  });

  it('shows neither message nor stack of an unexpected exception, and logs both under the request id', async () => {
    const logged: string[] = [];
    const server = serve(
      {
        switches: () => {
          throw new Error('secret at /srv/lark');
        },
      },
      logged,
    );
    const { response, problem } = await problemOf(server, '/v1/switches');
    expect(problem).toMatchObject({ status: 500, code: 'HTTP_INTERNAL' });
    expect(response.body).not.toContain('secret');
    const line = JSON.parse(logged.join(''));
    expect(line).toMatchObject({ msg: 'http.request_failed', requestId: problem.requestId });
    expect(line.err.message).toContain('secret');
  });

  it('answers 503 when the answer does not come in time', async () => {
    const server = serve({ explain: () => new Promise(() => {}) }, [], { handlerTimeoutMs: 20 });
    const { problem } = await problemOf(server, '/v1/explain?src=10.1.0.1&dst=10.1.0.2');
    expect(problem).toMatchObject({ status: 503, code: 'HTTP_TIMEOUT' });
  });

  it('answers 408 to a request that does not arrive whole in time', async () => {
    const { port } = await listenHttp(serve({}, [], { requestTimeoutMs: 50 }), { host: '127.0.0.1', port: 0 });
    expect(await exchange(port, 'GET /healthz HTTP/1.1\r\nHos')).toMatch(/^HTTP\/1\.1 408 .*"HTTP_REQUEST_TIMEOUT"/s);
  });

  it('refuses connections beyond the limit and serves the others', async () => {
    const { port } = await listenHttp(serve({}, [], { maxConnections: 1 }), { host: '127.0.0.1', port: 0 });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    expect(await exchange(port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
    first.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = await once(first, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses more connections of one address than it may have, says so, and serves other addresses', async () => {
    const reasons: string[] = [];
    const refused = { add: (reason: string) => void reasons.push(reason) } as unknown as RefusedConnections;
    const api = fakeLark();
    const limits = { ofPeer: { connections: 1, perSec: 1, burst: 100 } };
    const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }), limits, refused });
    servers.push(server);
    const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 });
    const request = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    expect(await exchange(port, request)).toBe('');
    expect(await exchange(port, request, '127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /);
    expect(reasons).toEqual(['too-many-of-peer']);
    first.destroy();
    const deadline = Date.now() + 5000;
    while ((await exchange(port, request)) === '') expect(Date.now()).toBeLessThan(deadline);
  });

  it('answers 429 to an address that asks too often, but never to a health check', async () => {
    const server = serve({}, [], { requests: { perSec: 0.001, burst: 2 } });
    for (let i = 0; i < 2; i++) expect((await server.inject('/v1/jobs')).statusCode).toBe(200);
    const { response, problem } = await problemOf(server, '/v1/jobs');
    expect([problem.code, response.headers['retry-after']]).toEqual(['HTTP_TOO_MANY_REQUESTS', '1']);
    expect((await server.inject('/healthz')).statusCode).toBe(200);
    expect((await server.inject({ url: '/v1/jobs', remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  });

  it('answers bytes that are not HTTP, and headers that are too large, with a problem document', async () => {
    const { port } = await listenHttp(serve(), { host: '127.0.0.1', port: 0 });
    expect(await exchange(port, 'hello, world\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"HTTP_REQUEST_MALFORMED"/s);
    const large = `GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await exchange(port, large)).toMatch(/^HTTP\/1\.1 431 .*"HTTP_HEADERS_TOO_LARGE"/s);
  });
});

describe('/metrics', () => {
  it('serves the page in Prometheus’s text format and counts requests by route, not by path', async () => {
    const server = serve();
    await server.inject('/v1/jobs/one');
    await server.inject('/v1/jobs/two');
    await server.inject('/no/such/path');
    const response = await server.inject('/metrics');
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.body).toContain('lark_http_request_duration_seconds_count{route="/v1/jobs/:key",code="404"} 2');
    expect(response.body).toContain('lark_http_request_duration_seconds_count{route="unmatched",code="404"} 1');
  });
});

/** Sends the text over a socket of its own and collects what comes until the server closes. */
function exchange(port: number, text: string, localAddress = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.setTimeout(5000, () => reject(new Error(`no answer, only: ${answer}`)));
    // A refused connection may end with a reset, which `close` follows.
    socket.on('error', () => {}).on('close', () => resolve(answer));
  });
}
