// /v1/jobs, /v1/jobs/:key and /v1/jobs/:key/rules: who is registered, and how the switches carry it out.

import type { FastifyInstance } from 'fastify';
import { formatIp, parseIp } from '../../protocols/packet/address.ts';
import type { JobView, LarkApi } from './lark-api.ts';
import { pageOf, pageSchema, type WantedPage, wantedPage } from './page.ts';
import { ProblemError } from './problem.ts';
import { keyParams, routeDocs } from './route-docs.ts';

export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1000;

export interface JobFilter {
  readonly user?: string;
  /** An accounting group; it covers its subgroups, as in the policy file. */
  readonly group?: string;
  /** A worker node's name, in any case. */
  readonly machine?: string;
  /** An address in the text form of `formatIp`. */
  readonly address?: string;
  /** A name or datapath id, with or without colons. */
  readonly switch?: string;
  readonly state?: JobView['enforcement'];
}

export interface JobPage {
  readonly jobs: readonly JobView[];
  /** To be given as `cursor` for the next page; null on the last one. */
  readonly next: string | null;
  /** How many jobs the filter matches on all pages together. */
  readonly total: number;
}

interface JobsQuery extends JobFilter {
  readonly cursor?: string;
  readonly limit?: number;
}

const name = { type: 'string', minLength: 1, maxLength: 1024 } as const;

export const jobsQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    user: name,
    group: name,
    machine: name,
    address: { type: 'string', minLength: 1, maxLength: 64 },
    switch: name,
    state: { type: 'string', enum: ['port', 'by-address', 'unenforced', 'waiting'] },
    ...pageSchema(MAX_PAGE),
  },
} as const;

const listDocs = routeDocs({
  tag: 'jobs',
  summary: 'The registered jobs, in the order of their keys',
  answers: { 200: ['JobPage', 'Those that match, a page of them.'] },
  refusals: ['HTTP_QUERY_INVALID', 'HTTP_CURSOR_INVALID', 'HTTP_ADDRESS_INVALID'],
});
const jobDocs = routeDocs({
  tag: 'jobs',
  summary: 'One job',
  answers: { 200: ['Job', 'The job.'] },
  refusals: ['HTTP_JOB_NOT_FOUND'],
});
const rulesDocs = routeDocs({
  tag: 'jobs',
  summary: 'The rules that are about one job, and what they counted, as the switches tell them now',
  answers: { 200: ['JobRules', 'The rules.'] },
  refusals: ['HTTP_JOB_NOT_FOUND'],
});

export function registerJobRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get<{ Querystring: JobsQuery }>(
    '/v1/jobs',
    { schema: { ...listDocs, querystring: jobsQuerySchema } },
    (request) => {
      const { cursor, limit = DEFAULT_PAGE, ...filter } = request.query;
      return jobPage(
        api.jobs(),
        filter.address === undefined ? filter : { ...filter, address: canonicalAddress('address', filter.address) },
        wantedPage(cursor, limit),
      );
    },
  );

  server.get<{ Params: { key: string } }>('/v1/jobs/:key', { schema: { ...jobDocs, params: keyParams } }, (request) => {
    const job = api.job(request.params.key);
    if (job === undefined) throw noSuchJob(request.params.key);
    return job;
  });

  server.get<{ Params: { key: string } }>(
    '/v1/jobs/:key/rules',
    { schema: { ...rulesDocs, params: keyParams } },
    async (request) => {
      const rules = await api.jobRules(request.params.key);
      if (rules === undefined) throw noSuchJob(request.params.key);
      return rules;
    },
  );
}

function noSuchJob(key: string): ProblemError {
  return new ProblemError('HTTP_JOB_NOT_FOUND', `No job is registered under the key '${key}'.`);
}

/** The jobs that match, in the order of their keys, from the first key beyond `after`. */
export function jobPage(jobs: readonly JobView[], filter: JobFilter, wanted: WantedPage): JobPage {
  const matching = jobs.filter((job) => matchesFilter(job, filter));
  const { items, next, total } = pageOf(matching, ({ key }) => key, wanted);
  return { jobs: items, next, total };
}

function matchesFilter(job: JobView, filter: JobFilter): boolean {
  return (
    (filter.user === undefined || job.user === filter.user) &&
    (filter.group === undefined || isWithinGroup(job.accountingGroup, filter.group)) &&
    (filter.machine === undefined || job.machine.toLowerCase() === filter.machine.toLowerCase()) &&
    (filter.address === undefined || job.addresses.includes(filter.address)) &&
    (filter.switch === undefined || isAt(job.location, filter.switch)) &&
    (filter.state === undefined || job.enforcement === filter.state)
  );
}

function isAt(location: JobView['location'], wanted: string): boolean {
  return (
    location !== null && (location.switch === wanted || location.dpid === wanted.replaceAll(':', '').toLowerCase())
  );
}

/** HTCondor's accounting groups nest by dots: `group_physics` covers `group_physics.cms`, but not `group_physics2`. */
function isWithinGroup(group: string | null, within: string): boolean {
  return group !== null && (group === within || group.startsWith(`${within}.`));
}

/** `2001:DB8::0` and `2001:db8::` are one address: compare it in the form that the views have. */
export function canonicalAddress(parameter: string, text: string): string {
  const address = parseIp(text);
  if (address === undefined) {
    const detail = `The query parameter '${parameter}' is not an IP address: '${text}'.`;
    throw new ProblemError('HTTP_ADDRESS_INVALID', detail, { errors: [{ parameter, detail }] });
  }
  return formatIp(address);
}
