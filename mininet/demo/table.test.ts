import { expect, test } from 'vitest';
import type { DemoRun } from './perform.ts';
import { scenes } from './story.ts';
import { renderRun } from './table.ts';

const [scene] = scenes('1.3').filter(({ from, to }) => from === 'alice-1' && to === 'bob');

function run(differences: readonly string[]): DemoRun {
  const by = { policy: 'isolate-users', place: 'mininet/policy.yaml:41:5' };
  const verdict = { action: 'drop' as const, reason: 'other user', ...by, queue: null, via: null };
  const observation = { ping: false, transfer: { whole: false, detail: 'timed out' }, arrivedAt: [], queue: undefined };
  const rule = { switch: 'larkdemo', dpid: '000000000000d3e0', table: 0, priority: 300, match: 'ip,nw_src=10.1.0.11' };
  const rules = [{ ...rule, actions: 'drop', packets: 9, bytes: 900, cookie: '0x1a' }];
  const results = [{ scene: scene!, verdict, observation, rules, differences }];
  return { version: '1.3', stage: 'ovs', results, isAsExpected: differences.length === 0, seconds: 3.21 };
}

test('a scene is shown with the policy and its line, what happened, and the rule with its counter', () => {
  const text = renderRun(run([]), false);
  expect(text).toMatch(/✓ +alice-1 +bob +10\.1\.0\.13 +drop: isolate-users \(policy\.yaml:41\) +nothing arrived/);
  expect(text).toMatch(/9 packets: cookie=0x1a priority=300 ip,nw_src=10\.1\.0\.11 actions=drop/);
  expect(text).toMatch(/OpenFlow 1\.3 on Open vSwitch: all 1 as expected, in 3\.2 s/);
});

test('a scene that differs is marked, and says how', () => {
  const text = renderRun(run(['a ping was answered']), false);
  expect(text).toMatch(/✗ +alice-1/);
  expect(text).toMatch(/! a ping was answered/);
  expect(text).toMatch(/1 of 1 differ/);
});

test('colours are used only when asked for, and move no column', () => {
  expect(renderRun(run([]), false)).not.toContain('\u001b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is looked at.
  expect(renderRun(run([]), true).replace(/\u001b\[\d+m/g, '')).toBe(renderRun(run([]), false));
});
