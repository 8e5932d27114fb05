// Holds answers against what an OpenAPI 3.1 document says that they are.

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { OpenapiDocument } from '../api-reference.ts';

export type AnswerValidator = (method: string, path: string, status: number, body: unknown) => readonly string[];

/** What is wrong with an answer; `path` as the document has it. Throws where the document has no such answer. */
export function answerValidator(document: OpenapiDocument): AnswerValidator {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'document');
  return (method, path, status, body) => {
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses;
    const key = responses?.[status] !== undefined ? String(status) : status >= 400 ? 'default' : undefined;
    const content = key === undefined ? undefined : responses?.[key]?.content;
    const type = Object.keys(content ?? {})[0];
    if (key === undefined || type === undefined) throw new Error(`${method} ${path} answers no ${status}`);
    const part = [path, method.toLowerCase(), 'responses', key, 'content', type, 'schema'];
    const pointer = ['paths', ...part].map((each) =>
      encodeURIComponent(each.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    ajv.validate({ $ref: `document#/${pointer.join('/')}` }, body);
    return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
