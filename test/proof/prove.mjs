// `npm run prove -- --minutes N [--seed N]`: plays random sequences against the reference evaluator for so long, from a fresh
// seed unless one is given, on all processors. Prints the seed; exits 1 at the first discrepancy, with the smallest sequence that shows it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    'usage: npm run prove -- --minutes N [--seed N], with a number of minutes above 0 and a whole number as seed',
  );
  process.exit(2);
}
console.log(`proving for ${minutes} minutes from seed ${seed}`);
const root = fileURLToPath(new URL('../..', import.meta.url));
const arguments_ = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/proof/vitest.config.ts', 'sequences'];
const env = { ...process.env, PROVE_MINUTES: String(minutes), PROVE_SEED: String(seed) };
const { status } = spawnSync(process.execPath, arguments_, { cwd: root, env, stdio: 'inherit' });
process.exit(status ?? 1);
