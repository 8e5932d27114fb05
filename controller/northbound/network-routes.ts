// /v1/switches and what is below it, /v1/classes and /v1/explain: what the network looks like now, and why it treats a pair
// of addresses as it does; and /v1/switches/:dpid/forget, which needs the right to write.

import { isIPv4 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { canonicalAddress } from './job-routes.ts';
import type { LarkApi, RuleView } from './lark-api.ts';
import { pageOf, pageSchema, wantedPage } from './page.ts';
import { ProblemError } from './problem.ts';
import { dpidParams, routeDocs, WRITE_REFUSALS } from './route-docs.ts';

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

const switchesDocs = routeDocs({
  tag: 'network',
  summary: 'The switches that are connected now, in the order of their datapath ids',
  answers: { 200: ['Switches', 'All of them.'] },
});
const switchDocs = routeDocs({
  tag: 'network',
  summary: 'One switch',
  answers: { 200: ['Switch', 'The switch.'] },
  refusals: ['HTTP_DPID_INVALID', 'HTTP_SWITCH_NOT_FOUND'],
});
const rulesDocs = routeDocs({
  tag: 'network',
  summary: 'The rules that a switch has, as it tells them now, each with the policy behind it',
  answers: { 200: ['RulePage', 'A page of them, in the order in which they match.'] },
  refusals: [
    'HTTP_DPID_INVALID',
    'HTTP_QUERY_INVALID',
    'HTTP_CURSOR_INVALID',
    'HTTP_SWITCH_NOT_FOUND',
    'HTTP_SWITCH_SILENT',
  ],
});
const queuesDocs = routeDocs({
  tag: 'network',
  summary: "What went out through each queue of a switch's ports, as it counts now",
  answers: { 200: ['Queues', 'All of them.'] },
  refusals: ['HTTP_DPID_INVALID', 'HTTP_SWITCH_NOT_FOUND', 'HTTP_SWITCH_SILENT'],
});
const portQueuesDocs = routeDocs({
  tag: 'network',
  summary: 'Which queues a port has, as the switch tells now',
  answers: { 200: ['PortQueues', 'Their ids.'] },
  refusals: ['HTTP_DPID_INVALID', 'HTTP_SWITCH_NOT_FOUND', 'HTTP_PORT_NOT_FOUND'],
});
const portParams = {
  ...dpidParams,
  required: ['dpid', 'port'],
  properties: {
    ...dpidParams.properties,
    port: { type: 'string', minLength: 1, maxLength: 64, description: 'Its name or OpenFlow number' },
  },
} as const;
const classesDocs = routeDocs({
  tag: 'network',
  summary: 'The endpoint classes that there are, and who is in them',
  answers: { 200: ['Classes', 'All of them, by number.'] },
});
const forgetDocs = routeDocs({
  tag: 'network',
  summary: 'Says that a switch which is away will not come back with old rules',
  answers: { 200: ['ForgottenSwitch', 'What was held back for it is free.'] },
  refusals: [
    ...WRITE_REFUSALS,
    ...(['HTTP_DPID_INVALID', 'HTTP_CROSS_SITE', 'HTTP_SWITCH_CONNECTED', 'HTTP_STORE_FAILED'] as const),
  ],
});
const explainDocs = routeDocs({
  tag: 'network',
  summary: 'What happens to packets from one address to another, and why',
  answers: { 200: ['Explanation', 'The verdict, and the rules that carry it out.'] },
  refusals: ['HTTP_QUERY_INVALID', 'HTTP_ADDRESS_INVALID', 'HTTP_ADDRESSES_DIFFER', 'HTTP_SWITCH_NOT_FOUND'],
});

export function registerNetworkRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get('/v1/switches', { schema: switchesDocs }, () => ({
    switches: [...api.switches()].sort((a, b) => (a.dpid < b.dpid ? -1 : 1)),
  }));

  server.get<{ Params: { dpid: string } }>(
    '/v1/switches/:dpid',
    { schema: { ...switchDocs, params: dpidParams } },
    (request) => {
      const dpid = normalDpid(request.params.dpid);
      const found = api.switches().find((candidate) => candidate.dpid === dpid);
      if (found === undefined) {
        throw new ProblemError('HTTP_SWITCH_NOT_FOUND', `No switch with the datapath id ${dpid} is connected.`);
      }
      return found;
    },
  );

  server.get<{ Params: { dpid: string }; Querystring: RulesQuery }>(
    '/v1/switches/:dpid/rules',
    { schema: { ...rulesDocs, params: dpidParams, querystring: rulesQuerySchema } },
    async ({ params, query }) => {
      const { cursor, limit = DEFAULT_RULES, table } = query;
      const wanted = wantedPage(cursor, limit);
      const all = await api.switchRules(normalDpid(params.dpid));
      const rules = table === undefined ? all : all.filter((rule) => rule.table === table);
      const { items, next, total } = pageOf(rules, ruleKey, wanted);
      return { rules: items, next, total };
    },
  );

  server.get<{ Params: { dpid: string } }>(
    '/v1/switches/:dpid/queues',
    { schema: { ...queuesDocs, params: dpidParams } },
    async ({ params }) => ({
      queues: await api.switchQueues(normalDpid(params.dpid)),
    }),
  );

  server.get<{ Params: { dpid: string; port: string } }>(
    '/v1/switches/:dpid/ports/:port/queues',
    { schema: { ...portQueuesDocs, params: portParams } },
    ({ params }) => api.portQueues(normalDpid(params.dpid), params.port),
  );

  server.get('/v1/classes', { schema: classesDocs }, () => ({ classes: api.classes() }));

  server.post<{ Params: { dpid: string } }>(
    '/v1/switches/:dpid/forget',
    { config: { needs: 'write' }, schema: { ...forgetDocs, params: dpidParams } },
    ({ params }) => api.forgetSwitch(normalDpid(params.dpid)),
  );

  server.get<{ Querystring: { src: string; dst: string; switch?: string } }>(
    '/v1/explain',
    { schema: { ...explainDocs, querystring: explainQuerySchema } },
    ({ query }) => {
      const [source, destination] = [canonicalAddress('src', query.src), canonicalAddress('dst', query.dst)];
      if (isIPv4(source) !== isIPv4(destination)) {
        throw new ProblemError('HTTP_ADDRESSES_DIFFER', `No packet goes from ${source} to ${destination}.`);
      }
      return api.explain(source, destination, query.switch);
    },
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
