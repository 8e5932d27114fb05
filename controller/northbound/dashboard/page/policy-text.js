// The policy file in force: asked for again when another one is, and only shown to those who may read it.

import { ask, askJson } from './api.js';
import { lineAt } from './policy-lines.js';

/** @typedef {import('../../lark-api.ts').StatusView} StatusView */

/** @type {import('./policy-lines.js').PolicyText | undefined} */
let known;
/** @type {string | null | undefined} */
let knownSha;

/** Another file is in force: its places are not those of the former. */
export function forgetPolicy() {
  known = undefined;
  knownSha = undefined;
}

/**
 * Resolves when the file is known, or it is known that it may not be.
 * @param {StatusView['policy']} policy
 */
export async function learnPolicy({ file, sha256, loadedAt }) {
  if (file === null || sha256 === knownSha) return;
  try {
    const text = await (await ask('v1/policy/file', { question: 'never' })).text();
    const now = await askJson('v1/policy', { question: 'never' });
    // Another one came in force meanwhile, and the next refresh sees it.
    if (now.sha256 !== sha256) return;
    known = { file, loadedAt, lines: text.split('\n') };
  } catch {
    known = undefined;
  }
  knownSha = sha256;
}

/**
 * @param {string | null} place
 * @param {string} at ISO 8601
 */
export function policyLine(place, at) {
  return lineAt(known, place, at);
}
