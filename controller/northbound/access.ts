// Who may ask what of the HTTP API. Without tokens in the policy file everybody reads, and what changes something, or shows
// more than lists, is taken from Lark's own host alone. With tokens a request without one is answered on Lark's own host
// alone, and only reads; a token does what its scope says, from anywhere. Which token it was is told by its hash, and finding
// it takes the same time whichever it is.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ApiToken, TokensConfig } from '../config/config.ts';
import { isLoopback } from '../config/socket-address.ts';
import { ProblemError } from './problem.ts';

/** Asked for each request, so that a reload counts; undefined: the file has no tokens. */
export type Tokens = () => TokensConfig | undefined;
type Asking = Pick<FastifyRequest, 'ip' | 'headers'>;

/** RFC 6750 §2.1 */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const CHALLENGE = { 'www-authenticate': 'Bearer realm="lark"' };

export class AccessControl {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** For what shows lists and states. Throws a ProblemError. */
  read(request: Asking): void {
    const tokens = this.#tokens();
    if (tokens === undefined) return;
    if (request.headers.authorization === undefined && isLoopback(request.ip)) return;
    this.#identify(request, tokens);
  }

  /** For what changes what Lark does, costs as much, or shows the jobs' ads. Throws a ProblemError. */
  write(request: Asking): void {
    const tokens = this.#tokens();
    if (tokens === undefined) {
      if (isLoopback(request.ip)) return;
      throw new ProblemError(
        'HTTP_NOT_LOCAL',
        `This was asked from ${request.ip}, and is answered on Lark's own host alone.`,
      );
    }
    const { name, scope } = this.#identify(request, tokens);
    if (scope === 'write') return;
    throw new ProblemError(
      'HTTP_SCOPE_LACKING',
      `The token ${JSON.stringify(name)} may read, and this needs the scope write.`,
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
