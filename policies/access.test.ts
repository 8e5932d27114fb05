import { expect, test } from 'vitest';
import { access } from './access.ts';
import { readCondition } from './expression/condition.ts';

function when(text: string) {
  const reading = readCondition(text);
  if ('problem' in reading) throw new Error(reading.problem);
  return reading.value;
}

const job = (Owner: string, more = {}) => ({ EndpointType: 'job', Zone: 'job', Owner, AcctGroup: undefined, ...more });
const zone = (Zone: string) => ({ EndpointType: 'zone', Zone });
const licences = zone('licences');
const isDropped = (policy: ReturnType<typeof access>, who: ReturnType<typeof job>) => {
  const both = [policy.judge(who, licences)?.action, policy.judge(licences, who)?.action];
  expect(both[0]).toBe(both[1]);
  return both[0] === 'drop';
};

test('the users listed reach the zone, and all other jobs have no traffic with it in either direction', () => {
  const policy = access({ zone: 'licences', users: ['alice'], groups: [], when: undefined });
  expect(isDropped(policy, job('alice'))).toBe(false);
  expect(isDropped(policy, job('Alice'))).toBe(true);
  expect(policy.judge(job('bob'), licences)).toEqual({ action: 'drop', reason: 'user bob has no access to licences' });
});

test('a group covers its subgroups, letter case aside', () => {
  const policy = access({ zone: 'licences', users: [], groups: ['group_physics'], when: undefined });
  expect(isDropped(policy, job('a', { AcctGroup: 'Group_Physics.cms' }))).toBe(false);
  expect(isDropped(policy, job('a', { AcctGroup: 'group_physics2' }))).toBe(true);
  expect(isDropped(policy, job('a', { AcctGroup: 7 }))).toBe(true);
});

test('in the expression MY is the job, whichever end sends; undecided lets nobody in, and is counted', () => {
  const policy = access({
    zone: 'licences',
    users: [],
    groups: [],
    when: when('MY.Licences > 0 && TARGET.Zone == "licences"'),
  });
  expect(policy.significantAttributes).toEqual(['EndpointType', 'Owner', 'Zone', 'Licences']);
  expect(isDropped(policy, job('a', { Licences: 1 }))).toBe(false);
  expect(isDropped(policy, job('a', { Licences: 0 }))).toBe(true);
  expect(policy.tally?.undecided).toBe(0);
  expect(isDropped(policy, job('a'))).toBe(true);
  expect(policy.tally?.undecided).toBe(2);
});

test('an attribute of the expression that the policy reads anyway is declared once', () => {
  const policy = access({
    zone: 'licences',
    users: [],
    groups: ['g'],
    when: when('MY.owner == "a" && MY.ACCTGROUP is undefined'),
  });
  expect(policy.significantAttributes).toEqual(['EndpointType', 'Owner', 'Zone', 'AcctGroup']);
  expect(isDropped(policy, job('a'))).toBe(false);
});

test('other zones, other jobs and ends that are no jobs are not its business', () => {
  const policy = access({ zone: 'licences', users: ['alice'], groups: [], when: undefined });
  for (const other of [
    zone('wan'),
    job('carol'),
    { EndpointType: 'local', Zone: 'local' },
    { ...job('x'), Zone: 'licences' },
  ]) {
    expect(policy.judge(job('bob'), other)).toBeUndefined();
    expect(policy.judge(other, job('bob'))).toBeUndefined();
  }
  expect(policy.judge(zone('campus'), licences)).toBeUndefined();
});
