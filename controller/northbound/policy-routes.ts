// /v1/policy, /v1/policy/file, /v1/policy/reload, /v1/plan and /v1/state: which policy file is in force; put it in force as it is now, say what
// another one would do, and give out all that is needed to work that out elsewhere. All but the first need
// the right to write (access.ts). A plan takes the
// file's text; modules are never loaded for it.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { MAX_FILE_BYTES } from '../config/source-text.ts';
import type { LarkApi } from './lark-api.ts';
import { LONGEST_CONFIRMATION_MS } from './longest-confirmation.ts';
import { ProblemError } from './problem.ts';
import { routeDocs, WRITE_REFUSALS } from './route-docs.ts';

/** A byte more is read, so that the check of the file can say that it is too long. */
const MAX_BODY_BYTES = MAX_FILE_BYTES + 1;

const PLAN_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'] as const;

export const planQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { rules: { type: 'boolean' }, file: { type: 'string', minLength: 1, maxLength: 1024 } },
} as const;

const policyDocs = routeDocs({
  tag: 'policy',
  summary: 'The policy file in force',
  answers: { 200: ['Policy', 'What is in force.'] },
});
const fileDocs = routeDocs({
  tag: 'policy',
  summary: 'The text of the policy file in force, as it was read',
  answers: { 200: ['text', 'The file.'] },
  content: { 'application/yaml': { schema: { type: 'string' } } },
  refusals: [...WRITE_REFUSALS, 'HTTP_POLICY_NO_FILE'],
});
const stateDocs = routeDocs({
  tag: 'policy',
  summary: 'A file for lark plan --state; its form is for the same version of Lark',
  answers: { 200: ['state', 'The file.'] },
  content: { 'application/json': { schema: { type: 'object' } } },
  refusals: WRITE_REFUSALS,
});
const reloadDocs = routeDocs({
  tag: 'policy',
  summary: 'Reads the policy file anew and puts it in force; answers when the switches have confirmed',
  answers: { 200: ['Reload', 'It is in force.'] },
  refusals: [...WRITE_REFUSALS, 'HTTP_CROSS_SITE', 'HTTP_POLICY_NO_FILE', 'HTTP_POLICY_REFUSED'],
});
const planDocs = {
  ...routeDocs({
    tag: 'policy',
    summary: 'What a reload with another file would do; changes nothing',
    answers: { 200: ['PlannedReload', 'What it would do.'] },
    refusals: [
      'HTTP_QUERY_INVALID',
      ...WRITE_REFUSALS,
      'HTTP_CROSS_SITE',
      'HTTP_BODY_TOO_LARGE',
      'HTTP_MEDIA_TYPE',
      'HTTP_POLICY_REFUSED',
    ],
  }),
  body: {
    content: Object.fromEntries(
      PLAN_TYPES.map((type) => [type, { schema: { type: 'string', description: 'The text of a policy file' } }]),
    ),
  },
};

export function registerPolicyRoutes(server: FastifyInstance, api: LarkApi): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(
    [...PLAN_TYPES],
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (_request, body, done) => done(null, body),
  );

  const config = { needs: 'write' } as const;

  server.get('/v1/policy', { schema: policyDocs }, () => api.status().policy);

  server.get('/v1/policy/file', { config, schema: fileDocs }, (_request, reply) => {
    const text = api.policyText();
    if (text === undefined) {
      throw new ProblemError('HTTP_POLICY_NO_FILE', 'This Lark runs with the defaults, without a policy file.');
    }
    return reply.type('application/yaml; charset=utf-8').send(text);
  });

  server.get('/v1/state', { config, schema: stateDocs }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(Readable.from(api.state())),
  );

  server.post('/v1/policy/reload', { config, schema: reloadDocs, handlerTimeout: LONGEST_CONFIRMATION_MS }, () =>
    api.reloadPolicy(),
  );

  server.post<{ Querystring: { rules?: boolean; file?: string }; Body: unknown }>(
    '/v1/plan',
    { config, bodyLimit: MAX_BODY_BYTES, schema: { ...planDocs, querystring: planQuerySchema } },
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
