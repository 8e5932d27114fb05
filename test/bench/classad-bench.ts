// How fast ClassAds are read and evaluated: a job ad of 114 attributes as a schedd sends it, and a policy's expression
// over two endpoints.

import { readFileSync } from 'node:fs';
import { evaluate, parseAd, parseExpression, resolveScopes, unparseAd } from 'node-classad';
import { perSecond } from './measure.ts';
import type { Result } from './result.ts';

const PARSES_A_BATCH = 10;
const EVALUATIONS_A_BATCH = 1000;
const now = (): number => 0;

function times(count: number, act: () => unknown): () => number {
  return () => {
    for (let i = 0; i < count; i++) act();
    return count;
  };
}

/** `casesDirectory` holds job.ad. */
export function classadResults(casesDirectory: URL): readonly Result[] {
  const jobText = readFileSync(new URL('job.ad', casesDirectory), 'utf8');
  const job = parseAd(jobText);
  const jobLine = unparseAd(job, 'new-line');
  const zone = parseAd('[ Zone = "license-server"; EndpointType = "zone" ]');
  const policy = parseExpression('MY.Owner =!= "carol" && TARGET.Zone == "license-server"');
  const resolved = resolveScopes(policy);
  const ads = { my: job, target: zone, now };
  // Both operands have to be looked at, or less would be measured than is said.
  for (const expression of [policy, resolved]) {
    if (evaluate(expression, ads) !== true) throw new Error('the policy expression should be true');
  }
  const rate = (name: string, count: number, act: () => unknown, atLeast?: number): Result => ({
    name: `classad: ${name}`,
    value: perSecond(times(count, act)),
    unit: 'a second',
    ...(atLeast === undefined ? {} : { goal: { atLeast } }),
  });
  return [
    rate('parse a job ad in long form', PARSES_A_BATCH, () => parseAd(jobText, { syntax: 'long' }), 10_000),
    rate('parse it in new syntax', PARSES_A_BATCH, () => parseAd(jobLine, { syntax: 'new' })),
    rate('print it in new syntax', PARSES_A_BATCH, () => unparseAd(job, 'new-line')),
    rate('evaluate a policy expression', EVALUATIONS_A_BATCH, () => evaluate(policy, ads), 1_000_000),
    rate('evaluate it, scopes resolved', EVALUATIONS_A_BATCH, () => evaluate(resolved, ads), 1_000_000),
  ];
}
