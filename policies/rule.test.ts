import { expect, test } from 'vitest';
import { readCondition } from './expression/condition.ts';
import { type Consequence, rule } from './rule.ts';

function make(text: string, consequence: Consequence, reason?: string) {
  const reading = readCondition(text);
  if ('problem' in reading) throw new Error(reading.problem);
  return rule({ when: reading.value, consequence, reason });
}

const job = (Owner: string) => ({ EndpointType: 'job', Zone: 'job', Owner });
const zone = (Zone: string) => ({ EndpointType: 'zone', Zone });

test('where the expression is true the rule acts, in that direction', () => {
  const policy = make('MY.Owner =!= "carol" && TARGET.Zone == "license-server"', 'drop', 'the licences are carol’s');
  expect(policy.significantAttributes).toEqual(['Owner', 'Zone']);
  expect(policy.judge(job('bob'), zone('license-server'))).toEqual({
    action: 'drop',
    reason: 'the licences are carol’s',
  });
  expect(policy.judge(job('carol'), zone('license-server'))).toBeUndefined();
  expect(policy.judge(job('bob'), job('carol'))).toBeUndefined();
  expect(policy.judge(zone('license-server'), job('bob'))).toBeUndefined();
});

test('a drop without a reason is explained by its expression, on one line', () => {
  expect(make('MY.Owner ==\n  "carol"', 'drop').judge(job('carol'), zone('wan'))).toEqual({
    action: 'drop',
    reason: 'rule: MY.Owner == "carol"',
  });
});

test('undefined and error count as true for drop and as false for all else, and are counted', () => {
  for (const [text, source] of [
    ['MY.Owner == "carol"', zone('wan')],
    ['MY.Owner > 5', job('carol')],
  ] as const) {
    const drop = make(text, 'drop');
    expect(drop.judge(source, zone('wan'))).toMatchObject({ action: 'drop' });
    expect(drop.tally).toEqual({ undecided: 1, failed: 0 });
    for (const other of ['allow', { queue: 'q' }, { connections: 'replies' }] as const) {
      const policy = make(text, other);
      expect(policy.judge(source, zone('wan'))).toBeUndefined();
      expect(policy.tally?.undecided).toBe(1);
    }
  }
});

test('fields of the verdict are set together, and replies are announced', () => {
  const policy = make('MY.Owner =?= "carol"', { queue: 'q', via: 'i2', connections: 'replies', mark: 0 });
  expect(policy.judge(job('carol'), zone('wan'))).toEqual({
    action: 'forward',
    queue: 'q',
    via: 'i2',
    connections: 'replies',
    mark: 0,
  });
  expect(policy.needs).toEqual(['connections']);
  expect(make('true', { queue: 'q' }).needs).toEqual([]);
});

test('doubts name what an end lacks, for drops alone', () => {
  expect(make('MY.Owner == "carol"', 'drop').doubts?.(zone('wan'), job('x'))).toEqual(['MY.Owner']);
  expect(make('MY.Owner == "carol"', 'drop').doubts?.(job('x'), job('x'))).toEqual([]);
  expect(make('MY.Owner == "carol"', 'allow').doubts?.(zone('wan'), job('x'))).toEqual([]);
});

test('probes are given where the expression only compares with constants', () => {
  expect(make('!(MY.Owner == "Al") && TARGET.Zone isnt undefined || MY.Trusted', 'drop').probes).toEqual({
    Owner: ['Al', 'AL', 'al'],
    Trusted: [0],
    Zone: [undefined],
  });
  for (const text of ['MY.a > 5', 'regexp("a", MY.a)', 'MY.a == TARGET.a', 'MY.a + 1 == 2', 'MY.a == 1.5', '-MY.a']) {
    expect(make(text, 'drop').probes).toBeUndefined();
  }
});
