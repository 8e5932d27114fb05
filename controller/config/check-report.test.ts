import { expect, test } from 'vitest';
import { checkReport } from './check-report.ts';
import { parseConfig } from './load-config.ts';

const report = (text: string) => checkReport(parseConfig('p.yaml', text));

test('a good file gets a summary of what it makes Lark do', () => {
  const text = `jobs: { ranges: [10.1.0.0/16] }
store: { path: /var/lib/lark }
zones: { campus: [10.0.0.0/8, 192.0.2.0/24] }
policies:
  - isolate-users: true
  - default: drop
`;
  expect(report(text)).toBe(`p.yaml: 1 policy: isolate-users; what none decides is dropped
  classes: one for each zone, and for jobs that are alike in Owner
  jobs: 1 range
  zones: campus (2 prefixes), and wan for all else
  switches: none named; any that connects is taken
no problems found`);
});

test('errors and warnings come in the order of the file, with a tally', () => {
  expect(report('jobs: { unlocated: by-address }\nzones: { a: [fe80::/64], b: 1 }\n').split('\n')).toEqual([
    expect.stringMatching(/^p\.yaml:1:20: warning: jobs whose port is not known/),
    expect.stringMatching(/^p\.yaml:2:14: warning: fe80::\/64 has only local addresses/),
    expect.stringMatching(/^p\.yaml:2:14: warning: OpenFlow 1\.0/),
    'p.yaml:2:29: zones.b: expected a list such as [a, b]; found the number 1',
    '1 error, 3 warnings: the file cannot be used',
  ]);
});

test('a file with warnings can be used', () => {
  expect(report('policies: [block-users: [a]]').split('\n').at(-1)).toBe('can be used, with 2 warnings');
});
