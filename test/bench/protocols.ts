// `npm run bench:protocols -- [--json FILE]`: how fast the protocols are, each result beside its goal. Runs in plain Node on
// the built packages. A goal that is missed is said, not failed: how busy the machine is would decide too much.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { classadResults } from './classad-bench.ts';
import { answerPacketIn, frameStream } from './openflow-bench.ts';
import { meetsGoal, type Result, resultLine } from './result.ts';

const { values } = parseArgs({ options: { json: { type: 'string' } } });
// From dist-bench/test/bench, where this runs, to the repository.
const casesDirectory = new URL('../../../protocols/classad/cases/', import.meta.url);

const results: Result[] = [];
for (const measure of [() => [answerPacketIn()], () => [frameStream()], () => classadResults(casesDirectory)]) {
  for (const result of measure()) {
    results.push(result);
    console.log(resultLine(result));
  }
}
if (values.json !== undefined) {
  const report = { node: process.version, results: results.map((each) => ({ ...each, isMet: meetsGoal(each) })) };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
