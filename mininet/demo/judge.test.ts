import { describe, expect, test } from 'vitest';
import type { Explanation, RuleView } from '../../controller/northbound/lark-api.ts';
import { judgeScene, queueOf } from './judge.ts';
import type { Observation } from './stage.ts';
import { type Scene, scenes } from './story.ts';

const POLICY_LINES = ['policies:', '  - isolate-users: true', '  - queues: {}'];
const NOTHING: Observation = {
  ping: false,
  transfer: { whole: false, detail: 'timed out' },
  arrivedAt: [],
  queue: undefined,
};
const WHOLE = { whole: true, detail: '1048576 bytes' };

const find = (from: string, to: string, policy?: string): Scene =>
  scenes('1.3').find(
    (scene) =>
      scene.from === from &&
      scene.to === to &&
      (policy === undefined || (scene.expected.outcome === 'dropped' && scene.expected.policy === policy)),
  )!;
const DENIED = find('alice-1', 'bob', 'isolate-users');
const QUEUED = find('bob', 'wan');

const rule = (more: Partial<RuleView>): RuleView => ({
  switch: 'larkdemo',
  dpid: '000000000000d3e0',
  table: 0,
  priority: 100,
  match: 'ip,nw_src=10.1.0.13',
  actions: 'set_queue:1,output:1',
  packets: 7,
  bytes: 700,
  cookie: '0x5 (forward)',
  ...more,
});

function explanation(verdict: Partial<Explanation['verdict']>, rules: readonly RuleView[] = []): Explanation {
  const end = { address: '', type: 'job', name: null, user: null, attributes: {} } as const;
  const plain = { action: 'forward', reason: '', policy: null, place: null, queue: null, via: null } as const;
  return { source: end, destination: end, verdict: { ...plain, ...verdict }, rules, silentSwitches: [] };
}

const SAYS_DROP = explanation({ action: 'drop', policy: 'isolate-users', place: 'policy.yaml:2:5' });
const SAYS_QUEUE = explanation({ queue: { name: 'physics', policy: 'queues', place: 'policy.yaml:3:5' } }, [rule({})]);
const SWITCH_RULES = [' cookie=0x5, duration=1s, n_packets=9, n_bytes=900, priority=100,ip actions=…'];

function differences(scene: Scene, said: Explanation, seen: Observation, switchRules = SWITCH_RULES): string {
  return judgeScene(scene, said, seen, { switchRules, policyLines: POLICY_LINES }).differences.join('; ');
}

describe('a scene that must be dropped', () => {
  test('is as expected when Lark says so by the right line and nothing arrived', () => {
    expect(differences(DENIED, SAYS_DROP, NOTHING)).toBe('');
  });

  test.each([
    ['a ping that was answered', { ...NOTHING, ping: true }, 'a ping was answered'],
    ['a transfer', { ...NOTHING, transfer: WHOLE }, 'a TCP transfer got through'],
    ['a single one-way probe', { ...NOTHING, arrivedAt: ['bob'] }, 'probes arrived at bob, expected nobody'],
  ])('differs by %s', (_, seen, text) => {
    expect(differences(DENIED, SAYS_DROP, seen)).toBe(text);
  });

  test('differs when another policy decided, or the place in the file is not that policy', () => {
    const byOther = explanation({ action: 'drop', policy: 'queues', place: 'policy.yaml:3:5' });
    expect(differences(DENIED, byOther, NOTHING)).toMatch(/expected isolate-users to decide/);
    const elsewhere = explanation({ action: 'drop', policy: 'isolate-users', place: 'policy.yaml:3:5' });
    expect(differences(DENIED, elsewhere, NOTHING)).toMatch(/policy.yaml:3:5 is said to be isolate-users/);
  });

  test('differs when Lark would forward, even if nothing arrived', () => {
    expect(differences(DENIED, explanation({}), NOTHING)).toMatch(/expected the verdict drop/);
  });
});

describe('a scene that must reach', () => {
  const seen: Observation = { ping: true, transfer: WHOLE, arrivedAt: ['wan'], queue: 1 };

  test('is as expected when it arrived where it should, by a rule that the switch lists', () => {
    expect(differences(QUEUED, SAYS_QUEUE, seen)).toBe('');
  });

  test('does not need a transfer on a stage without TCP', () => {
    expect(differences(QUEUED, SAYS_QUEUE, { ...seen, transfer: undefined })).toBe('');
  });

  test('differs when it left by another port', () => {
    expect(differences(QUEUED, SAYS_QUEUE, { ...seen, arrivedAt: ['alternate'] })).toMatch(/arrived at alternate/);
  });

  test('differs when the packets all went by way of Lark, and no rule carried them', () => {
    const asked = { ...SAYS_QUEUE, rules: [rule({ actions: 'CONTROLLER:65535' })] };
    expect(differences(QUEUED, asked, seen)).toMatch(/no rule that carried the packets/);
  });

  test('differs when the switch itself would use another queue', () => {
    expect(differences(QUEUED, SAYS_QUEUE, { ...seen, queue: undefined })).toMatch(/into queue default, expected 1/);
  });

  test('differs when no rule puts the packets into the queue', () => {
    const unqueued = { ...SAYS_QUEUE, rules: [rule({ actions: 'output:1' })] };
    expect(differences(QUEUED, unqueued, seen)).toMatch(/no rule that counted puts the packets into queue 1/);
  });

  test('differs when the switch does not list the rule that Lark names, or counts fewer packets', () => {
    expect(differences(QUEUED, SAYS_QUEUE, seen, [])).toMatch(/the switch lists no rule of priority 100/);
    const fewer = SWITCH_RULES.map((line) => line.replace('n_packets=9', 'n_packets=6'));
    expect(differences(QUEUED, SAYS_QUEUE, seen, fewer)).toMatch(/the switch lists no rule/);
  });
});

test.each([
  ['set_queue:1,output:3', 1],
  ['enqueue:3:1', 1],
  ['enqueue:wan0:12', 12],
  ['enqueue(port=3,queue=4)', 4],
  ['output:3', undefined],
])('reads the queue of the actions %s', (actions, queue) => {
  expect(queueOf(actions)).toBe(queue);
});
