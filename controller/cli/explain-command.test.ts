// The fields of a verdict beyond action, queue and alternate, as `lark explain` shows them.

import { expect, it } from 'vitest';
import { dropped } from '../northbound/testing/fake-lark.ts';
import { runForTest } from './testing/run-for-test.ts';

const forward = {
  action: 'forward' as const,
  reason: 'no policy drops it',
  policy: null,
  place: null,
  queue: null,
  via: null,
};

it('tells replies, DSCP and VLAN, and which policy set each', async () => {
  const verdict = {
    ...forward,
    connections: { value: 'replies' as const, policy: 'connectivity', place: 'p.yaml:3:5' },
    mark: { value: 0, policy: 'own', place: 'p.yaml:4:5' },
    vlan: { value: 120, policy: 'vlan', place: 'p.yaml:5:5' },
    audited: [],
  };
  const explain = async () => ({ ...dropped, verdict });
  const { code, out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2'], { api: { explain } });
  expect(code).toBe(0);
  expect(out).toContain('only replies, set by policy connectivity (p.yaml:3:5)\n');
  expect(out).toContain('DSCP 0, set by policy own (p.yaml:4:5)\n');
  expect(out).toContain('VLAN 120, set by policy vlan (p.yaml:5:5)\n');
  expect(out).not.toContain('audit');
});

it('tells what is only audited, and exits with 0 since it is forwarded', async () => {
  const audited = [{ reason: 'user eve is blocked\u001b[2J', policy: 'block-users', place: 'p.yaml:3:5' }];
  const explain = async () => ({
    ...dropped,
    verdict: { ...forward, connections: null, mark: null, vlan: null, audited },
  });
  const { code, out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2'], { api: { explain } });
  expect(code).toBe(0);
  expect(out).toContain('audit: user eve is blocked\\x1b[2J; not enforced, by policy block-users (p.yaml:3:5)\n');
});

it('takes the addresses in place or by name, each once, and one switch', async () => {
  const asked: unknown[] = [];
  const explain = async (...given: unknown[]) => {
    asked.push(given);
    return dropped;
  };
  const given = { api: { explain } };
  await runForTest(['explain', '--src', '10.1.0.1', '--dst', '10.1.0.2', '--switch', 'core'], given);
  await runForTest(['explain', '--dst', '10.1.0.2', '10.1.0.1'], given);
  await runForTest(['explain', '10.1.0.1', '10.1.0.2'], given);
  expect(asked).toEqual([
    ['10.1.0.1', '10.1.0.2', 'core'],
    ['10.1.0.1', '10.1.0.2', undefined],
    ['10.1.0.1', '10.1.0.2', undefined],
  ]);
  for (const args of [['10.1.0.1'], ['--src', '10.1.0.1'], ['10.1.0.1', '10.1.0.2', '--src', '10.1.0.3'], []]) {
    expect(await runForTest(['explain', ...args], given)).toMatchObject({ code: 2, out: '' });
  }
});

it('says why there is no rule yet, and the policy behind one that there is', async () => {
  const withoutRules = [{ switch: 'rack2', reason: 'it has just connected' }];
  const explain = async () => ({ ...dropped, withoutRules });
  const { out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2'], { api: { explain } });
  expect(out).toContain('rack2: it has just connected.\n');
  expect(out).toMatch(/DECIDED BY\n.* isolate-users \(policy.yaml:12:5\)\n/);
});

it('reads the answer of an older Lark, which has none of these', async () => {
  const explain = async () => ({ ...dropped, verdict: forward });
  const { out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2'], { api: { explain } });
  expect(out).toContain('FORWARD  no policy drops it\n');
  expect(out).not.toMatch(/DSCP|VLAN|replies|audit/);
});
