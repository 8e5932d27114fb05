// /v1/policy/reload, /v1/plan and /v1/state: put the policy file in force as it is now, say what another one would do, and
// give out all that is needed to work that out elsewhere. All need the right to write (access.ts). A plan takes the
// file's text; modules are never loaded for it.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MAX_FILE_BYTES } from '../config/source-text.ts';
import type { AccessControl } from './access.ts';
import type { LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';

/** A byte more is read, so that the check of the file can say that it is too long. */
const MAX_BODY_BYTES = MAX_FILE_BYTES + 1;

/** The longest `confirmTimeout` and `settle` that a file may ask for, twice: another reload may be under way. */
const RELOAD_TIMEOUT_MS = 2 * 6 * 60_000;

export const planQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { rules: { type: 'boolean' }, file: { type: 'string', minLength: 1, maxLength: 1024 } },
} as const;

export function registerPolicyRoutes(server: FastifyInstance, api: LarkApi, access: AccessControl): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(
    ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'],
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (_request, body, done) => done(null, body),
  );

  const onRequest = async (request: FastifyRequest) => access.write(request);

  server.get('/v1/state', { onRequest }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(Readable.from(api.state())),
  );

  server.post('/v1/policy/reload', { onRequest, handlerTimeout: RELOAD_TIMEOUT_MS }, () => api.reloadPolicy());

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
