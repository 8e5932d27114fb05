// Every problem that the HTTP API can answer with, by its stable code: the status, the title that never varies, and
// what a client should do about it; those of refused job requests have the codes of the job feed. docs/errors.md lists the
// same codes, and a test holds the two against each other.
// A code, once published, keeps its meaning; the `detail` of a problem is for people and may change.

import type { JobErrorCode } from '../jobs/admission.ts';
import { JOB_ERRORS } from '../jobs/job-errors.ts';

export interface ProblemKind {
  /** The HTTP status code (RFC 9110 §15). */
  readonly status: number;
  /** RFC 9457 §3.1.3: the same for every occurrence of the code. */
  readonly title: string;
  readonly remedy: string;
}

export const HTTP_PROBLEMS = {
  HTTP_ROUTE_NOT_FOUND: {
    status: 404,
    title: 'No such resource',
    remedy: 'Compare the path with those of docs/http-api.md.',
  },
  HTTP_METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    remedy: 'Use one of the methods that the Allow header lists.',
  },
  HTTP_QUERY_INVALID: {
    status: 400,
    title: 'Invalid query parameter',
    remedy: 'Correct the parameters that `errors` lists.',
  },
  HTTP_CURSOR_INVALID: {
    status: 400,
    title: 'Invalid cursor',
    remedy: 'Take the cursor from `next` of the page before, unchanged; or leave it out to start anew.',
  },
  HTTP_ADDRESS_INVALID: {
    status: 400,
    title: 'Invalid IP address',
    remedy: 'Give an IPv4 address in four decimal parts, or an IPv6 address without a zone index.',
  },
  HTTP_ADDRESSES_DIFFER: {
    status: 400,
    title: 'Addresses of different IP versions',
    remedy: 'Give two IPv4 or two IPv6 addresses: no packet has one of each.',
  },
  HTTP_DPID_INVALID: {
    status: 400,
    title: 'Invalid datapath id',
    remedy: 'Give 16 hexadecimal digits, with or without colons between the octets.',
  },
  HTTP_SWITCH_NOT_FOUND: {
    status: 404,
    title: 'No such switch',
    remedy: 'Compare with /v1/switches: only switches that are connected now are listed.',
  },
  HTTP_PORT_NOT_FOUND: {
    status: 404,
    title: 'No such port',
    remedy: 'Compare with the ports of the switch in /v1/switches.',
  },
  HTTP_SWITCH_CONNECTED: {
    status: 409,
    title: 'The switch is connected',
    remedy:
      'Forget only a switch that will not come back: one that is connected is mended, and frees what it held by that.',
  },
  HTTP_SWITCH_SILENT: {
    status: 503,
    title: 'The switch did not answer',
    remedy: 'Try again; if it goes on, see the load of the switch and `lark_of_errors_total`.',
  },
  HTTP_NOT_LOCAL: {
    status: 403,
    title: 'Taken from this host alone',
    remedy: 'Ask over the loopback address of the host that Lark runs on.',
  },
  HTTP_CROSS_SITE: {
    status: 403,
    title: 'Asked by a page of another site',
    remedy:
      'Use a program, which sends no `Origin`; or a page that Lark itself serves at an IP address or `localhost`, or with `http.tokens` at any name.',
  },
  HTTP_TOKEN_MISSING: {
    status: 401,
    title: 'A token is needed',
    remedy: 'Send `Authorization: Bearer TOKEN`, with `lark --token-file FILE` or LARK_TOKEN; `lark token` makes one.',
  },
  HTTP_TOKEN_UNKNOWN: {
    status: 401,
    title: 'The token is not known',
    remedy: 'Compare with `http.tokens` in the policy file: the list has the hash of each token that is taken.',
  },
  HTTP_SCOPE_LACKING: {
    status: 403,
    title: 'The token may not do this',
    remedy: 'Use a token of the scope that the message names.',
  },
  HTTP_POLICY_REFUSED: {
    status: 422,
    title: 'The policy file cannot be used',
    remedy: 'Correct what `problems` lists; `lark check FILE` says the same.',
  },
  HTTP_POLICY_NO_FILE: {
    status: 409,
    title: 'There is no policy file',
    remedy: 'Start Lark with one: `lark run FILE`.',
  },
  HTTP_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported media type',
    remedy:
      'Send a policy file as `application/yaml` or `text/plain`, a job as JSON, form or `text/plain`; all in UTF-8.',
  },
  HTTP_STORE_FAILED: {
    status: 503,
    title: 'The job store cannot be written to',
    remedy: 'Make room on the disk of `store.path`, or see why it cannot be written to; then ask again.',
  },
  HTTP_JOB_NOT_FOUND: {
    status: 404,
    title: 'No such job',
    remedy: 'Take the key from /v1/jobs and encode it for a URL; or find the job with ?address= or ?user=.',
  },
  HTTP_REQUEST_MALFORMED: {
    status: 400,
    title: 'Malformed request',
    remedy: 'Send well-formed HTTP/1.1 with a correctly percent-encoded URL.',
  },
  HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: 'Request timed out',
    remedy: 'Send the whole request at once.',
  },
  HTTP_BODY_TOO_LARGE: {
    status: 413,
    title: 'Request body too large',
    remedy:
      'Only /v1/plan takes a body, of up to 1 MiB, and POST /v1/jobs and /v1/addresses, of up to 2 MiB; leave others out.',
  },
  HTTP_URI_TOO_LONG: {
    status: 414,
    title: 'URL too long',
    remedy: 'Shorten the path and the query; the job list can be narrowed by other filters.',
  },
  HTTP_HEADERS_TOO_LARGE: {
    status: 431,
    title: 'Request headers too large',
    remedy: 'Send fewer or shorter headers and cookies.',
  },
  HTTP_TOO_MANY_REQUESTS: {
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait as long as Retry-After says; ask less often, or for more at a time.',
  },
  HTTP_TOO_MANY_STREAMS: {
    status: 503,
    title: 'Too many clients listen to events or rates',
    remedy: 'Close some of the streams of /v1/events or /v1/rates/events, or let one program listen for the others.',
  },
  HTTP_INTERNAL: {
    status: 500,
    title: 'Internal error',
    remedy: 'This is a fault in Lark: find the line with the same `requestId` in its log, and report it.',
  },
  HTTP_NOT_READY: {
    status: 503,
    title: 'Not ready',
    remedy: 'See `reasons`; each says what is missing.',
  },
  HTTP_TIMEOUT: {
    status: 503,
    title: 'No answer in time',
    remedy: 'Try again; if it goes on, see /readyz and the log for a switch that does not answer.',
  },
} as const satisfies Record<string, ProblemKind>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

/** The status of a refused job request. */
const JOB_STATUS: Readonly<Record<JobErrorCode, number>> = {
  JOB_AD_MALFORMED: 422,
  JOB_AD_TOO_LONG: 413,
  JOB_AD_INCOMPLETE: 422,
  JOB_ADDRESS_MISSING: 422,
  JOB_ADDRESS_INVALID: 422,
  JOB_ADDRESS_HELD: 409,
  JOB_ADDRESS_HELD_BACK: 409,
  JOB_ADDRESS_LEASED: 409,
  JOB_ADDRESS_NO_POOL: 409,
  JOB_ADDRESS_NONE_FREE: 503,
  JOB_ADDRESS_NOT_LEASED: 404,
  JOB_ADDRESS_IN_USE: 409,
  JOB_MAC_HELD: 409,
  JOB_NAT_UNENFORCEABLE: 422,
  JOB_UNLOCATED: 422,
  JOB_SWITCH_AWAY: 503,
  JOB_NOT_CONFIRMED: 503,
  JOB_NOT_FOUND: 404,
  JOB_NOT_YOURS: 403,
  JOB_SENDER_REFUSED: 403,
  JOB_CLAIM_REFUSED: 403,
  JOB_REQUEST_MALFORMED: 400,
  JOB_FEED_BUSY: 503,
  JOB_TOO_MANY_CLASSES: 503,
  JOB_STORE_FAILED: 503,
};

/** Every code of a problem document. */
export type ProblemCode = HttpProblemCode | JobErrorCode;

export function problemKind(code: ProblemCode): ProblemKind {
  if (!isJobCode(code)) return HTTP_PROBLEMS[code];
  const { meaning, remedy } = JOB_ERRORS[code];
  return { status: JOB_STATUS[code], title: meaning.replace(/\.$/, ''), remedy };
}

function isJobCode(code: ProblemCode): code is JobErrorCode {
  return Object.hasOwn(JOB_STATUS, code);
}
