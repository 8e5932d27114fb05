// /v1/rates/events: the rates of /v1/rates again and again, as server-sent events (WHATWG HTML §9.2). A client that does not take
// one is not sent the next, and loses its connection after half a minute; nothing is read of the switches for it meanwhile.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { LarkApi, RatesRequest, RatesView } from './lark-api.ts';
import { RATES_DEFAULTS, ratesParameters } from './rate-routes.ts';
import { routeDocs } from './route-docs.ts';
import { STREAM_HEADERS } from './stream-headers.ts';
import { StreamPlaces } from './stream-places.ts';

const MAX_IDLE_MS = 30_000;
const DEFAULT_INTERVAL_SEC = 2;
/** Proxies close what is silent for longer. */
const MAX_INTERVAL_SEC = 15;

const docs = routeDocs({
  tag: 'jobs',
  summary: 'The rates of /v1/rates every few seconds, as server-sent events',
  answers: {
    200: ['text', 'A stream of events `rates`, each with what /v1/rates answers, that does not end by itself.'],
  },
  content: { 'text/event-stream': { schema: { type: 'string' } } },
  refusals: ['HTTP_QUERY_INVALID', 'HTTP_TOO_MANY_STREAMS'],
});

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...ratesParameters,
    interval: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_INTERVAL_SEC,
      description: `Seconds from one to the next (default: ${DEFAULT_INTERVAL_SEC})`,
    },
  },
} as const;

interface StreamRequest {
  readonly Querystring: Partial<RatesRequest> & { readonly interval?: number };
}

export function registerRateStream(server: FastifyInstance, api: LarkApi): void {
  const streams = new Set<ServerResponse>();
  const places = new StreamPlaces('rates');
  // Else a server that closes would wait for them for ever.
  server.addHook('preClose', async () => {
    for (const response of streams) response.destroy();
  });
  server.get<StreamRequest>(
    '/v1/rates/events',
    { exposeHeadRoute: false, schema: { ...docs, querystring } },
    async ({ ip, query }, reply) => {
      const { interval = DEFAULT_INTERVAL_SEC, ...wanted } = query;
      const read = () => api.rates({ ...RATES_DEFAULTS, ...wanted });
      const leave = places.take(ip);
      // What cannot be read at all is a plain refusal.
      const first = await read().catch((error: unknown) => {
        leave();
        throw error;
      });
      reply.hijack();
      const response = reply.raw;
      // Gone while the switches were read.
      if (response.destroyed) {
        leave();
        return;
      }
      streams.add(response);
      response.once('close', () => {
        streams.delete(response);
        leave();
      });
      void stream(response, first, read, interval * 1000);
    },
  );
}

/** Until the client or the server ends it; ends it itself where the client takes nothing, or the rates cannot be read. */
async function stream(
  response: ServerResponse,
  first: RatesView,
  read: () => Promise<RatesView>,
  intervalMs: number,
): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.on('error', () => response.destroy());
  const { signal } = closed;
  try {
    response.writeHead(200, STREAM_HEADERS);
    for (let rates = first; ; rates = await read()) {
      signal.throwIfAborted();
      if (!response.write(`event: rates\ndata: ${JSON.stringify(rates)}\n\n`)) {
        await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_IDLE_MS)]) });
      }
      await delay(intervalMs, undefined, { signal });
    }
  } catch {
    // A client that wants to go on comes back, and is told why where that fails.
    response.destroy();
  }
}
