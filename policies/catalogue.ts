// Every policy that ships, by the name that the policy file calls it. A new one is added here and nowhere else.

import { accessKind } from './access.ts';
import { blockUsersKind } from './block-users.ts';
import { connectivityKind } from './connectivity.ts';
import { isolateUsersKind } from './isolate-users.ts';
import type { PolicyKind } from './policy-kind.ts';
import { queuesKind } from './queues.ts';
import { ruleKind } from './rule.ts';
import { vlanKind } from './vlan.ts';
import { wanAccessKind } from './wan-access.ts';

/** In the order in which messages and docs list them. */
export const policyCatalogue: ReadonlyMap<string, PolicyKind> = new Map<string, PolicyKind>([
  ['block-users', blockUsersKind],
  ['isolate-users', isolateUsersKind],
  ['wan-access', wanAccessKind],
  ['access', accessKind],
  ['connectivity', connectivityKind],
  ['queues', queuesKind],
  ['vlan', vlanKind],
  ['rule', ruleKind],
]);
