// Server-sent events by fetch, since a browser's EventSource cannot send a token. A stream that is lost is begun anew, where it
// was, after a while that grows. While nobody sees the page there is none: browsers have six connections for all tabs together, and
// Lark need not ask its switches.

import { ask } from './api.js';
import { createParser } from './eventsource-parser.js';

const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 10_000;
/** Lark shows a sign of life every 15 s. */
const MOST_SILENT_MS = 45_000;

/**
 * @typedef {object} StreamOptions
 * @property {Readonly<Record<string, string>>} query
 * @property {AbortSignal} signal ends it
 * @property {(event: string, data: any) => void} onEvent
 * @property {() => void} onOpen told of each connection
 * @property {(error: unknown) => void} onLost told of each attempt that failed or ended
 */

/**
 * Until `signal` ends it.
 * @param {string} path
 * @param {StreamOptions} options
 */
export async function follow(path, { query, signal, onEvent, onOpen, onLost }) {
  /** @type {string | undefined} */
  let last;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
    await visible(signal);
    if (signal.aborted) return;
    const seen = new AbortController();
    const look = () => document.hidden && seen.abort();
    document.addEventListener('visibilitychange', look);
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const response = await ask(path, { query, headers, signal: AbortSignal.any([signal, seen.signal]) });
      last = response.headers.get('last-event-id') ?? last;
      onOpen();
      waitMs = FIRST_WAIT_MS;
      for await (const { id, event = 'message', data } of eventsOf(response)) {
        if (signal.aborted || seen.signal.aborted) break;
        last = id ?? last;
        onEvent(event, JSON.parse(data));
      }
      if (!seen.signal.aborted) onLost(new Error('Lark ended the connection.'));
    } catch (error) {
      if (!signal.aborted && !seen.signal.aborted) onLost(error);
    } finally {
      document.removeEventListener('visibilitychange', look);
    }
    if (!seen.signal.aborted) await pause(waitMs, signal);
  }
}

/**
 * Throws where the connection is cut or silent for too long.
 * @param {Response} response
 */
async function* eventsOf(response) {
  /** @type {import('eventsource-parser').EventSourceMessage[]} */
  const read = [];
  const parser = createParser({ onEvent: (event) => read.push(event) });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) return;
      parser.feed(value);
      yield* read.splice(0);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Lark was silent for ${MOST_SILENT_MS / 1000} seconds.`)),
      MOST_SILENT_MS,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Until somebody sees the page, or `signal` ends it.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function visible(signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
