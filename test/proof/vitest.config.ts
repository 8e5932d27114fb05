import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The proof by itself, for as long as prove.mjs says.
const conditions = ['lark-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { name: 'proof', root: join(import.meta.dirname, '../..'), include: ['test/proof/*.test.ts'], testTimeout: 0 },
});
