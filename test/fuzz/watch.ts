// Watches a fuzzing thread: an input that it does not finish, one that takes too much memory, and a thread that ends
// without a word are findings too.

import type { Worker } from 'node:worker_threads';
import type { Blackboard } from './blackboard.ts';
import type { Finding } from './target.ts';

export interface Outcome {
  readonly finding: Finding | undefined;
  /** Executions. */
  readonly done: number;
}

const POLL_MS = 200;

/**
 * Resolves when the worker has reported, has died, or has stayed at one input for `stuckMs`; in the last case it is
 * ended. The process may grow by `maxGrowthBytes` beyond what it has now.
 */
export function watch(
  worker: Worker,
  blackboard: Blackboard,
  stuckMs: number,
  maxGrowthBytes: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const before = process.memoryUsage.rss();
    let lastCount = 0;
    let lastProgress = performance.now();
    const end = (outcome: Outcome): void => {
      clearInterval(timer);
      resolve(outcome);
    };
    const found = (problem: string): void =>
      end({ finding: { ...blackboard.read(), problem }, done: blackboard.count });
    const timer = setInterval(() => {
      if (blackboard.count !== lastCount) lastProgress = performance.now();
      lastCount = blackboard.count;
      const growth = process.memoryUsage.rss() - before;
      const problem =
        performance.now() - lastProgress > stuckMs
          ? `not finished after ${stuckMs} ms`
          : growth > maxGrowthBytes
            ? `the process has grown by ${growth} bytes`
            : undefined;
      if (problem === undefined) return;
      void worker.terminate();
      found(problem);
    }, POLL_MS);
    worker.once('message', (outcome: Outcome) => end(outcome));
    worker.once('error', (error) => found(`the thread died: ${error.message}`));
    worker.once('exit', (code) => found(`the thread ended with code ${code}`));
  });
}
