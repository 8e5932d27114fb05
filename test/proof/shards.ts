// The proof's random sequences as projects of vitest, one a processor: each plays its share of the batches.

import { availableParallelism } from 'node:os';

const SEQUENCES = 'test/proof/sequences.test.ts';

/** All else of the proof. */
export const proofRest = { name: 'proof', include: ['test/proof/**/*.test.ts'], exclude: [SEQUENCES] };

/** `proof-1`, `proof-2`, … */
export const proofShards = Array.from(
  { length: availableParallelism() },
  (_, index, shards = availableParallelism()) => ({
    name: `proof-${index + 1}`,
    include: [SEQUENCES],
    env: { PROVE_SHARD: `${index + 1}/${shards}` },
  }),
);
