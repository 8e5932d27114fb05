import { expect, test } from 'vitest';
import type { AttributeValue } from './policy.ts';
import { vlan } from './vlan.ts';

const policy = vlan({
  attribute: 'RequestedVLAN',
  ids: new Map([
    ['physics', 120],
    ['chemistry', 130],
  ]),
});
const job = (RequestedVLAN: AttributeValue) => ({ EndpointType: 'job', RequestedVLAN });
const zone = { EndpointType: 'zone', RequestedVLAN: undefined };

test('a job’s traffic with others is in the VLAN that it names, both ways', () => {
  expect(policy.judge(job('physics'), zone)).toEqual({ action: 'forward', vlan: 120 });
  expect(policy.judge(zone, job('physics'))).toEqual({ action: 'forward', vlan: 120 });
  expect(policy.judge(job('physics'), job(120))).toEqual({ action: 'forward', vlan: 120 });
});

test('a job that asks for none is in none', () => {
  expect(policy.judge(job(undefined), zone)).toBeUndefined();
  expect(policy.judge(job(undefined), job(undefined))).toBeUndefined();
});

test('a job that asks for what the file does not name has no network', () => {
  for (const wanted of ['biology', 'Physics', '120', 121, 120n, true, '']) {
    const dropped = { action: 'drop', reason: expect.stringContaining('a VLAN that the file does not name') };
    expect(policy.judge(job(wanted), zone)).toEqual(dropped);
    expect(policy.judge(zone, job(wanted))).toEqual(dropped);
  }
});

test('jobs in different VLANs, or one in none, do not meet', () => {
  expect(policy.judge(job('physics'), job('chemistry'))).toEqual({
    action: 'drop',
    reason: 'jobs in different VLANs: 120 and 130',
  });
  expect(policy.judge(job(undefined), job('chemistry'))).toMatchObject({ action: 'drop' });
});

test('a zone is never taken for a job, though its ad has the attribute', () => {
  expect(policy.judge({ EndpointType: 'zone', RequestedVLAN: 'physics' }, job(undefined))).toBeUndefined();
});
