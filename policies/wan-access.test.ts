import { expect, test } from 'vitest';
import { parsePrefix } from '../protocols/packet/address.ts';
import { wanAccess } from './wan-access.ts';

const prefix = parsePrefix('203.0.113.99')!;
const policy = wanAccess({ deny: ['eve'], allowAnyway: [prefix], redirect: { users: ['alice'], via: 'i2' } }, 3);
const job = (Owner: string) => ({ EndpointType: 'job', Owner, Zone: undefined, 'AllowAnyway#3': false });
const zone = (Zone: string, isAllowed = false) => ({
  EndpointType: 'zone',
  Owner: undefined,
  Zone,
  'AllowAnyway#3': isAllowed,
});
const denied = { action: 'drop', reason: 'user eve may not use the WAN' };

test('a denied user has no traffic with the WAN in either direction', () => {
  expect(policy.judge(job('eve'), zone('wan'))).toEqual(denied);
  expect(policy.judge(zone('wan'), job('eve'))).toEqual(denied);
});

test('the addresses allowed anyway are reached all the same, and answer', () => {
  expect(policy.judge(job('eve'), zone('wan', true))).toBeUndefined();
  expect(policy.judge(zone('wan', true), job('eve'))).toBeUndefined();
});

test('an address set on the job’s own side excepts nothing', () => {
  const eve = { ...job('eve'), 'AllowAnyway#3': true };
  expect(policy.judge(eve, zone('wan'))).toEqual(denied);
});

test('zones of the file, other jobs and local addresses are not the WAN', () => {
  expect(policy.judge(job('eve'), zone('campus'))).toBeUndefined();
  expect(policy.judge(job('eve'), job('bob'))).toBeUndefined();
  expect(policy.judge(job('eve'), { ...zone('local'), EndpointType: 'local' })).toBeUndefined();
  expect(policy.judge(job('eve'), { ...job('bob'), Zone: 'wan' })).toBeUndefined();
});

test('a redirected user’s traffic to the WAN takes the alternate; what comes from the WAN takes none', () => {
  expect(policy.judge(job('alice'), zone('wan'))).toEqual({ action: 'forward', via: 'i2' });
  expect(policy.judge(zone('wan'), job('alice'))).toBeUndefined();
  expect(policy.judge(job('alice'), zone('campus'))).toBeUndefined();
});

test('a user both denied and redirected reaches only the allowed addresses, by the alternate', () => {
  const both = wanAccess({ deny: ['eve'], allowAnyway: [prefix], redirect: { users: ['eve'], via: 'i2' } }, 3);
  expect(both.judge(job('eve'), zone('wan'))).toEqual(denied);
  expect(both.judge(job('eve'), zone('wan', true))).toEqual({ action: 'forward', via: 'i2' });
});

test('the address sets of two entries of a file have names of their own', () => {
  const other = wanAccess({ deny: ['bob'], allowAnyway: [], redirect: undefined }, 4);
  expect(Object.keys(policy.addressSets ?? {})).toEqual(['AllowAnyway#3']);
  expect(Object.keys(other.addressSets ?? {})).toEqual(['AllowAnyway#4']);
});
