import { attributeNames, evaluateAttribute, parseAd } from 'node-classad';
import { describe, expect, test } from 'vitest';
import { type AdSubject, jobAd, machineAd, onOneLine, sendRequest } from './ads.ts';

const SUBJECT: AdSubject = {
  user: 'alice',
  accountingGroup: 'group_cms.production',
  cluster: 4711,
  machine: 'wn021.example.edu',
  slot: 3,
  ipv4: '10.1.0.11',
  ipv6: '2001:db8:1::11',
  mac: '02:00:00:01:00:11',
  externalInterface: 'veth-alice-1',
};

describe.each([
  ['job', jobAd],
  ['machine', machineAd],
] as const)('the %s ad', (_, adOf) => {
  test('is the same ad in long form and on one line', () => {
    const longForm = parseAd(adOf(SUBJECT), { syntax: 'long' });
    const oneLine = parseAd(onOneLine(adOf(SUBJECT)), { syntax: 'new' });
    expect(attributeNames(oneLine)).toEqual(attributeNames(longForm));
    expect(attributeNames(longForm).length).toBeGreaterThan(30);
    for (const name of attributeNames(longForm)) {
      expect(evaluateAttribute(oneLine, name)).toEqual(evaluateAttribute(longForm, name));
    }
  });
});

test('the ads say who runs the job, and where it is', () => {
  const [job, machine] = [parseAd(jobAd(SUBJECT)), parseAd(machineAd(SUBJECT))];
  expect(evaluateAttribute(job, 'Owner')).toBe('alice');
  expect(evaluateAttribute(job, 'AcctGroup')).toBe('group_cms.production');
  expect(evaluateAttribute(machine, 'LarkInnerAddressIPv6')).toBe('2001:db8:1::11');
  expect(evaluateAttribute(machine, 'LarkExternalInterface')).toBe('veth-alice-1');
});

test('what a subject does not have, its ads do not mention', () => {
  const { accountingGroup: _, ...rest } = SUBJECT;
  const bare: AdSubject = { ...rest, accountingGroup: undefined, ipv6: undefined };
  expect(jobAd(bare)).not.toMatch(/AcctGroup|AccountingGroup/);
  expect(machineAd(bare)).not.toMatch(/IPv6/);
});

test('a SEND has the two ads on a line each, or in long form with dashes between', () => {
  expect(sendRequest(SUBJECT, 'one-line').split('\n')).toHaveLength(4);
  expect(sendRequest(SUBJECT, 'long')).toMatch(/^SEND\n.*\n------\n.*\n$/s);
});
