// /healthz says that the process answers at all (restart it if not); /readyz says whether it can do its work (do not
// send it work if not). They are apart so that a Lark without switches is reported, but not restarted. /v1/status says how
// it is, for people and scripts.

import type { FastifyInstance } from 'fastify';
import type { LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';

export function registerHealthRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get('/healthz', () => ({ status: 'ok' }));

  server.get('/readyz', () => {
    const { ready, reasons } = api.readiness();
    if (!ready) throw new ProblemError('HTTP_NOT_READY', `Lark is not ready: ${reasons.join('; ')}`, { reasons });
    return { status: 'ready' };
  });

  server.get('/v1/status', () => api.status());
}
