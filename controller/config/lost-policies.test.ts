import { describe, expect, it } from 'vitest';
import { parseConfig } from './load-config.ts';
import { lostPolicies } from './lost-policies.ts';
import { formatProblem } from './problem.ts';

const HEAD = 'jobs: { ranges: [10.1.0.0/16] }\n';
const config = (text: string) => parseConfig('p.yaml', text).config!;
const lost = (before: string, after: string) =>
  lostPolicies(config(before), config(after), after).map((problem) => formatProblem(problem));

describe('a file that lost its policies', () => {
  it.each([
    [
      'policies: [isolate-users: true]',
      HEAD,
      /^p\.yaml: has no policies, and 1 policy is in force: write "policies: \[\]"/,
    ],
    ['policies: [isolate-users: true]', `${HEAD}policies:\n`, /^p\.yaml:2:1: has no policies/],
    ['policies: [isolate-users: true, block-users: [a]]', HEAD, /and 2 policies are in force/],
    ['policies: [default: drop]', HEAD, /and a default is in force/],
  ])('is an error after %s', (before, after, message) => {
    expect(lost(before, after)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['policies: [isolate-users: true]', 'policies: []'],
    ['policies: [isolate-users: true]', 'policies: [default: forward]'],
    ['policies: [isolate-users: true]', 'policies: [isolate-users: false]'],
    ['policies: []', HEAD],
    [HEAD, HEAD],
  ])('is none: after %s comes %s', (before, after) => {
    expect(lost(before, after)).toEqual([]);
  });
});
