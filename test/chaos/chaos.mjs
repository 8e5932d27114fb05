// `npm run chaos -- [--minutes N] [--seed N]`: every scenario again and again for so long, each time from the next seed and with more rounds
// than in `npm test`. To be run as root: it takes the laboratory's namespaces. Prints the seed of each pass; exits 1 at the first
// scenario that fails.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const first = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(first)) {
  console.error(
    'usage: npm run chaos -- [--minutes N] [--seed N], with a number of minutes above 0 and a whole number as seed',
  );
  process.exit(2);
}
const root = fileURLToPath(new URL('../..', import.meta.url));
const end = Date.now() + minutes * 60_000;
for (let seed = first; Date.now() < end; seed++) {
  console.log(`chaos from seed ${seed}: again by npm run chaos -- --minutes 1 --seed ${seed}`);
  const env = { ...process.env, CHAOS_SEED: String(seed), CHAOS_SCALE: '3' };
  const { status } = spawnSync(process.execPath, ['test/labs.mjs', 'chaos'], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
