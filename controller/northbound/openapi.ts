// The OpenAPI document of the API, made from the routes' own schemas, and a page at /docs to read and try it. Both are open to
// everybody: there is nothing in them that Lark knows, and a browser has no token to show before there is a page that takes one. The
// page needs nothing from elsewhere, and its Content-Security-Policy lets nothing in.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { EXAMPLES } from './schemas/examples.ts';
import { jobSchemas } from './schemas/jobs.ts';
import { networkSchemas } from './schemas/network.ts';
import { policySchemas } from './schemas/policy.ts';
import type { Schema } from './schemas/schema.ts';
import { serviceSchemas } from './schemas/service.ts';

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...jobSchemas,
  ...networkSchemas,
  ...policySchemas,
  ...serviceSchemas,
};

export const DOCS_PATH = '/docs';

/** The page's own library makes styles and pictures as it goes. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** @param url of a route. */
export function isDocumentation(url: string): boolean {
  return url === DOCS_PATH || url.startsWith(`${DOCS_PATH}/`);
}

/** To be called before the routes are registered. @param version of Lark. */
export function documentRoutes(server: FastifyInstance, version: string): void {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const example = EXAMPLES[name];
    server.addSchema({ $id: name, ...schema, ...(example !== undefined && { examples: [example] }) });
  }
  // An answer is what its handler made: the schemas are for readers, and drop or change nothing.
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  void server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Lark',
        version,
        description:
          'An OpenFlow controller that knows HTCondor jobs: who is registered, and what the network does for them.',
      },
      tags: [
        { name: 'jobs', description: 'Who is registered' },
        { name: 'network', description: 'Switches, rules, classes, and why packets fare as they do' },
        { name: 'policy', description: 'The policy file' },
        { name: 'service', description: 'Lark itself' },
      ],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'Where the policy file has `http.tokens`; made by `lark token`',
          },
        },
      },
      // The second: without tokens, and what everybody may.
      security: [{ token: [] }, {}],
    },
    refResolver: {
      buildLocalReference: (json, _uri, _fragment, i) => (json.$id as string | undefined) ?? `schema${i}`,
    },
  });
}

/** To be called when the routes are. */
export async function serveDocumentation(server: FastifyInstance): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    uiConfig: { validatorUrl: null },
    staticCSP: POLICY,
  });
}
