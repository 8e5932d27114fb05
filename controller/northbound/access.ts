// Who may ask what of the HTTP API. Without tokens in the policy file everybody reads, and what changes something, or shows
// more than lists, is taken from Lark's own host alone. With tokens a request without one is answered on Lark's own host
// alone, and only reads; a token does what its scope says, from anywhere: `jobs` is for worker nodes, which have no business
// with the policy, nor with what others' jobs are. Which token it was is told by its hash, and finding
// it takes the same time whichever it is.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ApiToken, TokenScope, TokensConfig } from '../config/config.ts';
import { isLoopback } from '../config/socket-address.ts';
import { ProblemError } from './problem.ts';

/** Asked for each request, so that a reload counts; undefined: the file has no tokens. */
export type Tokens = () => TokensConfig | undefined;
type Asking = Pick<FastifyRequest, 'ip' | 'headers'>;

/** RFC 6750 §2.1 */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const CHALLENGE = { 'www-authenticate': 'Bearer realm="lark"' };

/**
 * `read`: lists and states. `jobs`: to register, renew and end jobs. `write`: what changes what Lark does, costs as much, or shows
 * the jobs' ads.
 */
export type Need = TokenScope;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a route needs; `read` if left out. */
    readonly needs?: Need;
  }
}

export class AccessControl {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Throws a ProblemError. */
  check(need: Need, request: Asking): void {
    const tokens = this.#tokens();
    if (tokens === undefined) {
      if (need === 'read' || isLoopback(request.ip)) return;
      throw new ProblemError(
        'HTTP_NOT_LOCAL',
        `This was asked from ${request.ip}, and is answered on Lark's own host alone.`,
      );
    }
    if (need === 'read' && request.headers.authorization === undefined && isLoopback(request.ip)) return;
    const { name, scope } = this.#identify(request, tokens);
    if (scope === need || scope === 'write') return;
    throw new ProblemError(
      'HTTP_SCOPE_LACKING',
      `The token ${JSON.stringify(name)} has the scope ${scope}, and this needs ${need === 'write' ? need : `${need} or write`}.`,
    );
  }

  #identify({ headers: { authorization } }: Asking, { entries = [] }: TokensConfig): ApiToken {
    if (authorization === undefined) {
      throw new ProblemError('HTTP_TOKEN_MISSING', 'This needs a token, and the request has none.', {}, CHALLENGE);
    }
    const token = BEARER.exec(authorization)?.[1];
    const found = token === undefined ? undefined : tokenOf(token, entries);
    if (found !== undefined) return found;
    throw new ProblemError('HTTP_TOKEN_UNKNOWN', 'The token of the request is none that Lark knows.', {}, CHALLENGE);
  }
}

function tokenOf(token: string, entries: readonly ApiToken[]): ApiToken | undefined {
  const sha256 = createHash('sha256').update(token).digest();
  let found: ApiToken | undefined;
  for (const entry of entries) {
    if (timingSafeEqual(sha256, entry.sha256)) found = entry;
  }
  return found;
}
