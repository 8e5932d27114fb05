// What a server really serves, asked from the outside.

import type { FastifyInstance } from 'fastify';
import { DASHBOARD_ROUTES } from '../dashboard-routes.ts';
import { DOCS_PATH } from '../openapi.ts';

/** Every path that there is, with one of its methods. */
export async function servedPaths(server: FastifyInstance): Promise<readonly { method: string; url: string }[]> {
  await server.ready();
  const tree = server.printRoutes({ commonPrefix: false });
  const above: string[] = [];
  return [...tree.matchAll(/^([│ ]*)[├└]── (\S+) \((.+)\)/gm)].map(([, indent = '', part = '', methods = '']) => {
    above.splice(indent.length / 4, Number.POSITIVE_INFINITY, part);
    // An answer to HEAD has no body to tell by what it is.
    return { method: methods.split(', ').find((method) => method !== 'HEAD') ?? '', url: above.join('') };
  });
}

/** `GET /v1/jobs/:key`, for each method of each path but the pages for people and HEAD. */
export async function servedRoutes(server: FastifyInstance): Promise<readonly string[]> {
  // What a path is served for is what its refusal of another method says.
  const served: string[] = [];
  const pages: readonly string[] = DASHBOARD_ROUTES;
  for (const url of new Set((await servedPaths(server)).map((each) => each.url))) {
    if (url.startsWith(DOCS_PATH) || pages.includes(url)) continue;
    const { headers } = await server.inject({ method: 'OPTIONS', url });
    const methods = String(headers.allow).split(', ');
    served.push(...methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${url}`));
  }
  return served.sort();
}
