import { expect, test } from 'vitest';
import { blockUsers } from './block-users.ts';

const policy = blockUsers(['mallory']);
const job = (Owner: string | undefined) => ({ EndpointType: 'job', Owner });
const zone = { EndpointType: 'zone', Owner: undefined };

test('traffic from and to a blocked user’s job is dropped, whoever is at the other end', () => {
  const dropped = { action: 'drop', reason: 'user mallory is blocked' };
  for (const other of [job('alice'), job('mallory'), job(undefined), zone]) {
    expect(policy.judge(job('mallory'), other)).toEqual(dropped);
    expect(policy.judge(other, job('mallory'))).toEqual(dropped);
  }
});

test('traffic between others is left to later policies', () => {
  expect(policy.judge(job('alice'), job('bob'))).toBeUndefined();
  expect(policy.judge(job(undefined), zone)).toBeUndefined();
});

test('user names compare with letter case', () => {
  expect(policy.judge(job('Mallory'), zone)).toBeUndefined();
});

test('a zone is never taken for a user, though its ad has an Owner', () => {
  expect(policy.judge({ EndpointType: 'zone', Owner: 'mallory' }, job('alice'))).toBeUndefined();
});
