// Turns what fastify, its schema validation and Node's HTTP parser throw into ProblemErrors of our catalogue. Codes of
// theirs that are not told apart here, and everything else that was thrown, become HTTP_INTERNAL, whose detail is fixed.

import type { FastifySchemaValidationError } from 'fastify';
import { JobError } from '../jobs/admission.ts';
import { nearest } from './nearest.ts';
import { type ParameterError, ProblemError } from './problem.ts';
import type { HttpProblemCode, ProblemCode } from './problem-catalogue.ts';

const FASTIFY_CODES: Readonly<Record<string, readonly [HttpProblemCode, string]>> = {
  FST_ERR_BAD_URL: ['HTTP_REQUEST_MALFORMED', 'The path is not correctly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['HTTP_URI_TOO_LONG', 'A part of the path is longer than any name in Lark.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['HTTP_BODY_TOO_LARGE', 'The body is larger than the server takes.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['HTTP_REQUEST_MALFORMED', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['HTTP_REQUEST_MALFORMED', 'The request says that it has a JSON body, but it is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['HTTP_REQUEST_MALFORMED', 'The body is not JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['HTTP_MEDIA_TYPE', 'The body is of a media type that this resource does not take.'],
  FST_ERR_HANDLER_TIMEOUT: ['HTTP_TIMEOUT', 'Lark did not find the answer in time.'],
};

/** Codes of Node's HTTP parser and server, from the `clientError` event. */
const NODE_CODES: Readonly<Record<string, readonly [HttpProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HTTP_HEADERS_TOO_LARGE', 'The request line and headers are larger than the server takes.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['HTTP_REQUEST_TIMEOUT', 'The request did not arrive whole in time.'],
};

/** Of anything that was thrown while a request was answered. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof JobError) return new ProblemError(error.code, error.message);
  if (error instanceof Error) {
    const known = 'code' in error && typeof error.code === 'string' ? FASTIFY_CODES[error.code] : undefined;
    if (known !== undefined) return new ProblemError(...known);
    if ('validation' in error && Array.isArray(error.validation)) {
      const isBody = 'validationContext' in error && error.validationContext === 'body';
      return validationProblem(error.validation, isBody ? BODY : QUERY);
    }
  }
  return new ProblemError('HTTP_INTERNAL', 'Lark failed while it answered this request; nothing was changed.');
}

/** Of what Node's HTTP parser refused, before there was a request. */
export function parserProblem(code: string | undefined): ProblemError {
  const known = code === undefined ? undefined : NODE_CODES[code];
  return known === undefined
    ? new ProblemError('HTTP_REQUEST_MALFORMED', 'What was sent is not HTTP/1.1.')
    : new ProblemError(...known);
}

/** Where the parameters are that a schema found wrong. */
interface Place {
  readonly code: ProblemCode;
  /** What one of them is called. */
  readonly what: string;
}

const QUERY: Place = { code: 'HTTP_QUERY_INVALID', what: 'query parameter' };
const BODY: Place = { code: 'JOB_REQUEST_MALFORMED', what: 'field' };

function validationProblem(failures: readonly FastifySchemaValidationError[], place: Place): ProblemError {
  const errors = failures.map((failure) => parameterError(failure, place.what));
  return new ProblemError(place.code, errors.map((error) => error.detail).join(' '), { errors });
}

/** One failure of the schema as a sentence about the parameter. */
function parameterError(failure: FastifySchemaValidationError, what: string): ParameterError {
  const params = failure.params as Readonly<Record<string, unknown>>;
  if (failure.keyword === 'additionalProperties') {
    const parameter = String(params.additionalProperty);
    const known = knownParameters(failure);
    const hint = nearest(parameter, known);
    const list = known.length === 0 ? 'This resource takes none.' : `Known are ${known.join(', ')}.`;
    return {
      parameter,
      detail: `There is no ${what} '${parameter}'${hint === undefined ? '.' : `; did you mean '${hint}'?`} ${list}`,
    };
  }
  if (failure.keyword === 'required') {
    const parameter = String(params.missingProperty);
    return { parameter, detail: `The ${what} '${parameter}' is missing.` };
  }
  const parameter = failure.instancePath.slice(1).split('/')[0] ?? '';
  if (parameter === '') return { parameter, detail: `The body ${failure.message ?? 'is not valid'}.` };
  return { parameter, detail: `The ${what} '${parameter}' ${expectation(failure)}.` };
}

function expectation({ keyword, params, message }: FastifySchemaValidationError): string {
  const { allowedValues, limit } = params as { readonly allowedValues?: readonly unknown[]; readonly limit?: unknown };
  if (keyword === 'enum' && allowedValues !== undefined) return `has to be one of ${allowedValues.join(', ')}`;
  if (keyword === 'minLength' && limit === 1) return 'is empty';
  return message ?? 'is not valid';
}

/** Ajv's `verbose` mode (set in http-server.ts) gives the schema that the failure is about. */
function knownParameters(failure: FastifySchemaValidationError): readonly string[] {
  const parentSchema = (failure as { readonly parentSchema?: { readonly properties?: object } }).parentSchema;
  return Object.keys(parentSchema?.properties ?? {});
}
