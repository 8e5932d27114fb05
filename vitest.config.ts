import { defineConfig } from 'vitest/config';

// Two projects. `unit` stands beside its source, or in test/unit and test/model where it uses loopback sockets. `integration` (test/) runs inside
// the laboratory's namespaces, one file after another, since its files share one Open vSwitch.
const conditions = ['lark-source', 'node', 'import', 'default'];
const resolveFromSource = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...resolveFromSource,
        test: {
          name: 'unit',
          include: ['{controller,policies,mininet,protocols}/**/*.test.ts', 'test/{unit,model,fuzz}/**/*.test.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
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
