// `wan-access`: who may reach the wide-area network, and by which port. `deny` drops traffic between the jobs of these
// users and the zone `wan`, in both directions, save that with the addresses in `allow-anyway`; `redirect` sends the
// traffic of these users' jobs to `wan` out of a named alternate port. Zones of the file are not `wan` and stay reachable.

import type { z } from 'zod';
import type { Prefix } from '../protocols/packet/address.ts';
import { prefixList } from './options/prefixes.ts';
import { mapping, nameOf } from './options/schema.ts';
import { userNames, warnOfUserNames } from './options/user-names.ts';
import { definePolicy, type EndpointView } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

export interface WanAccess {
  readonly deny: readonly string[];
  readonly allowAnyway: readonly Prefix[];
  readonly redirect: { readonly users: readonly string[]; readonly via: string } | undefined;
}

type Attributes = 'EndpointType' | 'Owner' | 'Zone' | `AllowAnyway#${number}`;

/** `number` makes the name of its address set its own, where a file has the policy several times. */
export function wanAccess(access: WanAccess, number: number) {
  const allowedAnyway = `AllowAnyway#${number}` as const;
  const denied = new Set<unknown>(access.deny);
  const redirected = new Set<unknown>(access.redirect?.users);
  const via = access.redirect?.via;
  const subjects = [...new Set([...access.deny, ...(access.redirect?.users ?? [])])];
  const isDenied = (job: EndpointView<Attributes>, other: EndpointView<Attributes>) =>
    isJobAndWan(job, other) && denied.has(job.Owner) && other[allowedAnyway] !== true;

  return definePolicy<Attributes>({
    name: 'wan-access',
    significantAttributes: ['EndpointType', 'Owner', 'Zone', allowedAnyway],
    addressSets: { [allowedAnyway]: access.allowAnyway },
    probes: { Owner: subjects, Zone: ['wan'] },
    subjects,
    judge(source, destination) {
      if (isDenied(source, destination)) return drop(source);
      if (isDenied(destination, source)) return drop(destination);
      if (via !== undefined && isJobAndWan(source, destination) && redirected.has(source.Owner)) {
        return { action: 'forward', via };
      }
      return undefined;
    },
  });
}

function isJobAndWan(job: EndpointView<Attributes>, other: EndpointView<Attributes>): boolean {
  return job.EndpointType === 'job' && other.EndpointType === 'zone' && other.Zone === 'wan';
}

function drop(job: EndpointView<Attributes>) {
  return { action: 'drop', reason: `user ${String(job.Owner)} may not use the WAN` } as const;
}

const redirect = mapping({
  users: userNames.describe('The users whose traffic to `wan` is redirected.'),
  via: nameOf("one of a switch's alternates").describe('The alternate port that it leaves by.'),
});

const options = mapping({
  deny: userNames.optional().describe('Users whose jobs have no traffic with `wan`, in either direction.'),
  'allow-anyway': prefixList.optional().describe('Addresses that the denied reach all the same.'),
  redirect: redirect.optional().describe('Whose traffic to `wan` leaves by which alternate port.'),
}).check((context) => {
  if (context.value.deny !== undefined || context.value.redirect !== undefined) return;
  context.issues.push({
    code: 'custom',
    input: context.value,
    message: 'expected "deny", "redirect" or both: without them wan-access does nothing',
  });
});
const schema = options.meta({
  anyOf: ['deny', 'redirect'].map((key) => ({ required: [key] })),
  examples: [{ deny: ['eve'], 'allow-anyway': ['203.0.113.99'], redirect: { users: ['alice'], via: 'i2' } }],
});
type Options = z.output<typeof schema>;

export const wanAccessKind: PolicyKind<Options> = {
  summary: 'denies users the WAN, or sends their WAN traffic out of an alternate port',
  schema,
  create(options: Options, context: PolicyContext) {
    const deny = options.deny ?? [];
    if (options.deny !== undefined) warnOfUserNames(deny, ['deny'], context);
    else if (options['allow-anyway'] !== undefined) {
      context.warn(['allow-anyway'], 'has no effect without "deny": it makes exceptions from that alone');
    }
    if (options.redirect !== undefined) {
      warnOfUserNames(options.redirect.users, ['redirect', 'users'], context);
      warnOfDeniedAndRedirected(options.redirect.users, deny, context);
      context.usesAlternate(['redirect', 'via'], options.redirect.via);
    }
    const access = { deny, allowAnyway: options['allow-anyway'] ?? [], redirect: options.redirect };
    return wanAccess(access, context.number);
  },
};

function warnOfDeniedAndRedirected(users: readonly string[], deny: readonly string[], context: PolicyContext): void {
  for (const [index, user] of users.entries()) {
    if (!deny.includes(user)) continue;
    context.warn(
      ['redirect', 'users', index],
      `"${user}" is denied the WAN above: only traffic to the allow-anyway addresses is redirected`,
    );
  }
}
