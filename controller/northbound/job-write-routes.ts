// POST /v1/jobs, POST /v1/jobs/:key/renew and DELETE /v1/jobs/:key: the job feed's `register`, `renew` and `remove` for
// clients that speak HTTP, with the feed's promises: an answer means that it is done, and a refusal has changed nothing. A
// client that goes away without its answer still gets its change carried through.

import type { FastifyInstance, FastifyReply } from 'fastify';
import { LONGEST_LEASE_SEC } from '../jobs/feed/json-lines.ts';
import { MACHINE_FIELDS, type MachineFields } from '../jobs/machine-fields.ts';
import { mergedOnce, parseFormBody, parseJsonBody } from './job-bodies.ts';
import type { JobView, LarkApi } from './lark-api.ts';
import { LONGEST_CONFIRMATION_MS } from './longest-confirmation.ts';
import { keyParams, routeDocs, WRITE_REFUSALS } from './route-docs.ts';

/** Two ads. */
export const JOB_BODY_LIMIT = 2 * 1024 * 1024;

/** A name or address: nothing in it that a line or a terminal would act on. */
export const field = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
} as const;
export const leaseSec = { type: 'number', exclusiveMinimum: 0, maximum: LONGEST_LEASE_SEC } as const;
const fields = Object.fromEntries(Object.keys(MACHINE_FIELDS).map((name) => [name, field]));

export const registerQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { ...fields, leaseSec },
} as const;

const ad = { type: 'string', minLength: 1 } as const;
export const registerBodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['jobAd'],
  properties: { jobAd: ad, machineAd: ad, ...fields, leaseSec },
} as const;

export const renewQuerySchema = { type: 'object', additionalProperties: false, properties: { leaseSec } } as const;

type Fields = MachineFields & { readonly leaseSec?: number };
type Body = string | (Fields & { readonly jobAd: string; readonly machineAd?: string });

const registerDocs = routeDocs({
  tag: 'jobs',
  summary: 'Registers a job; answers when the switches have confirmed its rules',
  answers: {
    200: ['Job', 'It is admitted: it may start. Its URL is in `Location`.'],
    202: ['Job', 'Registered, but not admitted before its switch has connected.'],
  },
  refusals: [
    ...(['JOB_REQUEST_MALFORMED', 'HTTP_QUERY_INVALID', 'HTTP_CROSS_SITE'] as const),
    ...WRITE_REFUSALS,
    ...(['JOB_SENDER_REFUSED', 'JOB_CLAIM_REFUSED', 'JOB_NOT_YOURS'] as const),
    ...(['JOB_ADDRESS_HELD', 'JOB_ADDRESS_HELD_BACK', 'JOB_MAC_HELD'] as const),
    ...(['JOB_AD_TOO_LONG', 'HTTP_BODY_TOO_LARGE', 'HTTP_MEDIA_TYPE'] as const),
    ...(['JOB_AD_MALFORMED', 'JOB_AD_INCOMPLETE', 'JOB_ADDRESS_MISSING', 'JOB_ADDRESS_INVALID'] as const),
    ...(['JOB_NAT_UNENFORCEABLE', 'JOB_UNLOCATED'] as const),
    ...(['JOB_SWITCH_AWAY', 'JOB_NOT_CONFIRMED', 'JOB_TOO_MANY_CLASSES', 'JOB_FEED_BUSY', 'JOB_STORE_FAILED'] as const),
  ],
});
const renewDocs = routeDocs({
  tag: 'jobs',
  summary: "Begins a job's lease anew",
  answers: {
    200: ['Job', 'It has its lease.'],
    202: ['Job', 'It has its lease, and is not admitted before its switch has connected.'],
  },
  refusals: [
    ...(['JOB_REQUEST_MALFORMED', 'HTTP_CROSS_SITE'] as const),
    ...WRITE_REFUSALS,
    ...(['JOB_SENDER_REFUSED', 'JOB_NOT_YOURS', 'JOB_NOT_FOUND', 'JOB_STORE_FAILED'] as const),
  ],
});
const removeDocs = routeDocs({
  tag: 'jobs',
  summary: 'Ends a registration; answers when its rules are gone from the switches',
  answers: {
    200: ['RemovedJob', 'They are gone.'],
    202: ['RemovedJob', 'Switches could not say so: its addresses are held back for them.'],
  },
  refusals: [
    ...WRITE_REFUSALS,
    ...(['HTTP_CROSS_SITE', 'JOB_SENDER_REFUSED', 'JOB_NOT_YOURS', 'JOB_NOT_FOUND', 'JOB_STORE_FAILED'] as const),
  ],
});

/** To be called in a scope of its own: it takes bodies that other routes do not. */
export function registerJobWriteRoutes(server: FastifyInstance, api: LarkApi): void {
  takeBodies(server);
  const common = { config: { needs: 'jobs' }, handlerTimeout: LONGEST_CONFIRMATION_MS } as const;

  server.post<{ Querystring: Fields; Body: Body }>(
    '/v1/jobs',
    {
      ...common,
      bodyLimit: JOB_BODY_LIMIT,
      schema: {
        ...registerDocs,
        querystring: registerQuerySchema,
        body: jobBody(registerBodySchema),
      },
    },
    async (request, reply) => {
      const body = typeof request.body === 'string' ? { jobAd: request.body } : request.body;
      const { jobAd, machineAd, leaseSec, ...machine } = mergedOnce(body, request.query);
      const registration = {
        jobAd,
        fields: machine,
        ...(machineAd !== undefined && { machineAd }),
        ...(leaseSec !== undefined && { leaseSec }),
      };
      const job = await api.registerJob(registration, request.ip);
      return admitted(reply.header('location', `/v1/jobs/${encodeURIComponent(job.key)}`), job);
    },
  );

  server.post<{ Params: { key: string }; Querystring: { leaseSec?: number } }>(
    '/v1/jobs/:key/renew',
    { ...common, schema: { ...renewDocs, params: keyParams, querystring: renewQuerySchema } },
    async (request, reply) =>
      admitted(reply, await api.renewJob(request.params.key, request.query.leaseSec, request.ip)),
  );

  server.delete<{ Params: { key: string } }>(
    '/v1/jobs/:key',
    { ...common, schema: { ...removeDocs, params: keyParams } },
    async (request, reply) => {
      const removed = await api.removeJob(request.params.key, request.ip);
      return reply.code(removed.pendingSwitches.length === 0 ? 200 : 202).send(removed);
    },
  );
}

/** 202: registered, but not admitted before its switch has connected. */
function admitted(reply: FastifyReply, job: JobView): FastifyReply {
  return reply.code(job.enforcement === 'waiting' ? 202 : 200).send(job);
}

/** The forms that a body may have (job-bodies.ts), of which the first two have these fields. */
export function jobBody(schema: object) {
  return {
    content: {
      'application/json': { schema },
      'application/x-www-form-urlencoded': { schema },
      'text/plain': { schema: ad },
    },
  };
}

function takeBodies(server: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: JOB_BODY_LIMIT } as const;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', options, async (_request: unknown, body: string) =>
    parseJsonBody(body),
  );
  server.addContentTypeParser('application/x-www-form-urlencoded', options, async (_request: unknown, body: string) =>
    parseFormBody(body),
  );
  server.addContentTypeParser('text/plain', options, async (_request: unknown, body: string) => body);
}
