// The proof's random sequences and deliberate faults as projects of vitest, one a processor: each takes its share.

import { availableParallelism } from 'node:os';

const SHARED = ['test/proof/sequences.test.ts', 'test/proof/mutants.test.ts'];

/** All else of the proof. */
export const proofRest = { name: 'proof', include: ['test/proof/**/*.test.ts'], exclude: SHARED };

/** `proof-1`, `proof-2`, … */
export const proofShards = Array.from(
  { length: availableParallelism() },
  (_, index, shards = availableParallelism()) => ({
    name: `proof-${index + 1}`,
    include: SHARED,
    env: { PROVE_SHARD: `${index + 1}/${shards}` },
  }),
);
