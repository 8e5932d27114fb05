import { expect, test } from 'vitest';
import { checkReport } from '../config/check-report.ts';
import { parseConfig } from '../config/load-config.ts';
import { runForTest } from './testing/run-for-test.ts';

const { code, out, err } = await runForTest(['sample']);

/** Prose has a blank behind its #, an example what it would have without. */
const withExamples = out.replace(/^( *)#(?! \S|$)/gm, '$1');

test('prints a policy file that can be used as it stands: nothing is wrong with it, and nothing suspicious', () => {
  expect([code, err]).toEqual([0, '']);
  const result = parseConfig('policy.yaml', out);
  expect(checkReport(result)).toMatch(/no problems found$/);
  expect(result.config?.policies.map(({ policy }) => policy.name)).toEqual(['isolate-users']);
  expect(result.config?.store?.path).toMatch(/\/lark-state$/);
});

test('with all of its examples it can, too', () => {
  const result = parseConfig('policy.yaml', withExamples);
  expect(checkReport(result)).toMatch(/no problems found$/);
  const { policies, switches, zones, jobs } = result.config!;
  expect(policies.map(({ policy }) => policy.name)).toEqual([
    ...['block-users', 'isolate-users', 'wan-access', 'access', 'queues', 'rule'],
  ]);
  expect([switches.length, zones.length, jobs.leaseMs]).toEqual([1, 2, 900_000]);
});
