// /v1/rates: what users, groups or jobs send and get now.

import type { FastifyInstance } from 'fastify';
import type { LarkApi, RatesRequest } from './lark-api.ts';
import { routeDocs } from './route-docs.ts';

const MAX_ROWS = 1000;

export const RATES_DEFAULTS: RatesRequest = { by: 'user', sort: 'total', limit: 100 };

const docs = routeDocs({
  tag: 'jobs',
  summary: 'What users, accounting groups or jobs send and get now, the largest first',
  answers: { 200: ['Rates', 'Rates between the last two readings of the counters of their rules.'] },
  refusals: ['HTTP_QUERY_INVALID'],
});

export const ratesParameters = {
  by: { type: 'string', enum: ['user', 'group', 'job'] },
  sort: { type: 'string', enum: ['total', 'sent', 'received'] },
  limit: { type: 'integer', minimum: 1, maximum: MAX_ROWS },
} as const;

const querystring = { type: 'object', additionalProperties: false, properties: ratesParameters } as const;

export function registerRateRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get<{ Querystring: Partial<RatesRequest> }>('/v1/rates', { schema: { ...docs, querystring } }, ({ query }) =>
    api.rates({ ...RATES_DEFAULTS, ...query }),
  );
}
