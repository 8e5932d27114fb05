import { readdirSync, readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tokens } from './access.ts';
import { buildHttpServer } from './http-server.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

const PAGE = new URL('dashboard/page/', import.meta.url);

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

function serve(tokens: Tokens = () => undefined): FastifyInstance {
  server = buildHttpServer({ api: fakeLark(), metrics: fakeMetrics(), log: pino({ enabled: false }), tokens });
  return server;
}

describe('the dashboard', () => {
  it('is where people look first, behind a proxy too', async () => {
    for (const url of ['/', '/dashboard']) {
      const { statusCode, headers } = await serve().inject(url);
      expect([url, statusCode, headers.location]).toEqual([url, 302, 'dashboard/']);
      await server?.close();
    }
    const { statusCode, headers } = await serve().inject('/dashboard/');
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('serves every file that a file of the page asks for, and with its type', async () => {
    const wanted = new Set<string>();
    for (const name of readdirSync(PAGE)) {
      const text = readFileSync(new URL(name, PAGE), 'utf8');
      if (name.endsWith('.html')) for (const [, file] of text.matchAll(/(?:src|href)="([\w.-]+)"/g)) wanted.add(file!);
      if (name.endsWith('.js'))
        for (const [, file] of text.matchAll(/^import .*from '\.\/(.+)';$/gm)) wanted.add(file!);
    }
    expect([...wanted]).toEqual(expect.arrayContaining(['main.js', 'uplot.js', 'eventsource-parser.js', 'style.css']));
    const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
    const served = serve();
    for (const file of wanted) {
      const { statusCode, headers } = await served.inject(`/dashboard/${file}`);
      expect([file, statusCode]).toEqual([file, 200]);
      expect(headers['content-type']).toContain(types[file.split('.').at(-1)!]);
    }
  });

  it('runs nothing but its own files, and may not be framed', async () => {
    const { headers } = await serve().inject('/dashboard/');
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|http:|https:|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('makes no element from text', () => {
    for (const name of readdirSync(PAGE)) {
      const text = readFileSync(new URL(name, PAGE), 'utf8');
      expect([name, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\bstyle="|\son\w+="/.exec(text)]).toEqual([
        name,
        null,
      ]);
    }
  });

  it('needs no token, while what it asks for does', async () => {
    const served = serve(() => ({ path: 'tokens', entries: [], digest: undefined }));
    const remoteAddress = '192.0.2.7';
    for (const [url, status] of [
      ['/', 302],
      ['/dashboard/', 200],
      ['/dashboard/main.js', 200],
      ['/v1/status', 401],
      ['/v1/rates/events', 401],
    ] as const) {
      expect([url, (await served.inject({ url, remoteAddress })).statusCode]).toEqual([url, status]);
    }
  });

  it.each(['nothing.js', '..%2fpackage.json', '%2e%2e/http-server.ts', 'tsconfig.json', 'uplot.d.ts'])(
    'has no %s',
    async (file) => {
      const response = await serve().inject(`/dashboard/${file}`);
      expect([response.statusCode, response.json().code]).toEqual([404, 'HTTP_ROUTE_NOT_FOUND']);
    },
  );

  it('answers other methods with what there is', async () => {
    const { statusCode, headers } = await serve().inject({ method: 'POST', url: '/dashboard/' });
    expect([statusCode, headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});
