// /v1/jobs and /v1/jobs/:key. Pages are cut by the last key seen, not by a position, so that a client which follows
// `next` sees every job that was there all along exactly once, whatever comes and goes meanwhile.

import type { FastifyInstance } from 'fastify';
import { formatIp, parseIp } from '../../protocols/packet/address.ts';
import type { JobView, LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';

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
    cursor: { type: 'string', minLength: 1, maxLength: 2048 },
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE },
  },
} as const;

export function registerJobRoutes(server: FastifyInstance, api: LarkApi): void {
  server.get<{ Querystring: JobsQuery }>('/v1/jobs', { schema: { querystring: jobsQuerySchema } }, (request) => {
    const { cursor, limit = DEFAULT_PAGE, ...filter } = request.query;
    return jobPage(
      api.jobs(),
      filter.address === undefined ? filter : { ...filter, address: canonicalAddress('address', filter.address) },
      { after: cursor === undefined ? undefined : decodeCursor(cursor), limit },
    );
  });

  server.get<{ Params: { key: string } }>('/v1/jobs/:key', (request) => {
    const job = api.job(request.params.key);
    if (job === undefined) {
      throw new ProblemError('HTTP_JOB_NOT_FOUND', `No job is registered under the key '${request.params.key}'.`);
    }
    return job;
  });
}

/** The jobs that match, in the order of their keys, from the first key beyond `after`. */
export function jobPage(
  jobs: readonly JobView[],
  filter: JobFilter,
  page: { readonly after: string | undefined; readonly limit: number },
): JobPage {
  const matching = jobs.filter((job) => matchesFilter(job, filter)).sort((a, b) => compare(a.key, b.key));
  const after = page.after;
  const rest = after === undefined ? matching : matching.filter((job) => compare(job.key, after) > 0);
  const shown = rest.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    jobs: shown,
    next: last === undefined || rest.length === shown.length ? null : encodeCursor(last.key),
    total: matching.length,
  };
}

function matchesFilter(job: JobView, filter: JobFilter): boolean {
  return (
    (filter.user === undefined || job.user === filter.user) &&
    (filter.group === undefined || isWithinGroup(job.accountingGroup, filter.group)) &&
    (filter.machine === undefined || job.machine.toLowerCase() === filter.machine.toLowerCase()) &&
    (filter.address === undefined || job.addresses.includes(filter.address))
  );
}

/** HTCondor's accounting groups nest by dots: `group_physics` covers `group_physics.cms`, but not `group_physics2`. */
function isWithinGroup(group: string | null, within: string): boolean {
  return group !== null && (group === within || group.startsWith(`${within}.`));
}

/** By UTF-16 code units: the same everywhere, whatever the locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (encodeCursor(key) !== cursor) {
    throw new ProblemError('HTTP_CURSOR_INVALID', 'The query parameter `cursor` is none that Lark gave out.');
  }
  return key;
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
