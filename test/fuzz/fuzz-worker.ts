// The thread that does the fuzzing. Before each execution it writes the input where the main thread can read it, so that
// an input that hangs or exhausts the thread is known all the same.

import { parentPort, workerData } from 'node:worker_threads';
import { Blackboard } from './blackboard.ts';
import { fuzz } from './target.ts';
import { allTargets } from './targets.ts';

/** What the main thread hands over. */
export interface FuzzWork {
  readonly memory: SharedArrayBuffer;
  readonly seed: number;
  readonly seconds: number;
  /** Empty: all. */
  readonly target: string;
}

const EXECUTIONS_A_TURN = 200;

const { memory, seed, seconds, target: wanted } = workerData as FuzzWork;
const blackboard = new Blackboard(memory);
const targets = allTargets().filter(({ name }) => wanted === '' || name === wanted);
const deadline = performance.now() + seconds * 1000;
let done = 0;
let finding: ReturnType<typeof fuzz>;
for (let from = 0; finding === undefined && performance.now() < deadline; from += EXECUTIONS_A_TURN) {
  for (const target of targets) {
    finding = fuzz(target, seed, from, from + EXECUTIONS_A_TURN, (bytes) => blackboard.write(target.name, bytes));
    done += EXECUTIONS_A_TURN;
    if (finding !== undefined) break;
  }
}
parentPort?.postMessage({ finding, done });
