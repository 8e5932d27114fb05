// Reads a running Lark over its HTTP API, for the commands that show one. Every way in which there is no answer becomes
// a CliError that says what was tried and what to do.

import type { ProblemView } from '../northbound/lark-api.ts';
import type { ProblemDocument } from '../northbound/problem.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { printable } from './terminal.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8080';
/** Longer than Lark itself gives a request. */
const TIMEOUT_MS = 20_000;
/** For what may be hundreds of megabytes. */
const LONG_TIMEOUT_MS = 300_000;

const ABSENT: readonly string[] = ['HTTP_JOB_NOT_FOUND', 'HTTP_SWITCH_NOT_FOUND', 'HTTP_PORT_NOT_FOUND'];

export interface ClientOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly token?: string | undefined;
}

/** The URL to ask: `--url`, else LARK_URL, else the default. */
export function clientUrl(option: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const [text, source] = option !== undefined ? [option, '--url'] : [env.LARK_URL || DEFAULT_URL, 'LARK_URL'];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CliError(ExitCode.USAGE, `${source} is '${text}', but must be a URL such as ${DEFAULT_URL}.`);
  }
  return text.replace(/\/+$/, '');
}

/**
 * GETs a resource as JSON. `undefined` for a job, switch or port that is not there. A problem with the request itself ends as USAGE, everything else that is
 * not an answer as UNREACHABLE.
 */
export async function getJson<T>(
  options: ClientOptions,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
  signal?: AbortSignal,
): Promise<T | undefined> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = new URLSearchParams(given).toString();
  const ending = signal && { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) };
  const response = await ask(options, `${options.url}${path}${search === '' ? '' : `?${search}`}`, 'GET', ending);
  if (response.ok) return (await readJson(options, response)) as T;
  const problem = await problemIn(options, response);
  if (ABSENT.includes(problem.code)) return undefined;
  throw refused(response, problem);
}

/** GETs a resource as it is; a refusal is a CliError with what it says. */
export async function getText(options: ClientOptions, path: string): Promise<string> {
  const response = await ask(options, `${options.url}${path}`, 'GET', { timeoutMs: LONG_TIMEOUT_MS });
  if (response.ok) return response.text();
  throw new CliError(ExitCode.NO, sentenceOf(await problemIn(options, response)));
}

export interface PostOptions {
  /** The text of a policy file. */
  readonly text?: string;
  /** Or what is sent as JSON. */
  readonly json?: unknown;
  /** For what may take long, in milliseconds. */
  readonly timeoutMs?: number;
}

interface AskOptions extends PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a time-out. */
  readonly signal?: AbortSignal;
}

/**
 * GETs what does not end by itself; a refusal is a CliError with what it says: USAGE where asking again is no use.
 * @param signal ends it; only the beginning of the answer has a time-out.
 */
export async function getStream(
  options: ClientOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(timeoutError()), TIMEOUT_MS);
  try {
    const both = AbortSignal.any([late.signal, signal]);
    const response = await ask(options, `${options.url}${path}`, 'GET', { headers, signal: both });
    if (response.ok) return response;
    throw refused(response, await problemIn(options, response));
  } finally {
    clearTimeout(timer);
  }
}

function timeoutError(): DOMException {
  return new DOMException('The answer is late.', 'TimeoutError');
}

/** POSTs to a resource and takes its answer as JSON; a refusal is a CliError with what it says. */
export async function postJson<T>(options: ClientOptions, path: string, post: PostOptions = {}): Promise<T> {
  return changed(options, await ask(options, `${options.url}${path}`, 'POST', post));
}

/** DELETEs a resource, likewise. */
export async function deleteJson<T>(options: ClientOptions, path: string): Promise<T> {
  return changed(options, await ask(options, `${options.url}${path}`, 'DELETE'));
}

async function changed<T>(options: ClientOptions, response: Response): Promise<T> {
  if (response.ok) return (await readJson(options, response)) as T;
  const problem = await problemIn(options, response);
  const lines = (problem.problems ?? []).map((each) => formatProblemView(each));
  if (lines.length === 0) throw new CliError(ExitCode.NO, sentenceOf(problem));
  // The sentence ends with the first of them, and the remedy is to correct those that follow.
  const example = `: ${lines[0]}.`;
  const detail = problem.detail.endsWith(example) ? `${problem.detail.slice(0, -example.length)}.` : problem.detail;
  throw new CliError(ExitCode.NO, [`${detail} (${problem.code})`, ...lines].join('\n'));
}

/** `policy.yaml:7:3: sentence` */
export function formatProblemView({ file, line, column, message }: ProblemView): string {
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`;
  return printable(`${place}: ${message}`);
}

async function ask(
  options: ClientOptions,
  url: string,
  method = 'GET',
  { text, json, timeoutMs = TIMEOUT_MS, headers, signal }: AskOptions = {},
): Promise<Response> {
  try {
    return await options.fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
        ...(text !== undefined && { 'content-type': 'application/yaml' }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
      ...(json !== undefined && { body: JSON.stringify(json) }),
      redirect: 'error',
      signal: signal ?? AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new CliError(
      ExitCode.UNREACHABLE,
      `No Lark answers at ${options.url}: ${reasonOf(error, timeoutMs)}.\n` +
        'Is it running? Start it with `lark run FILE`, or say where it is with --url or LARK_URL.',
    );
  }
}

async function readJson(options: ClientOptions, response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw notLark(options);
  }
}

function notLark(options: ClientOptions): CliError {
  return new CliError(
    ExitCode.UNREACHABLE,
    `Something answers at ${options.url}, but it is not Lark's HTTP API.\n` +
      'Compare with `http.listen` in the policy file, and give the address with --url or LARK_URL.',
  );
}

/** What a refusal says; a CliError where it is not Lark's. */
async function problemIn(options: ClientOptions, response: Response): Promise<ProblemDocument> {
  const body = await readJson(options, response);
  const isProblem = typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'remedy' in body;
  if (!isProblem) throw notLark(options);
  return body as ProblemDocument;
}

function sentenceOf({ detail, remedy, code }: ProblemDocument): string {
  return `${detail} ${remedy} (${code})`;
}

/** USAGE where asking again is no use. */
function refused({ status }: Response, problem: ProblemDocument): CliError {
  return new CliError(status < 500 ? ExitCode.USAGE : ExitCode.UNREACHABLE, sentenceOf(problem));
}

/** OpenSSL's names for a certificate that comes from no CA that is known. */
const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** fetch hides what happened in the `cause` of a TypeError, which for several addresses is an AggregateError. */
export function reasonOf(error: unknown, timeoutMs = TIMEOUT_MS): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1000} seconds`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : '';
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'the connection was refused',
    ENOTFOUND: 'the name is not known',
    EAI_AGAIN: 'the name could not be looked up',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
    ECONNRESET: 'the connection was cut',
    UND_ERR_SOCKET: 'the connection was cut',
    ETIMEDOUT: 'the connection timed out',
    UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
    EPROTO: 'it does not speak TLS, or not this kind of it: compare https:// and http.tls',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: ask with http://',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: ask with http://',
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      'it takes no client without a certificate: give one with --cert and --key',
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name than that of the URL',
    CERT_HAS_EXPIRED: 'its certificate has expired',
    ...Object.fromEntries(
      UNTRUSTED.map((code) => [code, 'its certificate is not trusted: give the CA with --ca or LARK_CA']),
    ),
  };
  return known[code] ?? (cause.message || code || 'unknown reason');
}
