import { createHash } from 'node:crypto';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { TokensConfig } from '../config/config.ts';
import { buildHttpServer } from './http-server.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';
import { servedPaths } from './testing/served-routes.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest();
const TOKENS: TokensConfig = {
  path: 'tokens',
  entries: [
    { name: 'prometheus', scope: 'read', sha256: sha256('reading') },
    { name: 'wn021', scope: 'jobs', sha256: sha256('joining') },
    { name: 'alice', scope: 'write', sha256: sha256('writing') },
  ],
  digest: '0f',
};

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function serve(tokens?: () => TokensConfig | undefined, logged: string[] = []): FastifyInstance {
  const api = fakeLark();
  const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log, ...(tokens && { tokens }) });
  servers.push(server);
  return server;
}

const HERE = '127.0.0.1';
const AWAY = '192.0.2.9';
const READ: InjectOptions = { method: 'GET', url: '/v1/jobs' };
const WRITES: readonly InjectOptions[] = [
  { method: 'POST', url: '/v1/policy/reload' },
  { method: 'POST', url: '/v1/switches/000000000000000a/forget' },
  { method: 'POST', url: '/v1/plan', headers: { 'content-type': 'text/plain' }, payload: 'policies: []' },
  { method: 'GET', url: '/v1/state' },
];

const JOB_WRITES: readonly InjectOptions[] = [
  { method: 'POST', url: '/v1/jobs', payload: { jobAd: 'Owner = "alice"' } },
  { method: 'POST', url: '/v1/jobs/s%231.0/renew' },
  { method: 'DELETE', url: '/v1/jobs/s%231.0' },
  { method: 'POST', url: '/v1/addresses', payload: { jobAd: 'Owner = "alice"' } },
  { method: 'DELETE', url: '/v1/addresses/s%231.0' },
];

/** The status, and the code of a problem. */
async function asked(server: FastifyInstance, request: InjectOptions, remoteAddress: string, authorization?: string) {
  const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) };
  const response = await server.inject({ ...request, headers, remoteAddress });
  return response.statusCode < 400 ? response.statusCode : `${response.statusCode} ${response.json().code}`;
}

describe('without tokens in the policy file', () => {
  it.each(WRITES)('$url is answered on the host alone, and reads everywhere', async (write) => {
    const server = serve();
    expect(await asked(server, write, HERE)).toBe(200);
    expect(await asked(server, write, '::1')).toBe(200);
    expect(await asked(server, write, AWAY)).toBe('403 HTTP_NOT_LOCAL');
    // A token that nobody gave out opens nothing.
    expect(await asked(server, write, AWAY, 'Bearer writing')).toBe('403 HTTP_NOT_LOCAL');
    expect(await asked(server, READ, AWAY)).toBe(200);
  });
});

describe('with tokens', () => {
  it.each(WRITES)('$url needs one that may write, from wherever', async (write) => {
    const server = serve(() => TOKENS);
    for (const from of [HERE, AWAY]) {
      expect(await asked(server, write, from)).toBe('401 HTTP_TOKEN_MISSING');
      expect(await asked(server, write, from, 'Bearer reading')).toBe('403 HTTP_SCOPE_LACKING');
      expect(await asked(server, write, from, 'Bearer joining')).toBe('403 HTTP_SCOPE_LACKING');
      expect(await asked(server, write, from, 'Bearer writing')).toBe(200);
    }
  });

  it.each(JOB_WRITES)(
    'a worker node may $method $url with a token for jobs, and one for reading may not',
    async (write) => {
      const server = serve(() => TOKENS);
      for (const from of [HERE, AWAY]) {
        expect(await asked(server, write, from)).toBe('401 HTTP_TOKEN_MISSING');
        expect(await asked(server, write, from, 'Bearer reading')).toBe('403 HTTP_SCOPE_LACKING');
        // What the job feed says of them is another matter.
        for (const token of ['joining', 'writing']) {
          expect(String(await asked(server, write, from, `Bearer ${token}`))).not.toMatch(
            /HTTP_(TOKEN|SCOPE|NOT_LOCAL)/,
          );
        }
      }
    },
  );

  it('a token for jobs reads nothing, not even where everybody may without one', async () => {
    const server = serve(() => TOKENS);
    const response = await server.inject({
      ...READ,
      headers: { authorization: 'Bearer joining' },
      remoteAddress: HERE,
    });
    expect(response.json()).toMatchObject({
      code: 'HTTP_SCOPE_LACKING',
      detail: expect.stringContaining('"wn021" has the scope jobs, and this needs read or write'),
    });
  });

  it('reads need one beyond the host, and either may', async () => {
    const server = serve(() => TOKENS);
    expect(await asked(server, READ, HERE)).toBe(200);
    expect(await asked(server, READ, AWAY)).toBe('401 HTTP_TOKEN_MISSING');
    expect(await asked(server, READ, AWAY, 'Bearer reading')).toBe(200);
    expect(await asked(server, READ, AWAY, 'bearer writing')).toBe(200);
    expect(await asked(server, { method: 'GET', url: '/metrics' }, AWAY)).toBe('401 HTTP_TOKEN_MISSING');
    expect(await asked(server, { method: 'HEAD', url: '/v1/jobs' }, AWAY, 'Bearer reading')).toBe(200);
  });

  it.each([
    'Bearer readin',
    'Bearer reading2',
    'Bearer ',
    'Basic cmVhZGluZw==',
    'reading',
    'Bearer reading writing',
    `Bearer ${sha256('reading').toString('hex')}`,
  ])('refuses %j on the host, too', async (authorization) => {
    const server = serve(() => TOKENS);
    for (const from of [HERE, AWAY])
      expect(await asked(server, READ, from, authorization)).toBe('401 HTTP_TOKEN_UNKNOWN');
  });

  it('no resource but the health checks and the pages that ask for one is open to who has none', async () => {
    const server = serve(() => TOKENS);
    const served = (await servedPaths(server)).map(({ method, url }) => ({
      method: method as 'GET' | 'POST',
      url: url.replace(':dpid', '000000000000000a').replace('/docs/*', '/docs/static/swagger-ui.css'),
    }));
    expect(served.length).toBeGreaterThan(10);
    const open: string[] = [];
    for (const request of served) {
      const answer = await asked(server, request, AWAY);
      if (answer !== '401 HTTP_TOKEN_MISSING') open.push(`${request.url} ${answer}`);
    }
    const page = ['/ 302', '/dashboard 302', '/dashboard/ 200', '/dashboard/:file 404 HTTP_ROUTE_NOT_FOUND'];
    const apart = open.filter((each) => !each.startsWith('/docs'));
    expect(apart.sort()).toEqual([...page, '/healthz 200', '/readyz 200']);
  });

  it('what describes the API is open to who has none, and has nothing in it that Lark knows', async () => {
    const descriptions = await Promise.all(
      [fakeLark(), fakeLark({ jobs: () => [], switches: () => [], classes: () => [] })].map(async (api) => {
        const log = pino({ enabled: false });
        const server = buildHttpServer({ api, metrics: fakeMetrics(api), log, tokens: () => TOKENS });
        servers.push(server);
        for (const url of ['/docs', '/docs/', '/docs/yaml', '/docs/static/swagger-ui.css']) {
          const page = await server.inject({ url, remoteAddress: AWAY });
          expect(page.statusCode).toBe(200);
          expect(page.headers['content-security-policy']).toContain("default-src 'none'");
        }
        return (await server.inject({ url: '/docs/json', remoteAddress: AWAY })).json();
      }),
    );
    expect(descriptions[0].components.securitySchemes.token.scheme).toBe('bearer');
    expect(descriptions[0]).toEqual(descriptions[1]);
  });

  it('says how to authenticate, and never logs or repeats a token', async () => {
    const logged: string[] = [];
    const server = serve(() => TOKENS, logged);
    const headers = { authorization: 'Bearer a-secret-of-mine' };
    const response = await server.inject({ ...READ, headers, remoteAddress: AWAY });
    expect(response.headers['www-authenticate']).toBe('Bearer realm="lark"');
    expect(response.body + logged.join('')).not.toContain('a-secret-of-mine');
  });

  it('are those of the moment: a reload gives and takes them', async () => {
    let tokens: TokensConfig | undefined = TOKENS;
    const server = serve(() => tokens);
    expect(await asked(server, READ, AWAY, 'Bearer reading')).toBe(200);
    tokens = { ...TOKENS, entries: [] };
    expect(await asked(server, READ, AWAY, 'Bearer reading')).toBe('401 HTTP_TOKEN_UNKNOWN');
    // A file that was not read knows nobody.
    tokens = { ...TOKENS, entries: undefined };
    expect(await asked(server, READ, AWAY, 'Bearer reading')).toBe('401 HTTP_TOKEN_UNKNOWN');
  });
});
