// /healthz says that the process answers at all (restart it if not); /readyz says whether it can do its work (do not
// send it work if not). They are apart so that a Lark without switches is reported, but not restarted. /v1/status says how
// it is, for people and scripts.

import type { FastifyInstance } from 'fastify';
import type { LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';
import { routeDocs } from './route-docs.ts';

export function registerHealthRoutes(server: FastifyInstance, api: LarkApi): void {
  const health = routeDocs({
    tag: 'service',
    summary: 'Whether the process answers at all',
    answers: { 200: ['Health', 'It does.'] },
  });
  server.get('/healthz', { schema: health }, () => ({ status: 'ok' }));

  const ready = routeDocs({
    tag: 'service',
    summary: 'Whether Lark can do its work',
    answers: { 200: ['Ready', 'It can.'] },
    refusals: ['HTTP_NOT_READY'],
  });
  server.get('/readyz', { schema: ready }, () => {
    const { ready, reasons } = api.readiness();
    if (!ready) throw new ProblemError('HTTP_NOT_READY', `Lark is not ready: ${reasons.join('; ')}`, { reasons });
    return { status: 'ready' };
  });

  const status = routeDocs({
    tag: 'service',
    summary: 'How Lark is, for people and scripts',
    answers: { 200: ['Status', 'How it is.'] },
  });
  server.get('/v1/status', { schema: status }, () => api.status());
}
