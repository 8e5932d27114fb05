import { defineConfig } from 'vitest/config';
import { mutate } from './test/proof/mutate.ts';
import { proofRest, proofShards } from './test/proof/shards.ts';

// `unit` stands beside its source, or under test/ where it concerns more than one part or uses loopback sockets; it needs no
// root. `proof` and its shards (`--project 'proof*'` is all of them) play random sequences against a second opinion
// (docs/proof.md). `integration` and `chaos` run inside the laboratory's namespaces, one file after another, since their files
// share one Open vSwitch.
const conditions = ['lark-source', 'node', 'import', 'default'];
const resolveFromSource = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...resolveFromSource,
        test: {
          name: 'unit',
          pool: 'threads',
          include: ['{controller,policies,mininet,protocols}/**/*.test.ts', 'test/{unit,model,fuzz}/**/*.test.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
          // A deadline for what hangs, on machines that are busy with other things, too.
          testTimeout: 60_000,
        },
      },
      ...[proofRest, ...proofShards].map((test) => ({ ...resolveFromSource, plugins: [mutate], test })),
      {
        ...resolveFromSource,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...resolveFromSource,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
