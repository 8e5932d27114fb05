import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { proofRest, proofShards } from './shards.ts';

// The proof by itself, for as long as prove.mjs says.
const conditions = ['lark-source', 'node', 'import', 'default'];
const root = join(import.meta.dirname, '../..');

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [proofRest, ...proofShards].map((test) => ({
      root,
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      test: { ...test, testTimeout: 0 },
    })),
  },
});
