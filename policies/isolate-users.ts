// `isolate-users: true`: jobs of different users do not talk to each other. Jobs of one user do, and all of them talk to
// zones as the other policies let them. A job whose ad has no `Owner` is nobody's, so it is isolated from every other
// job, such jobs among themselves included: what cannot be told apart is not let together.

import { z } from 'zod';
import { type AttributeValue, definePolicy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

export function isolateUsers() {
  return definePolicy({
    name: 'isolate-users',
    significantAttributes: ['EndpointType', 'Owner'],
    probes: {},
    judge(source, destination) {
      if (source.EndpointType !== 'job' || destination.EndpointType !== 'job') return undefined;
      const isSameUser = typeof source.Owner === 'string' && source.Owner === destination.Owner;
      if (isSameUser) return undefined;
      return {
        action: 'drop',
        reason: `jobs of different users: ${describeOwner(source.Owner)} and ${describeOwner(destination.Owner)}`,
      };
    },
  });
}

function describeOwner(owner: AttributeValue): string {
  return typeof owner === 'string' ? owner : 'one without Owner';
}

export const isolateUsersKind: PolicyKind<boolean> = {
  summary: 'drops traffic between jobs of different users',
  schema: z.boolean().meta({ title: '`true`, or `false` for off', examples: [true] }),
  create: (isOn: boolean) => (isOn ? isolateUsers() : undefined),
};
