// /v1/addresses: addresses that Lark leases to jobs which are yet to be registered, for whoever sets up a job's network. The
// same clients may ask as for jobs, with the same bodies, and are refused with the same codes.

import type { FastifyInstance } from 'fastify';
import { mergedOnce } from './job-bodies.ts';
import { field, JOB_BODY_LIMIT, jobBody, leaseSec } from './job-write-routes.ts';
import type { LarkApi } from './lark-api.ts';
import { keyParams, routeDocs, WRITE_REFUSALS } from './route-docs.ts';

const fields = { machine: field, slot: field } as const;

export const leaseQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { ...fields, leaseSec },
} as const;

const ad = { type: 'string', minLength: 1 } as const;
export const leaseBodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['jobAd'],
  properties: { jobAd: ad, machineAd: ad, ...fields, leaseSec },
} as const;

interface Fields {
  readonly machine?: string;
  readonly slot?: string;
  readonly leaseSec?: number;
}
type Body = string | (Fields & { readonly jobAd: string; readonly machineAd?: string });

const listDocs = routeDocs({
  tag: 'jobs',
  summary: 'The leased addresses, and the pools that they come from',
  answers: { 200: ['AddressLeases', 'All of them.'] },
});
const leaseDocs = routeDocs({
  tag: 'jobs',
  summary: 'Leases addresses to a job that is to be registered; asked again, the same ones',
  answers: { 200: ['AddressLease', 'They are its own until the lease ends, or the job does.'] },
  refusals: [
    ...(['JOB_REQUEST_MALFORMED', 'HTTP_QUERY_INVALID', 'HTTP_CROSS_SITE'] as const),
    ...WRITE_REFUSALS,
    ...(['JOB_SENDER_REFUSED', 'JOB_CLAIM_REFUSED', 'JOB_NOT_YOURS'] as const),
    ...(['JOB_ADDRESS_NO_POOL', 'JOB_ADDRESS_NONE_FREE'] as const),
    ...(['JOB_AD_TOO_LONG', 'HTTP_BODY_TOO_LARGE', 'HTTP_MEDIA_TYPE'] as const),
    ...(['JOB_AD_MALFORMED', 'JOB_AD_INCOMPLETE', 'JOB_STORE_FAILED'] as const),
  ],
});
const releaseDocs = routeDocs({
  tag: 'jobs',
  summary: 'Ends a lease whose job is not registered',
  answers: { 200: ['ReleasedLease', 'Its addresses are free.'] },
  refusals: [
    ...WRITE_REFUSALS,
    ...(['HTTP_CROSS_SITE', 'JOB_SENDER_REFUSED', 'JOB_NOT_YOURS'] as const),
    ...(['JOB_ADDRESS_NOT_LEASED', 'JOB_ADDRESS_IN_USE', 'JOB_STORE_FAILED'] as const),
  ],
});

export function registerAddressRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get('/v1/addresses', { schema: listDocs }, () => api.addressLeases());
}

/** To be called in a scope that takes the bodies of job requests. */
export function registerAddressWriteRoutes(server: FastifyInstance, api: LarkApi): void {
  const config = { needs: 'jobs' } as const;

  server.post<{ Querystring: Fields; Body: Body }>(
    '/v1/addresses',
    {
      config,
      bodyLimit: JOB_BODY_LIMIT,
      schema: { ...leaseDocs, querystring: leaseQuerySchema, body: jobBody(leaseBodySchema) },
    },
    async (request) => {
      const body = typeof request.body === 'string' ? { jobAd: request.body } : request.body;
      const { jobAd, machineAd, leaseSec, ...machine } = mergedOnce(body, request.query);
      const asked = {
        jobAd,
        fields: machine,
        ...(machineAd !== undefined && { machineAd }),
        ...(leaseSec !== undefined && { leaseSec }),
      };
      return api.leaseAddress(asked, request.ip);
    },
  );

  server.delete<{ Params: { key: string } }>(
    '/v1/addresses/:key',
    { config, schema: { ...releaseDocs, params: keyParams } },
    async (request) => api.releaseAddress(request.params.key, request.ip),
  );
}
