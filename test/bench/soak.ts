// `npm run soak -- [--seconds N] [--json FILE] [--directory DIR]`: everything at once for so long (an hour if not said), and whether
// memory stays level, the event loop free and echoes answered. Fails if memory grows or a switch loses its connection; how
// long things took is said, and not failed: how busy the machine is would decide too much.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { atMost, percentile } from './enforcement/case-result.ts';
import { AdMaker } from './enforcement/site.ts';
import { median } from './measure.ts';
import { MixedLoad } from './soak/mixed-load.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    seconds: { type: 'string', default: '3600' },
  },
});
const seconds = Number(values.seconds);
if (!(seconds >= 10)) throw new Error(`--seconds ${values.seconds}: expected 10 or more`);
const SAMPLES = 24;
/** Until everything has been met once and compiled. */
const WARM_UP = SAMPLES / 2;

const directory = await mkdtemp(join(values.directory, 'lark-soak-'));
console.log(`Node ${process.version}, load ${loadavg()[0]?.toFixed(1)} at the start; ${seconds} s of mixed load`);
const ads = new AdMaker(new URL('../../../protocols/classad/cases/', import.meta.url));
const result = await MixedLoad.run(ads, directory, { seconds, samples: SAMPLES }).finally(() =>
  rm(directory, { recursive: true }),
);
const { used, heldUp, echoesMs, ...counts } = result;
const settled = used.slice(WARM_UP);
const [early, late] = [settled.slice(0, settled.length / 2), settled.slice(settled.length / 2)].map((each) =>
  median(each),
);
const growth = late! / early! - 1;
for (const [what, count] of Object.entries(counts)) {
  console.log(`  ${what.padEnd(44)} ${typeof count === 'number' ? count.toLocaleString('en') : JSON.stringify(count)}`);
}
console.log(`  ${'MiB in use'.padEnd(44)} ${used.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' ')}`);
const targets = [
  atMost('growth of memory', 100 * growth, 5, '%'),
  atMost('switches that lost their connection', counts.dropped, 0, 'switches'),
  atMost('event loop delay, p99', heldUp.p99Ms, 20, 'ms'),
  // An hour has more of them than a call has arguments.
  atMost(
    'slowest echo',
    echoesMs.reduce((slowest, each) => Math.max(slowest, each), 0),
    100,
    'ms',
  ),
];
console.log(
  `  ${'echoes: median, p99, ms'.padEnd(44)} ${[0.5, 0.99].map((share) => percentile(echoesMs, share).toFixed(1)).join(', ')}`,
);
for (const { name, value, target, met } of targets) {
  console.log(`  ${name.padEnd(44)} ${value} (${target}: ${met ? 'met' : 'MISSED'})`);
}
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ seconds, ...result, targets }, null, 2)}\n`);
const isLevel = targets.slice(0, 2).every(({ met }) => met);
process.exitCode = isLevel ? 0 : 1;
