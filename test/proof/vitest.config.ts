import { defineConfig } from 'vitest/config';

// The proof by itself, for as long as prove.mjs says.
const conditions = ['lark-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { name: 'proof', root: import.meta.dirname, include: ['*.prove.ts', '*.test.ts'], testTimeout: 0 },
});
