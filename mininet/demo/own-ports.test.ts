import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { onOwnPorts } from './own-ports.ts';

const SAMPLE = readFileSync(new URL('../policy.yaml', import.meta.url), 'utf8');

test('the sample policy gets ports of the system’s choosing and is otherwise the same', () => {
  const { openflow, http, jobs, ...rest } = parse(onOwnPorts(SAMPLE));
  const { jobs: originalJobs, ...original } = parse(SAMPLE);
  expect(rest).toEqual(original);
  expect(jobs).toEqual({ ...originalJobs, listen: '127.0.0.1:0' });
  expect([openflow, http]).toEqual([{ listen: '127.0.0.1:0' }, { listen: '127.0.0.1:0' }]);
});

test('every policy keeps its line', () => {
  const lineOf = (text: string, what: string): number => text.split('\n').findIndex((line) => line.includes(what));
  for (const what of ['block-users:', 'isolate-users:', 'wan-access:', 'queues:\n', 'alternates:']) {
    expect(lineOf(onOwnPorts(SAMPLE), what)).toBe(lineOf(SAMPLE, what));
  }
});

test.each(['openflow: {}\njobs:\n  # x\n', 'jobs:\n  listen: 127.0.0.1:9620\n', 'jobs:\n  ranges: []\n'])(
  'a policy that leaves no room is refused, not changed by halves: %j',
  (text) => {
    expect(() => onOwnPorts(text)).toThrow(/mininet\/policy.yaml/);
  },
);
