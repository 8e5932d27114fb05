// The load generator's process from its parent's side.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult, LoadSpec } from './load-spec.ts';

const CHILD = fileURLToPath(new URL('./load-child.js', import.meta.url));

/** In a fresh process each time, so that no run knows what the one before has compiled. */
export async function runLoad(spec: LoadSpec): Promise<LoadResult> {
  return (await run([spec]))[0]!;
}

/** As `runLoad`, of several controllers that are asked in turns by one process. See in-turns.ts. */
export function runLoadInTurns(specs: readonly LoadSpec[]): Promise<readonly LoadResult[]> {
  return run(specs);
}

function run(specs: readonly LoadSpec[]): Promise<readonly LoadResult[]> {
  const child = fork(CHILD);
  return new Promise<readonly LoadResult[]>((resolve, reject) => {
    child.once('message', (answer: { readonly results?: readonly LoadResult[]; readonly failed?: string }) => {
      if (answer.results === undefined) reject(new Error(answer.failed));
      else resolve(answer.results);
    });
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
    child.send({ specs });
  }).finally(() => child.disconnect());
}
