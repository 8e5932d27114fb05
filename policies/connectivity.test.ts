import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectivity } from './connectivity.ts';
import type { AttributeValue } from './policy.ts';

const policy = connectivity();
const job = (OutboundConnectivity: AttributeValue, InboundConnectivity: AttributeValue) => ({
  EndpointType: 'job',
  OutboundConnectivity,
  InboundConnectivity,
});
const zone = { EndpointType: 'zone', OutboundConnectivity: undefined, InboundConnectivity: undefined };
const replies = { action: 'forward', connections: 'replies' };

test('a job that does not say has the whole network', () => {
  expect(policy.judge(job(undefined, undefined), zone)).toBeUndefined();
  expect(policy.judge(zone, job(undefined, undefined))).toBeUndefined();
});

test('outbound only: what comes to the job is replies', () => {
  expect(policy.judge(job(true, false), zone)).toBeUndefined();
  expect(policy.judge(zone, job(true, false))).toEqual(replies);
});

test('inbound only: what the job sends is replies', () => {
  expect(policy.judge(job(false, true), zone)).toEqual(replies);
  expect(policy.judge(zone, job(false, true))).toBeUndefined();
});

test('neither: no network at all, not even with a job that has all', () => {
  for (const other of [zone, job(true, true), { ...zone, EndpointType: 'local' }]) {
    const reason = expect.stringContaining('asked for no network');
    expect(policy.judge(job(false, false), other)).toEqual({ action: 'drop', reason });
    expect(policy.judge(other, job(false, false))).toEqual({ action: 'drop', reason });
  }
});

test('two jobs that both only open connections do not meet', () => {
  expect(policy.judge(job(true, false), job(true, false))).toMatchObject({ action: 'drop' });
});

test('numbers have the truth that ClassAds give them; text asks for nothing that could be told', () => {
  expect(policy.judge(job(1, 1), zone)).toBeUndefined();
  for (const value of [0, 0n, 'true', '']) expect(policy.judge(job(value, true), zone)).toEqual(replies);
});

test('replies flow one way only where connections may be opened the other way', () => {
  const value = fc.constantFrom<AttributeValue>(true, false, undefined, 0, 'x');
  const end = fc.oneof(
    fc.tuple(value, value).map(([o, i]) => job(o, i)),
    fc.constant(zone),
  );
  fc.assert(
    fc.property(end, end, (a, b) => {
      const [there, back] = [policy.judge(a, b), policy.judge(b, a)];
      expect(there?.action === 'drop').toBe(back?.action === 'drop');
      if (there?.action === 'forward') expect(back).toBeUndefined();
    }),
  );
});
