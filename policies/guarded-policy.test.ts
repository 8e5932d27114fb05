import { afterEach, beforeEach, expect, test } from 'vitest';
import { guarded, type PolicyFailure, policyFailures } from './guarded-policy.ts';
import type { Opinion, Policy, SpecialField } from './policy.ts';

const published: PolicyFailure[] = [];
const listen = (message: unknown) => void published.push(message as PolicyFailure);
beforeEach(() => {
  published.length = 0;
  policyFailures.subscribe(listen);
});
afterEach(() => void policyFailures.unsubscribe(listen));

function make(judge: (source: Record<string, unknown>) => unknown, needs?: readonly SpecialField[]): Policy {
  return guarded({
    name: 'own',
    significantAttributes: ['Owner'],
    ...(needs && { needs }),
    judge: judge as Policy['judge'],
  });
}

const ask = (policy: Policy) => policy.judge({ Owner: 'alice' }, { Owner: 'bob' });

test.each<[string, unknown, Opinion | undefined]>([
  ['no opinion', undefined, undefined],
  ['an allow', { action: 'allow' }, { action: 'allow' }],
  ['a drop', { action: 'drop', reason: 'x' }, { action: 'drop', reason: 'x' }],
  ['a mark', { action: 'forward', mark: 0 }, { action: 'forward', mark: 0 }],
  ['a forward', { action: 'forward', queue: 'q', via: undefined }, { action: 'forward', queue: 'q' }],
])('%s is handed on', (_, answer, expected) => {
  const policy = make(() => answer);
  expect(ask(policy)).toEqual(expected);
  expect(policy.tally).toEqual({ undecided: 0, failed: 0 });
  expect(published).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['null', null, 'answered with object, which is no opinion'],
  ['a truth value', true, 'answered with boolean'],
  ['a promise', Promise.resolve(undefined), 'answered with a promise: judge must answer at once'],
  ['an unknown action', { action: 'accept' }, 'the action accept: expected drop, allow or forward'],
  ['a drop without a reason', { action: 'drop' }, 'dropped without giving a reason'],
  ['a queue that is no name', { action: 'forward', queue: 7 }, 'set queue to no name'],
  ['a field that does not exist', { action: 'forward', colour: 'red' }, 'set colour, which this version'],
  ['a DSCP that is none', { action: 'forward', mark: 64 }, 'a DSCP from 0 to 63'],
  ['a negative DSCP', { action: 'forward', mark: -1 }, 'a DSCP from 0 to 63'],
  ['a DSCP by its name', { action: 'forward', mark: 'ef' }, 'a DSCP from 0 to 63'],
  ['another kind of connections', { action: 'forward', connections: 'new' }, 'set connections to something else'],
  ['a VLAN that is none', { action: 'forward', vlan: 4095 }, 'an id from 1 to 4094'],
  ['replies unannounced', { action: 'forward', connections: 'replies' }, 'which it does not list in needs'],
])('%s: dropped, with a reason that says so', (_, answer, words) => {
  const policy = make(() => answer);
  const opinion = ask(policy);
  expect(opinion).toMatchObject({ action: 'drop', reason: expect.stringContaining(words) });
  expect(opinion).toMatchObject({ reason: expect.stringContaining('the policy own ') });
  expect(policy.tally?.failed).toBe(1);
});

test('what is announced may be set', () => {
  const opinion = { action: 'forward', connections: 'replies', vlan: 120 } as const;
  expect(ask(make(() => opinion, ['connections', 'vlan']))).toEqual(opinion);
});

test('a policy that throws drops; every failure is counted and the first is published', () => {
  const policy = make(() => {
    throw new Error('no such table');
  });
  for (let i = 0; i < 3; i++) expect(ask(policy)).toMatchObject({ action: 'drop' });
  expect(policy.tally?.failed).toBe(3);
  expect(published).toEqual([{ policy: 'own', failure: 'threw: no such table' }]);
});

test('reading what it did not declare fails, rather than being undefined', () => {
  const policy = make((source) => (source.Ownr === 'alice' ? undefined : { action: 'allow' }));
  expect(ask(policy)).toMatchObject({ action: 'drop', reason: expect.stringContaining('it reads Ownr') });
});

test('an answer that fights back is a failure like any other', () => {
  const hostile = {
    get action() {
      throw new Error('boo');
    },
  };
  expect(ask(make(() => hostile))).toMatchObject({ action: 'drop' });
});

test('changing an opinion afterwards changes nothing', () => {
  const opinion = { action: 'drop', reason: 'x' };
  const first = ask(make(() => opinion));
  opinion.action = 'allow';
  expect(first).toEqual({ action: 'drop', reason: 'x' });
});
