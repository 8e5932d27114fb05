// Browsers send a page's simple POST anywhere, loopback included, and say in `Origin` whose page it was. So what changes
// something is not taken from the page of another site, nor from one whose name was made to point here: programs send no
// Origin, and a page of Lark's own was fetched from `localhost` or an address. Where a write needs a token, any name will do: a
// page whose name was made to point here has none.

import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ProblemError } from './problem.ts';

/**
 * Throws HTTP_CROSS_SITE where the request is the page's of another site.
 * @param needsToken the request will be refused without a token.
 */
export function requireSameOrigin(
  { origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>,
  needsToken: boolean,
): void {
  if (origin === undefined || isOwn(origin, host, needsToken)) return;
  throw new ProblemError('HTTP_CROSS_SITE', `This was asked by a page of ${JSON.stringify(origin)}, not by a program.`);
}

function isOwn(origin: string, host: string | undefined, needsToken: boolean): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  const isPlain = url.hostname === 'localhost' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0;
  return (isPlain || needsToken) && url.host === host;
}
