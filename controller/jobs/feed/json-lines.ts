// The modern dialect: one JSON object a line in each direction. A request is { "id", "op", … }; its answer has the same id
// and either "result" or "error": { "code", "message" }. Requests on one connection run side by side and are answered as
// they finish, which the ids keep apart.

import { z } from 'zod';
import { formatIp, formatMac, parseIp } from '../../../protocols/packet/address.ts';
import { type Admitted, JobError } from '../admission.ts';
import type { Answer } from './classic.ts';
import type { JobDesk, Peer } from './job-desk.ts';
import { memberTexts } from './json-members.ts';

export type JsonVerb = 'register' | 'renew' | 'remove' | 'get' | 'list' | 'unknown';

/** Seconds: thirty days. */
export const LONGEST_LEASE_SEC = 30 * 24 * 3600;
const LARGEST_PAGE = 1000;

const id = z.union([z.string().max(256), z.number()]);
const key = z.string().max(4096);
const leaseSec = z.number().positive().max(LONGEST_LEASE_SEC).optional();
/** An ad as text in any syntax, or as a JSON object (HTCondor's `-json`). */
const ad = z.union([z.string(), z.record(z.string(), z.unknown())]);

const requestSchema = z.discriminatedUnion('op', [
  z.strictObject({ id, op: z.literal('register'), jobAd: ad, machineAd: ad, leaseSec }),
  z.strictObject({ id, op: z.literal('renew'), key, leaseSec }),
  z.strictObject({ id, op: z.literal('remove'), key }),
  z.strictObject({ id, op: z.literal('get'), key: key.optional(), address: z.string().max(64).optional() }),
  z.strictObject({
    id,
    op: z.literal('list'),
    limit: z.int().min(1).max(LARGEST_PAGE).optional(),
    after: z.int().min(0).optional(),
  }),
]);

export type JsonRequest = z.infer<typeof requestSchema>;
export type RequestId = string | number | null;

/** What a client is shown of a job. */
export interface JobDocument {
  readonly key: string;
  readonly globalJobId: string;
  readonly start: string;
  readonly machine: string;
  readonly slot: string;
  readonly user: string;
  readonly accountingGroup: string | null;
  readonly addresses: readonly string[];
  readonly mac: string | null;
  readonly enforcement: Admitted['enforcement'];
  /** ISO 8601 */
  readonly leaseEndsAt: string | null;
}

export function jobDocument({ job, enforcement, leaseEndsAt }: Admitted): JobDocument {
  return {
    key: job.key,
    ...job.registration,
    user: job.user,
    accountingGroup: job.accountingGroup ?? null,
    addresses: job.addresses.map(formatIp),
    mac: job.mac === undefined ? null : formatMac(job.mac),
    enforcement,
    leaseEndsAt: leaseEndsAt === undefined ? null : new Date(leaseEndsAt).toISOString(),
  };
}

/** Carries out one line (text without its newline) and says how it went. Rejects only if Lark itself is at fault. */
export async function answerJsonLine(
  line: string,
  desk: JobDesk,
  peer: Peer,
): Promise<Answer & { readonly verb: JsonVerb }> {
  let id: RequestId = null;
  let verb: JsonVerb = 'unknown';
  try {
    const parsed = parseLine(line);
    id = idOf(parsed);
    const request = checkRequest(parsed);
    verb = request.op;
    desk.gate.listen(peer);
    const { result, outcome } = await carryOut(request, line, desk, peer);
    return { verb, line: `${JSON.stringify({ id, result })}\n`, outcome };
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    return { verb, ...jsonRefusal(id, error) };
  }
}

export function jsonRefusal(id: RequestId, { code, message }: JobError): Answer {
  return { line: `${JSON.stringify({ id, error: { code, message } })}\n`, outcome: code };
}

async function carryOut(
  request: JsonRequest,
  line: string,
  desk: JobDesk,
  peer: Peer,
): Promise<{ readonly result: object; readonly outcome: 'ok' | 'pending' | 'waiting' }> {
  switch (request.op) {
    case 'register': {
      const admitted = await desk.register(...adTexts(request, line), desk.leaseMsOf(request.leaseSec), peer);
      return { result: { job: jobDocument(admitted) }, outcome: admitted.enforcement === 'waiting' ? 'waiting' : 'ok' };
    }
    case 'renew':
      return ok({ job: jobDocument(await desk.renew(request.key, request.leaseSec, peer)) });
    case 'remove': {
      const { pendingSwitches } = await desk.remove(request.key, peer);
      return { result: { pendingSwitches }, outcome: pendingSwitches.length === 0 ? 'ok' : 'pending' };
    }
    case 'get': {
      const admitted = find(request, desk);
      const { job: jobAd, machine: machineAd } = admitted.job.ads;
      return ok({ job: jobDocument(admitted), jobAd, machineAd });
    }
    case 'list': {
      const { jobs, next } = desk.admission.page(request.after ?? 0, request.limit ?? LARGEST_PAGE);
      return ok({ jobs: jobs.map(jobDocument), next: next ?? null });
    }
  }
}

function ok(result: object): { readonly result: object; readonly outcome: 'ok' } {
  return { result, outcome: 'ok' };
}

function find(request: Extract<JsonRequest, { op: 'get' }>, desk: JobDesk): Admitted {
  if ((request.key === undefined) === (request.address === undefined)) throw malformed('give either key or address');
  if (request.key !== undefined) {
    const admitted = desk.admission.byKey(request.key);
    if (admitted === undefined) throw new JobError('JOB_NOT_FOUND', 'No job is registered under this key.');
    return admitted;
  }
  const address = parseIp(request.address ?? '');
  if (address === undefined) throw malformed('address is no IPv4 or IPv6 address');
  const admitted = desk.admission.byAddress(address);
  if (admitted === undefined)
    throw new JobError('JOB_NOT_FOUND', `No job is registered with the address ${formatIp(address)}.`);
  return admitted;
}

/** The two ads of a register as text, those given as JSON objects as they were written. */
function adTexts({ jobAd, machineAd }: Extract<JsonRequest, { op: 'register' }>, line: string): [string, string] {
  if (typeof jobAd === 'string' && typeof machineAd === 'string') return [jobAd, machineAd];
  const texts = memberTexts(line);
  const textOf = (name: 'jobAd' | 'machineAd', value: unknown) =>
    typeof value === 'string' ? value : (texts.get(name) ?? '');
  return [textOf('jobAd', jobAd), textOf('machineAd', machineAd)];
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw malformed('the line is no JSON');
  }
}

/** The id of a request that may be malformed otherwise, so that its refusal can be told from others. */
function idOf(parsed: unknown): RequestId {
  if (typeof parsed !== 'object' || parsed === null || !('id' in parsed)) return null;
  const checked = id.safeParse(parsed.id);
  return checked.success ? checked.data : null;
}

function checkRequest(parsed: unknown): JsonRequest {
  const checked = requestSchema.safeParse(parsed);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw malformed(`${place}${issue?.message ?? 'not understood'}`);
}

function malformed(problem: string): JobError {
  return new JobError(
    'JOB_REQUEST_MALFORMED',
    `${problem}. Expected one JSON object a line: { "id", "op": register, renew, remove, get or list, and what the op needs }.`,
  );
}
