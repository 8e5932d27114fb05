// `npm run fuzz -- --seconds N [--seed N] [--target NAME]`: damages good input and gives it to everything that reads what a
// stranger wrote. Prints the seed; on a finding the bytes in hexadecimal, and exits with 1.

import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Blackboard } from './blackboard.ts';
import type { FuzzWork } from './fuzz-worker.ts';
import { findingText } from './target.ts';
import { allTargets } from './targets.ts';
import { watch } from './watch.ts';

const STUCK_MS = 15_000;
const MAX_GROWTH_BYTES = 1 << 30;

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } },
});
const seconds = Number(values.seconds ?? 60);
const seed = Number(values.seed ?? Math.floor(Math.random() * 0x1_0000_0000));
const names = allTargets().map(({ name }) => name);
const usage = `usage: npm run fuzz -- [--seconds N] [--seed N] [--target NAME], NAME one of ${names.join(', ')}`;
if (!(seconds > 0 && Number.isInteger(seed)) || !(values.target === undefined || names.includes(values.target))) {
  console.error(usage);
  process.exit(2);
}

const memory = Blackboard.memory();
const workerData: FuzzWork = { memory, seed, seconds, target: values.target ?? '' };
console.log(`fuzzing ${values.target ?? names.join(', ')} for ${seconds} s, --seed ${seed}`);
const worker = new Worker(new URL('./fuzz-worker.js', import.meta.url), { workerData });
const { finding, done } = await watch(worker, new Blackboard(memory), STUCK_MS, MAX_GROWTH_BYTES);
if (finding === undefined) console.log(`${done} executions, nothing found`);
else console.log(findingText(finding, seed));
process.exitCode = finding === undefined ? 0 : 1;
