import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AttributeValue } from './policy.ts';
import { queues } from './queues.ts';

const policy = queues(
  new Map([
    ['group_physics', 'physics'],
    ['group_physics.cms', 'cms'],
    ['*', 'default'],
  ]),
);
const job = (AcctGroup: AttributeValue) => ({ EndpointType: 'job', AcctGroup });
const zone = { EndpointType: 'zone', AcctGroup: undefined };
const queueOf = (group: AttributeValue) => policy.judge(job(group), zone);

test('a group covers its subgroups, and the longest match wins', () => {
  expect(queueOf('group_physics')).toEqual({ action: 'forward', queue: 'physics' });
  expect(queueOf('group_physics.atlas')).toEqual({ action: 'forward', queue: 'physics' });
  expect(queueOf('group_physics.cms')).toEqual({ action: 'forward', queue: 'cms' });
  expect(queueOf('group_physics.cms.alice')).toEqual({ action: 'forward', queue: 'cms' });
});

test('a group whose name only begins like another’s is not its subgroup', () => {
  expect(queueOf('group_physics2')).toEqual({ action: 'forward', queue: 'default' });
  expect(queueOf('group_physics.cms2')).toEqual({ action: 'forward', queue: 'physics' });
});

test('group names compare without letter case, in ASCII only', () => {
  expect(queueOf('Group_Physics.CMS')).toEqual({ action: 'forward', queue: 'cms' });
  const kilo = queues(new Map([['group_k', 'k']]));
  expect(kilo.judge(job('group_K'), zone)).toEqual({ action: 'forward', queue: 'k' });
  // The Kelvin sign, which Unicode lower-cases to "k".
  expect(kilo.judge(job('group_\u212a'), zone)).toBeUndefined();
});

test('jobs of other groups, and of none, take the queue of "*" or have none', () => {
  for (const group of ['group_biology', undefined, '', 12]) {
    expect(queueOf(group)).toEqual({ action: 'forward', queue: 'default' });
    expect(queues(new Map([['group_physics', 'physics']])).judge(job(group), zone)).toBeUndefined();
  }
});

test('traffic that no job sends has no queue', () => {
  expect(policy.judge(zone, job('group_physics'))).toBeUndefined();
});

test('the order in which the file lists groups does not matter', () => {
  const part = fc.constantFrom('a', 'b', 'A', 'ab');
  const group = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const entries = fc.uniqueArray(group, { maxLength: 6, selector: (name) => name.toLowerCase() });
  fc.assert(
    fc.property(entries, group, (names, wanted) => {
      const inOrder = queues(new Map(names.map((name) => [name, name])));
      const reversed = queues(new Map(names.toReversed().map((name) => [name, name])));
      const longest = names
        .filter((name) => `${wanted}.`.toLowerCase().startsWith(`${name}.`.toLowerCase()))
        .sort((a, b) => b.length - a.length)[0];
      const expected = longest === undefined ? undefined : { action: 'forward', queue: longest };
      expect(inOrder.judge(job(wanted), zone)).toEqual(expected);
      expect(reversed.judge(job(wanted), zone)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
