// `npm run bench:enforcement -- [--quick] [--only CASE,…] [--directory DIR] [--json FILE]`: the figures of enforcement, each beside its target:
// how long admission takes, how many jobs a second are admitted, how long a restart takes, how much memory a job takes, what a reload costs, and
// what a storm of reconnections does. Lark runs in a process of its own, the switches and clients in this one, over
// loopback; stores are put under DIR, which should be on the disk that Lark is to use. A target that is missed is said, not failed: how busy the machine is would decide too much.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CaseResult } from './enforcement/case-result.ts';
import { caseText, enforcementCases } from './enforcement/cases.ts';
import { AdMaker } from './enforcement/site.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const isQuick = values.quick;
// From dist-bench/test/bench, where this runs, to the repository.
const ads = new AdMaker(new URL('../../../protocols/classad/cases/', import.meta.url));

const cases = enforcementCases(ads, isQuick);
const wanted = values.only === undefined ? Object.keys(cases) : values.only.split(',');
const unknown = wanted.filter((name) => cases[name] === undefined);
if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}: expected of ${Object.keys(cases).join(', ')}`);

const directory = await mkdtemp(join(values.directory, 'lark-bench-'));
const machine = { node: process.version, processors: availableParallelism(), load: loadavg()[0] };
console.log(`Node ${machine.node}, ${machine.processors} processors, load ${machine.load?.toFixed(1)} at the start`);
const results: CaseResult[] = [];
try {
  for (const name of wanted) {
    const result = await cases[name]!(join(directory, name));
    results.push(result);
    console.log(caseText(result));
  }
} finally {
  await rm(directory, { recursive: true });
}
if (values.json !== undefined) {
  const targets = results.flatMap((result) => result.targets);
  const report = { machine, isQuick, cases: results.map(({ name, measured }) => ({ name, ...measured })), targets };
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
