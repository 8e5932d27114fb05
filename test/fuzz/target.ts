// What is fuzzed, and how one target is: each execution has a seed of its own, made from the run's seed and its number.

import { mutate } from './mutate.ts';
import { type Random, randomOf } from './random.ts';

export interface Target {
  readonly name: string;
  /** Good inputs, which are damaged. */
  readonly corpus: readonly Uint8Array[];
  /** What is done to the damaged input, such as mending a length, so that more than the first check is met. */
  readonly mend?: (bytes: Uint8Array, random: Random) => Uint8Array;
  /** Throws if what is fuzzed did anything but give an answer of its own. */
  readonly run: (bytes: Uint8Array) => void;
}

export interface Finding {
  readonly target: string;
  readonly bytes: Uint8Array;
  readonly problem: string;
}

/** Far above what any input of at most 64 KiB may take, even on a busy machine. */
const SLOW_MS = 5000;

/** Executes inputs number `from` to `to` (exclusive) of a run; gives the first finding. `before` is told each input. */
export function fuzz(
  target: Target,
  seed: number,
  from: number,
  to: number,
  before: (bytes: Uint8Array) => void = () => {},
): Finding | undefined {
  for (let number = from; number < to; number++) {
    const random = randomOf(Math.imul(seed + 1, 0x9e3779b1) ^ number);
    const damaged = mutate(random, target.corpus);
    const bytes = target.mend?.(damaged, random) ?? damaged;
    before(bytes);
    const problem = execute(target, bytes);
    if (problem !== undefined) return { target: target.name, bytes, problem };
  }
  return undefined;
}

function execute(target: Target, bytes: Uint8Array): string | undefined {
  const start = performance.now();
  try {
    target.run(bytes);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const elapsed = performance.now() - start;
  return elapsed > SLOW_MS ? `took ${Math.round(elapsed)} ms for ${bytes.length} bytes` : undefined;
}

/** How a finding is printed: enough to bring it back. */
export function findingText({ target, bytes, problem }: Finding, seed: number): string {
  return `FINDING in ${target} (--seed ${seed}), ${bytes.length} bytes:\n${Buffer.from(bytes).toString('hex')}\n${problem}`;
}
