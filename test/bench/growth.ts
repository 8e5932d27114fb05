// `npm run bench:growth -- [--quick] [--rounds N] [--only CURVE,…] [--json FILE] [--plots DIR] [--directory DIR]`: what an answer costs as there
// are more jobs, hosts, switches and classes, and how long it takes as more PacketIns come; with `--plots` as pictures. What
// is to stay level is said with whether it does, not failed.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { atMost, type Target } from './enforcement/case-result.ts';
import { AdMaker } from './enforcement/site.ts';
import { type Curve, FULL, Growth, QUICK } from './growth/curves.ts';
import { plot } from './growth/plot.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    only: { type: 'string' },
    plots: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});
const CURVES = ['jobs', 'hosts', 'switches', 'classes', 'rate', 'admission'] as const;
const wanted = values.only?.split(',') ?? CURVES;
const unknown = wanted.filter((name) => !CURVES.some((known) => known === name));
if (unknown.length > 0) throw new Error(`no curve ${unknown.join(', ')}: expected of ${CURVES.join(', ')}`);
/** From the fewest to the most. */
const MOST_GROWTH = 1.2;

const usual = values.quick ? QUICK : FULL;
const rounds = values.rounds === undefined ? usual.rounds : Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: expected 1 or more`);

const directory = await mkdtemp(join(values.directory, 'lark-bench-'));
const machine = { node: process.version, processors: availableParallelism(), load: loadavg()[0] };
console.log(`Node ${machine.node}, ${machine.processors} processors, load ${machine.load?.toFixed(1)} at the start\n`);
const growth = new Growth({
  settings: { ...usual, rounds },
  directory,
  ads: new AdMaker(new URL('../../../protocols/classad/cases/', import.meta.url)),
  say: (text) => console.log(text),
});
const curves: Curve[] = [];
try {
  for (const name of CURVES) if (wanted.includes(name)) curves.push(await growth[name]());
} finally {
  await rm(directory, { recursive: true });
}
const targets = curves.filter(({ name }) => name === 'jobs' || name === 'hosts').flatMap(levelness);
console.log('');
for (const { name, value, target, met } of targets) {
  console.log(`${name.padEnd(76)} ${String(value).padStart(6)}  (${target}: ${met ? 'met' : 'MISSED'})`);
}
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ machine, isQuick: values.quick, curves, targets }, null, 2)}\n`);
}
if (values.plots !== undefined) {
  await mkdir(values.plots, { recursive: true });
  for (const curve of curves) await writeFile(join(values.plots, `growth-${curve.name}.svg`), plot(curve));
}

/** The last point by the first. */
function levelness({ name, series }: Curve): Target[] {
  return series.map(({ name: what, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!];
    const from = `${first[0].toLocaleString('en')} to ${last[0].toLocaleString('en')} ${name}`;
    return atMost(`${what}, from ${from}: times`, last[1] / first[1], MOST_GROWTH, 'times');
  });
}
