// /v1/switches and what is below it, /v1/classes and /v1/explain: what the network looks like now, and why it treats a pair
// of addresses as it does; and /v1/switches/:dpid/forget, which is taken from the same host alone.

import type { FastifyInstance } from 'fastify';
import { canonicalAddress } from './job-routes.ts';
import type { LarkApi, RuleView } from './lark-api.ts';
import { requireLocal } from './local-only.ts';
import { pageOf, pageSchema, wantedPage } from './page.ts';
import { ProblemError } from './problem.ts';

const address = { type: 'string', minLength: 1, maxLength: 64 } as const;

export const explainQuerySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['src', 'dst'],
  properties: { src: address, dst: address, switch: { type: 'string', minLength: 1, maxLength: 64 } },
} as const;

const DEFAULT_RULES = 1000;
const MAX_RULES = 10_000;

export const rulesQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { table: { type: 'integer', minimum: 0, maximum: 254 }, ...pageSchema(MAX_RULES) },
} as const;

interface RulesQuery {
  readonly table?: number;
  readonly cursor?: string;
  readonly limit?: number;
}

export function registerNetworkRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get('/v1/switches', () => ({ switches: [...api.switches()].sort((a, b) => (a.dpid < b.dpid ? -1 : 1)) }));

  server.get<{ Params: { dpid: string } }>('/v1/switches/:dpid', (request) => {
    const dpid = normalDpid(request.params.dpid);
    const found = api.switches().find((candidate) => candidate.dpid === dpid);
    if (found === undefined) {
      throw new ProblemError('HTTP_SWITCH_NOT_FOUND', `No switch with the datapath id ${dpid} is connected.`);
    }
    return found;
  });

  server.get<{ Params: { dpid: string }; Querystring: RulesQuery }>(
    '/v1/switches/:dpid/rules',
    { schema: { querystring: rulesQuerySchema } },
    async ({ params, query }) => {
      const { cursor, limit = DEFAULT_RULES, table } = query;
      const wanted = wantedPage(cursor, limit);
      const all = await api.switchRules(normalDpid(params.dpid));
      const rules = table === undefined ? all : all.filter((rule) => rule.table === table);
      const { items, next, total } = pageOf(rules, ruleKey, wanted);
      return { rules: items, next, total };
    },
  );

  server.get<{ Params: { dpid: string } }>('/v1/switches/:dpid/queues', async ({ params }) => ({
    queues: await api.switchQueues(normalDpid(params.dpid)),
  }));

  server.get('/v1/classes', () => ({ classes: api.classes() }));

  server.post<{ Params: { dpid: string } }>('/v1/switches/:dpid/forget', (request) => {
    requireLocal(request.ip);
    return api.forgetSwitch(normalDpid(request.params.dpid));
  });

  server.get<{ Querystring: { src: string; dst: string; switch?: string } }>(
    '/v1/explain',
    { schema: { querystring: explainQuerySchema } },
    ({ query }) => api.explain(canonicalAddress('src', query.src), canonicalAddress('dst', query.dst), query.switch),
  );
}

/** The order in which rules match; and no switch has two of one table, priority and match. */
function ruleKey({ table, priority, match }: RuleView): string {
  return `${String(table).padStart(3, '0')} ${String(65_535 - priority).padStart(5, '0')} ${match}`;
}

/** `00:00:00:1a:a0:09:fb:c9`, `0000001AA009FBC9` and `0x1aa009fbc9` to 16 lower-case digits. */
function normalDpid(text: string): string {
  const digits = /^0x([0-9a-f]{1,16})$/i.exec(text)?.[1]?.padStart(16, '0') ?? text;
  const plain = /^([0-9a-f]{2}:){7}[0-9a-f]{2}$/i.test(digits) ? digits.replaceAll(':', '') : digits;
  if (!/^[0-9a-f]{16}$/i.test(plain)) {
    throw new ProblemError('HTTP_DPID_INVALID', `'${text}' is not a datapath id of 16 hexadecimal digits.`);
  }
  return plain.toLowerCase();
}
