// Problem documents (RFC 9457): the one form in which the HTTP API reports that it did not do what was asked. Whatever
// went wrong, in a route, in fastify or in Node's HTTP parser, becomes a ProblemError first, and only what a
// ProblemError says is told to the client: an unexpected exception shows neither its message nor its stack.

import type { ProblemView } from './lark-api.ts';
import { type ProblemCode, problemKind } from './problem-catalogue.ts';

/** The media type of a problem document (RFC 9457 §6.1). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** One wrong parameter, in the extension member `errors`. */
export interface ParameterError {
  readonly parameter: string;
  readonly detail: string;
}

export interface ProblemExtensions {
  readonly errors?: readonly ParameterError[];
  /** Of HTTP_NOT_READY: a sentence for each thing that is missing. */
  readonly reasons?: readonly string[];
  /** Of HTTP_POLICY_REFUSED: all that is wrong with the file. */
  readonly problems?: readonly ProblemView[];
}

/** RFC 9457 §3.1, with `code`, `remedy` and `requestId` as extension members. */
export interface ProblemDocument extends ProblemExtensions {
  /** `urn:lark:problem:` and the code in lower case with dashes. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The path that was asked for, without its query. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly requestId?: string;
}

/** What a route or the LarkApi throws to answer with a problem document. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly extensions: ProblemExtensions;
  readonly headers: Readonly<Record<string, string>>;

  /** `detail` is a sentence that says what was wrong this time and what was expected. */
  constructor(
    code: ProblemCode,
    detail: string,
    extensions: ProblemExtensions = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.extensions = extensions;
    this.headers = headers;
  }

  get statusCode(): number {
    return problemKind(this.code).status;
  }
}

export function problemType(code: ProblemCode): string {
  return `urn:lark:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

export function problemDocument(
  problem: ProblemError,
  request: { readonly url: string; readonly id?: string },
): ProblemDocument {
  const { status, title, remedy } = problemKind(problem.code);
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.message,
    instance: request.url.split('?', 1)[0] ?? '',
    code: problem.code,
    remedy,
    ...problem.extensions,
    ...(request.id === undefined ? {} : { requestId: request.id }),
  };
}
