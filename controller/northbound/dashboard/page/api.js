// Requests to the Lark that served this page. Paths are relative, so that the page works below any path of a proxy.

import { askForToken, authorization } from './access.js';

/**
 * What a refusal says, as much of it as is shown: Lark's own problem documents, and what a proxy may answer.
 * @typedef {Pick<import('../../problem.ts').ProblemDocument, 'detail' | 'remedy' | 'problems'> & { readonly code: string }} ProblemDocument
 */

/** Lark's own refusal: its message says what is wrong and what to do. */
export class Refused extends Error {
  /** @param {ProblemDocument} problem */
  constructor(problem) {
    super([problem.detail, problem.remedy].filter(Boolean).join(' '));
    this.problem = problem;
  }
}

/**
 * @typedef {object} Ask
 * @property {Readonly<Record<string, string | undefined>>} [query] empty and undefined ones are left out
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {string} [text] to be sent, as YAML
 * @property {AbortSignal} [signal]
 * @property {'never' | 'once' | 'always'} [question] whether people are asked for a token where one is needed: `once`, until
 *   they decline; `always` where somebody waits for the answer
 */

/**
 * Rejects with Refused, or an Error where Lark cannot be reached.
 * @param {string} path `v1/status`
 * @param {Ask} options
 * @returns {Promise<Response>}
 */
export async function ask(path, options = {}) {
  const { query = {}, headers = {}, text, signal, question = 'once' } = options;
  const url = new URL(`../${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  /** @type {Record<string, string>} */
  const sent = { ...authorization(), ...headers, ...(text !== undefined && { 'content-type': 'application/yaml' }) };
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      method: text === undefined ? 'GET' : 'POST',
      headers: sent,
      cache: 'no-store',
      ...(text !== undefined && { body: text }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error('Lark cannot be reached.');
  }
  if (response.ok) return response;
  const refused = new Refused(await problemOf(response));
  const isForToken = response.status === 401 || refused.problem.code === 'HTTP_SCOPE_LACKING';
  if (!isForToken || question === 'never') throw refused;
  // The token that was refused may have been replaced meanwhile.
  const isStale = sent.authorization !== authorization().authorization;
  if (isStale || (await askForToken(refused.problem.detail, question === 'always'))) return ask(path, options);
  throw refused;
}

/**
 * @template T
 * @param {string} path
 * @param {Ask} [options]
 * @returns {Promise<T>}
 */
export async function askJson(path, options) {
  return (await ask(path, options)).json();
}

/**
 * @param {Response} response
 * @returns {Promise<ProblemDocument>}
 */
async function problemOf(response) {
  const { status, statusText } = response;
  try {
    const problem = await response.json();
    if (typeof problem?.detail === 'string') return problem;
  } catch {
    // A proxy's own page.
  }
  const detail = `The answer was ${status} ${statusText}, and not Lark's.`;
  return { code: '', detail, remedy: '' };
}
