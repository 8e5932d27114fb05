import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isolateUsers } from './isolate-users.ts';
import type { AttributeValue } from './policy.ts';

const policy = isolateUsers();
const job = (Owner: AttributeValue) => ({ EndpointType: 'job', Owner });

test('jobs of different users do not meet, jobs of one user do', () => {
  expect(policy.judge(job('alice'), job('bob'))).toEqual({
    action: 'drop',
    reason: 'jobs of different users: alice and bob',
  });
  expect(policy.judge(job('alice'), job('alice'))).toBeUndefined();
});

test('a job without Owner, or with one that is no text, meets no other job', () => {
  expect(policy.judge(job(undefined), job(undefined))).toMatchObject({ action: 'drop' });
  expect(policy.judge(job('alice'), job(undefined))).toMatchObject({ action: 'drop' });
  expect(policy.judge(job(7), job(7))).toMatchObject({ action: 'drop' });
});

test('traffic with zones and local addresses is left to other policies', () => {
  for (const EndpointType of ['zone', 'local']) {
    expect(policy.judge(job('alice'), { EndpointType, Owner: undefined })).toBeUndefined();
    expect(policy.judge({ EndpointType, Owner: 'bob' }, job('alice'))).toBeUndefined();
  }
});

test('isolation is symmetric', () => {
  const end = fc.record({
    EndpointType: fc.constantFrom('job', 'zone', 'local'),
    Owner: fc.constantFrom<AttributeValue>('alice', 'bob', 'Alice', undefined, 7, true),
  });
  fc.assert(
    fc.property(end, end, (a, b) => policy.judge(a, b)?.action === policy.judge(b, a)?.action),
    { numRuns: 200 },
  );
});
