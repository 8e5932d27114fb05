// What the OpenAPI document says of a route beside its parameters: what it is for, what it answers, and with which codes it may
// refuse. Answers go out as the handlers make them, whatever the schemas say: tests hold the two against each other.

import { type ProblemCode, problemKind } from './problem-catalogue.ts';
import { ref, type Schema } from './schemas/schema.ts';

export interface RouteDocs {
  readonly tag: 'jobs' | 'network' | 'policy' | 'service';
  readonly summary: string;
  /** By status: the name of the answer's schema, and when it is given. */
  readonly answers: Readonly<Record<number, readonly [schema: string, when: string]>>;
  /** Where the answers are not JSON with a schema of ours. */
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly refusals?: readonly ProblemCode[];
}

/** Of every route that needs the right to write (access.ts); what needs the right to read may be refused by the first two. */
export const WRITE_REFUSALS = [
  'HTTP_TOKEN_MISSING',
  'HTTP_TOKEN_UNKNOWN',
  'HTTP_SCOPE_LACKING',
  'HTTP_NOT_LOCAL',
] as const satisfies readonly ProblemCode[];

const PROBLEM = { 'application/problem+json': { schema: ref('Problem') } } as const;

/** As `schema` of a fastify route. */
export function routeDocs({ tag, summary, answers, content, refusals = [] }: RouteDocs) {
  const response: Record<string, object> = {};
  for (const [status, [name, description]] of Object.entries(answers)) {
    response[status] = { description, content: content ?? { 'application/json': { schema: ref(name) } } };
  }
  for (const code of refusals) {
    const { status, title } = problemKind(code);
    const line = `\`${code}\`: ${title}.`;
    const others = (response[status] as { readonly description?: string } | undefined)?.description;
    response[status] = { description: others === undefined ? line : `${others} ${line}`, content: PROBLEM };
  }
  response.default = { description: 'What may go wrong with any request: see docs/errors.md.', content: PROBLEM };
  return { tags: [tag], summary, response };
}

export const keyParams = {
  type: 'object',
  required: ['key'],
  properties: { key: { type: 'string', description: "The job's key, percent-encoded" } },
} as const;

export const dpidParams = {
  type: 'object',
  required: ['dpid'],
  properties: {
    dpid: {
      type: 'string',
      description: 'Datapath id: `0000001aa009fbc9`, `00:00:00:1a:a0:09:fb:c9` or `0x1aa009fbc9`',
    },
  },
} as const;
