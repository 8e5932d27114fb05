// How fast ClassAds are read and evaluated, against the goals: 10,000 job ads of 100 attributes a second, and a million
// evaluations a second of a parsed policy expression, on one core. Prints one line a task and exits with 1 below a goal.

import { readFileSync } from 'node:fs';
import { evaluate, parseAd, parseExpression, resolveScopes, unparseAd } from 'node-classad';
import { Bench } from 'tinybench';

const cases = new URL('../../protocols/classad/cases/', import.meta.url);
const directory = process.env.CLASSAD_CASES ? new URL(`file://${process.env.CLASSAD_CASES}/`) : cases;
const jobText = readFileSync(new URL('job.ad', directory), 'utf8');
const job = parseAd(jobText);
const jobLine = unparseAd(job, 'new-line');
const zone = parseAd('[ Zone = "license-server"; EndpointType = "zone" ]');
const policy = parseExpression('MY.Owner =!= "carol" && TARGET.Zone == "license-server"');
const resolved = resolveScopes(policy);
const now = (): number => 0;

const GOALS: Readonly<Record<string, number>> = {
  'parse job.ad, long form': 10_000,
  'evaluate a policy expression': 1_000_000,
  'evaluate it with its scopes resolved': 1_000_000,
};

const bench = new Bench({ time: 1000 });
bench.add('parse job.ad, long form', () => {
  parseAd(jobText, { syntax: 'long' });
});
bench.add('parse it in new syntax, on one line', () => {
  parseAd(jobLine, { syntax: 'new' });
});
bench.add('print it in new syntax', () => {
  unparseAd(job, 'new-line');
});
bench.add('evaluate a policy expression', () => {
  evaluate(policy, { my: job, target: zone, now });
});
bench.add('evaluate it with its scopes resolved', () => {
  evaluate(resolved, { my: job, target: zone, now });
});
await bench.run();

let isSlow = false;
for (const task of bench.tasks) {
  const { result } = task;
  const perSecond = result.state === 'completed' ? result.throughput.mean : 0;
  const goal = GOALS[task.name];
  if (goal !== undefined && perSecond < goal) isSlow = true;
  const verdict = goal === undefined ? '' : ` (goal ${goal.toLocaleString('en')}: ${(perSecond / goal).toFixed(1)}x)`;
  console.log(`${task.name}: ${Math.round(perSecond).toLocaleString('en')} a second${verdict}`);
}
process.exitCode = isSlow ? 1 : 0;
