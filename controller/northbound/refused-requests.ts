// HTTP requests that were answered with a problem: each is counted by its code. Those refused for who asks, or for how much, are
// told of in the log, so many a minute; of the others, such as a job that is not there, only a log at debug level says more.

import type { Counters } from '../telemetry/counters.ts';
import { MinuteLimit } from '../telemetry/minute-limit.ts';
import type { ProblemError } from './problem.ts';
import type { ProblemCode } from './problem-catalogue.ts';

/** A late request is told of as its connection's refusal, a job's by the feed's log of requests. */
const TOLD: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'HTTP_NOT_LOCAL',
  'HTTP_CROSS_SITE',
  'HTTP_TOKEN_MISSING',
  'HTTP_TOKEN_UNKNOWN',
  'HTTP_SCOPE_LACKING',
  'HTTP_TOO_MANY_REQUESTS',
  'HTTP_TOO_MANY_STREAMS',
  'HTTP_REQUEST_MALFORMED',
  'HTTP_BODY_TOO_LARGE',
  'HTTP_URI_TOO_LONG',
  'HTTP_HEADERS_TOO_LARGE',
]);
const WARNINGS_PER_MINUTE = 60;
/** Parts of the request may be in it. */
const LONGEST_TEXT = 300;

/** As far as there was one: of bytes that are not HTTP only the peer is known. */
export interface RefusedRequest {
  readonly peer: string | undefined;
  readonly method?: string;
  /** Its query is left out. */
  readonly url?: string;
  readonly requestId?: string;
}

export interface RefusedRequestsParts {
  readonly counters: Pick<Counters, 'httpProblems'>;
  readonly log: { debug(fields: object, event: string): void; warn(fields: object, event: string): void };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export class RefusedRequests {
  readonly #parts: RefusedRequestsParts;
  readonly #limit: MinuteLimit;

  constructor(parts: RefusedRequestsParts) {
    this.#parts = parts;
    const tellLost = (suppressed: number) => parts.log.warn({ suppressed }, 'http.warnings_suppressed');
    this.#limit = new MinuteLimit(WARNINGS_PER_MINUTE, tellLost);
  }

  add({ code, message }: ProblemError, { peer = 'unknown', method, url, requestId }: RefusedRequest): void {
    const { counters, log, now = Date.now } = this.#parts;
    counters.httpProblems.add([code]);
    const path = url?.split('?', 1)[0]?.slice(0, LONGEST_TEXT);
    const fields = { peer, method, path, code, message: message.slice(0, LONGEST_TEXT), requestId };
    if (TOLD.has(code) && this.#limit.take(now())) log.warn(fields, 'http.refused');
    else log.debug(fields, 'http.refused');
  }
}
