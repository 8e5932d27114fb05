// Whatever happens, in whatever order: what leaves the switches is what the reference evaluator says. A fixed number of
// sequences with a seed of their own, and those that once failed; `npm run prove` plays on for as long as it is told.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySequence, play } from './sequence.ts';

const SEQUENCES = Number(process.env.PROVE_SEQUENCES ?? 300);
const seed = process.env.PROVE_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.PROVE_SEED);

describe('the proof', () => {
  it(`holds for ${SEQUENCES} sequences, seed ${seed}`, { timeout: 600_000 }, async () => {
    const counts = { quiet: 0, quietForwarded: 0, inFlight: 0, watched: 0, watchedForwarded: 0, watchedLost: 0 };
    const begin = process.hrtime.bigint();
    await fc.assert(
      fc.asyncProperty(anySequence, async (sequence) => {
        const played = await play(sequence);
        for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += played[key];
      }),
      { numRuns: SEQUENCES, seed, endOnFailure: process.env.PROVE_NO_SHRINK !== undefined },
    );
    console.log(counts, Number(process.hrtime.bigint() - begin) / 1e6, 'ms');
    expect(counts.quietForwarded).toBeGreaterThan(0);
  });
});
