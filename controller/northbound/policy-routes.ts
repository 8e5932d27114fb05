// /v1/policy, /v1/policy/reload, /v1/plan and /v1/state: which policy file is in force; put it in force as it is now, say what
// another one would do, and give out all that is needed to work that out elsewhere. All but the first are answered on Lark's
// own host alone. A plan takes the
// file's text; modules are never loaded for it.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { MAX_FILE_BYTES } from '../config/source-text.ts';
import type { LarkApi } from './lark-api.ts';
import { requireLocal } from './local-only.ts';
import { LONGEST_CONFIRMATION_MS } from './longest-confirmation.ts';
import { ProblemError } from './problem.ts';

/** A byte more is read, so that the check of the file can say that it is too long. */
const MAX_BODY_BYTES = MAX_FILE_BYTES + 1;

export const planQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { rules: { type: 'boolean' }, file: { type: 'string', minLength: 1, maxLength: 1024 } },
} as const;

export function registerPolicyRoutes(server: FastifyInstance, api: LarkApi): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(
    ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'],
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (_request, body, done) => done(null, body),
  );

  const onRequest = async (request: { readonly ip: string }) => requireLocal(request.ip);

  server.get('/v1/policy', () => api.status().policy);

  server.get('/v1/state', { onRequest }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(Readable.from(api.state())),
  );

  server.post('/v1/policy/reload', { onRequest, handlerTimeout: LONGEST_CONFIRMATION_MS }, () => api.reloadPolicy());

  server.post<{ Querystring: { rules?: boolean; file?: string }; Body: unknown }>(
    '/v1/plan',
    { onRequest, bodyLimit: MAX_BODY_BYTES, schema: { querystring: planQuerySchema } },
    async (request) => {
      const { body } = request;
      if (typeof body !== 'string') {
        throw new ProblemError('HTTP_MEDIA_TYPE', 'The body has to be the text of a policy file.');
      }
      const { rules = false, file = '(plan)' } = request.query;
      return api.planPolicy({ file, text: body, withRules: rules });
    },
  );
}
