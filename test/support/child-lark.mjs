// Runs `lark` from its sources in a process of its own, for tests that kill it: Node 20 does not read TypeScript, so the
// Vite that Vitest brings along loads it.

import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const conditions = ['lark-source', 'node', 'import', 'default'];
const entry = `${root}/controller/cli/lark.ts`;
// The command reads its arguments from process.argv: node, its script, and what follows.
process.argv = [process.argv[0], entry, ...process.argv.slice(2)];
const vite = await createViteServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
  resolve: { conditions },
  ssr: { noExternal: ['node-openflow', 'node-classad'], resolve: { conditions, externalConditions: conditions } },
});
await vite.ssrLoadModule(entry);
