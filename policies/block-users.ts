// `block-users: [mallory]`: no traffic from or to any job of these users, whoever is at the other end. For an account
// that must be silenced now; the jobs themselves go on running.

import { userNames, warnOfUserNames } from './options/user-names.ts';
import { type AttributeValue, definePolicy, type EndpointView } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

type Attributes = 'EndpointType' | 'Owner';

export function blockUsers(users: Iterable<string>) {
  const names = [...new Set(users)];
  const blocked = new Set<AttributeValue>(names);
  const isBlocked = (end: EndpointView<Attributes>) => end.EndpointType === 'job' && blocked.has(end.Owner);
  return definePolicy({
    name: 'block-users',
    significantAttributes: ['EndpointType', 'Owner'],
    probes: { Owner: names },
    subjects: names,
    judge(source, destination) {
      const end = [source, destination].find(isBlocked);
      return end && { action: 'drop', reason: `user ${String(end.Owner)} is blocked` };
    },
  });
}

export const blockUsersKind: PolicyKind<string[]> = {
  summary: 'drops all traffic from and to the jobs of the users listed',
  schema: userNames.meta({ examples: [['mallory']] }),
  create(users: string[], context: PolicyContext) {
    warnOfUserNames(users, [], context);
    return blockUsers(users);
  },
};
