// Whatever happens, in whatever order: what leaves the switches is what the reference evaluator says. A fixed number of
// new sequences here, and by `npm run prove` for as long as it is told. Each batch of sequences has the seed after that of
// the batch before, and each shard (a process of its own) takes every n-th batch: which sequences are played follows from
// the seed and their number, whatever the number of shards. A failure prints the batch's seed and the smallest sequence
// that still fails; what was learned from it belongs into seeds.ts.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Player } from './play.ts';
import { anySequence, play } from './sequence.ts';

const MINUTES = Number(process.env.PROVE_MINUTES ?? 0);
const SEQUENCES = Number(process.env.PROVE_SEQUENCES ?? 300);
const SEED = process.env.PROVE_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.PROVE_SEED);
/** `2/4`: the second of four shards. */
const [SHARD, SHARDS] = (process.env.PROVE_SHARD ?? '1/1').split('/').map(Number) as [number, number];
const BATCH = 50;

const amount = MINUTES > 0 ? `for ${MINUTES} minutes` : `in ${SEQUENCES} sequences`;
it(`what leaves the switches is what the reference says ${amount} from seed ${SEED}, shard ${SHARD} of ${SHARDS}`, {
  timeout: 0,
}, async () => {
  const total: Record<string, number> = { sequences: 0 };
  const property = fc.asyncProperty(anySequence, async (sequence) => add(total, await play(sequence)));
  const begin = Date.now();
  const end = begin + MINUTES * 60_000;
  const endOnFailure = process.env.PROVE_NO_SHRINK !== undefined;
  for (let batch = SHARD - 1; ; batch += SHARDS) {
    const numRuns = MINUTES > 0 ? BATCH : Math.min(BATCH, SEQUENCES - batch * BATCH);
    if (numRuns <= 0 || (MINUTES > 0 && Date.now() >= end)) break;
    await fc.assert(property, { numRuns, seed: SEED + batch, endOnFailure });
  }
  const perMinute = Math.round((total.sequences! * 60_000) / (Date.now() - begin));
  console.log(`${JSON.stringify(total)}; ${perMinute} sequences a minute`);
  // A proof over packets that all go nowhere would prove nothing.
  if (total.sequences! < BATCH) return;
  expect(total.quietForwarded! / total.quiet!).toBeGreaterThan(0.1);
  expect(total.watchedForwarded).toBeGreaterThan(0);
});

function add(total: Record<string, number>, counts: Player['counts']): void {
  total.sequences! += 1;
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
}
