// The load generator's process from its parent's side.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult, LoadSpec } from './load-child.ts';

const CHILD = fileURLToPath(new URL('./load-child.js', import.meta.url));

/** In a fresh process each time, so that no run knows what the one before has compiled. */
export function runLoad(spec: LoadSpec): Promise<LoadResult> {
  const child = fork(CHILD);
  return new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (answer: { readonly result?: LoadResult; readonly failed?: string }) => {
      if (answer.result === undefined) reject(new Error(answer.failed));
      else resolve(answer.result);
    });
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
    child.send(spec);
  }).finally(() => child.disconnect());
}
