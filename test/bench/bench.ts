// `npm run bench -- [--quick] [--only CASE,…] [--json FILE] [--directory DIR]`: how fast PacketIns are answered, beside the
// floors and the peers that are installed, each target with whether it is met. The controller runs on one processor as far as
// Node does, the load generator in a process of its own, over loopback. Then the figures of enforcement, as `npm run
// bench:enforcement` has them, but with `--quick`. A target that is missed is said, not failed.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CaseResult } from './enforcement/case-result.ts';
import { caseText, enforcementCases } from './enforcement/cases.ts';
import { AdMaker } from './enforcement/site.ts';
import { FULL, LoadBench, type LoadCase, QUICK } from './load/cases.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const ads = new AdMaker(new URL('../../../protocols/classad/cases/', import.meta.url));
const LOAD = ['learning', 'jobs', 'latency', 'idle'] as const;
const enforcement = enforcementCases(ads, false);
const known: readonly string[] = [...LOAD, ...Object.keys(enforcement)];
const usual: readonly string[] = values.quick ? LOAD : known;
const wanted = values.only === undefined ? usual : values.only.split(',');
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}: expected of ${known.join(', ')}`);

const directory = await mkdtemp(join(values.directory, 'lark-bench-'));
const machine = { node: process.version, processors: availableParallelism(), load: loadavg()[0] };
console.log(`Node ${machine.node}, ${machine.processors} processors, load ${machine.load?.toFixed(1)} at the start\n`);
console.log(row(['case', 'controller', 'OF', 'switches', 'answers/s', 'CPU us', 'p50 us', 'p99 us', 'RSS MiB']));
const bench = new LoadBench({
  settings: values.quick ? QUICK : FULL,
  directory,
  ads,
  onCase: (each) => console.log(row(cells(each))),
});
const results: CaseResult[] = [];
try {
  for (const name of LOAD) if (wanted.includes(name)) await bench[name]();
  for (const [name, run] of Object.entries(enforcement)) {
    if (!wanted.includes(name)) continue;
    const result = await run(join(directory, name));
    results.push(result);
    console.log(caseText(result));
  }
} finally {
  await rm(directory, { recursive: true });
}
const targets = [...bench.targets, ...results.flatMap((result) => result.targets)];
console.log('');
for (const { name, value, target, met } of targets) {
  console.log(`${name.padEnd(68)} ${String(value).padStart(8)}  (${target}: ${met ? 'met' : 'MISSED'})`);
}
if (values.json !== undefined) {
  const measured = results.map(({ name, measured }) => ({ name, ...measured }));
  const report = { machine, isQuick: values.quick, cases: bench.cases, enforcement: measured, targets };
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

function cells(each: LoadCase): string[] {
  const { answersPerSec, cpuUsPerAnswer, p50Us, p99Us, rssMiB } = each;
  const number = (value: number | null) => (value === null ? '' : value.toLocaleString('en'));
  const figures = [answersPerSec, cpuUsPerAnswer, p50Us, p99Us, rssMiB].map(number);
  return [each.case, each.controller, each.version, String(each.switches), ...figures];
}

function row(cellTexts: readonly string[]): string {
  const [what, controller, ...rest] = cellTexts;
  return `${what!.padEnd(22)}${controller!.padEnd(20)}${rest.map((text) => text.padStart(11)).join('')}`;
}
