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

it('reads the answer of an older Lark, which has none of these', async () => {
  const explain = async () => ({ ...dropped, verdict: forward });
  const { out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2'], { api: { explain } });
  expect(out).toContain('FORWARD  no policy drops it\n');
  expect(out).not.toMatch(/DSCP|VLAN|replies|audit/);
});
