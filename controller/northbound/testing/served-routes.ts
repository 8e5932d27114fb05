// What a server really serves, asked from the outside.

import type { FastifyInstance } from 'fastify';
import { DOCS_PATH } from '../openapi.ts';

/** `GET /v1/jobs/:key`, for each method of each path but the pages of the documentation and HEAD. */
export async function servedRoutes(server: FastifyInstance): Promise<readonly string[]> {
  await server.ready();
  const tree = server.printRoutes({ commonPrefix: false });
  const above: string[] = [];
  const paths = [...tree.matchAll(/^([│ ]*)[├└]── (\/\S*) \(\w+/gm)].map(([, indent = '', part]) => {
    const depth = indent.length / 4;
    above.splice(depth, Number.POSITIVE_INFINITY, part ?? '');
    return above.join('');
  });
  // What a path is served for is what its refusal of another method says.
  const served: string[] = [];
  for (const url of new Set(paths)) {
    if (url.startsWith(DOCS_PATH)) continue;
    const { headers } = await server.inject({ method: 'OPTIONS', url });
    const methods = String(headers.allow).split(', ');
    served.push(...methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${url}`));
  }
  return served.sort();
}
