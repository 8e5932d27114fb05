// /dashboard/: a page for people, as files that are read once at the start. There is nothing in them that Lark knows, so they need no
// token: the page asks the API for all that it shows, with the token that it is given. Its Content-Security-Policy lets nothing in
// from elsewhere and runs no script but these files; what jobs are called can only ever be text.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ProblemError } from './problem.ts';

export const DASHBOARD_PATH = '/dashboard/';
/** Of the routes below, all of which everybody may ask. */
export const DASHBOARD_ROUTES = ['/', '/dashboard', DASHBOARD_PATH, '/dashboard/:file'] as const;

const INDEX = 'index.html';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

export function registerDashboard(server: FastifyInstance): void {
  const files = pageFiles();
  const send = (reply: FastifyReply, name: string) => {
    const file = files.get(name);
    if (file === undefined) {
      throw new ProblemError('HTTP_ROUTE_NOT_FOUND', `There is nothing at ${DASHBOARD_PATH}${name}.`);
    }
    return reply
      .type(file.type)
      .headers({ 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' })
      .send(file.body);
  };
  const schema = { hide: true };
  // Relative, so that they hold behind a proxy that serves Lark below a path of its own.
  server.get('/', { schema }, (_request, reply) => reply.redirect('dashboard/'));
  server.get('/dashboard', { schema }, (_request, reply) => reply.redirect('dashboard/'));
  server.get(DASHBOARD_PATH, { schema }, (_request, reply) => send(reply, INDEX));
  server.get<{ Params: { file: string } }>('/dashboard/:file', { schema }, ({ params }, reply) =>
    send(reply, params.file),
  );
}

/** By the name under which the page asks for them: its own, and the parts that it uses of two packages. */
function pageFiles(): ReadonlyMap<string, PageFile> {
  const own = fileURLToPath(new URL('dashboard/page/', import.meta.url));
  const packages = createRequire(import.meta.url);
  const chart = dirname(packages.resolve('uplot'));
  const places = new Map([
    ...readdirSync(own).map((name): [string, string] => [name, join(own, name)]),
    ['uplot.js', join(chart, 'uPlot.esm.js')],
    ['uplot.css', join(chart, 'uPlot.min.css')],
    ['eventsource-parser.js', join(dirname(packages.resolve('eventsource-parser')), 'index.js')],
  ]);
  const files = new Map<string, PageFile>();
  for (const [name, place] of places) {
    const type = TYPES[extname(name)];
    if (type !== undefined) files.set(name, { type, body: readFileSync(place) });
  }
  return files;
}
