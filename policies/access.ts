// `access: { zone: NAME, users: […], groups: […], when: EXPR }`: who may reach a named zone, such as a licence server.
// Jobs of these users, of these accounting groups, and those for which the expression is true reach it; all other jobs
// have no traffic with it, in either direction. It grants nothing beyond that: later policies are still asked. An
// expression that is undefined or an error does not let a job in.

import type { z } from 'zod';
import { type Condition, condition } from './expression/condition.ts';
import { warnOfCondition } from './expression/warnings.ts';
import { covers, foldGroup, groupNames } from './options/accounting-groups.ts';
import { mapping, nameOf } from './options/schema.ts';
import { userNames, warnOfUserNames } from './options/user-names.ts';
import { type AttributeValue, definePolicy, type EndpointView } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

export interface Access {
  readonly zone: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** MY is the job and TARGET the zone, whichever of the two sends. */
  readonly when: Condition | undefined;
}

export function access({ zone, users, groups, when }: Access) {
  const mayEnter = new Set<AttributeValue>(users);
  const folded = groups.map(foldGroup);
  const tally = { undecided: 0, failed: 0 };

  function isAdmitted(job: EndpointView<string>, other: EndpointView<string>): boolean {
    if (mayEnter.has(job.Owner)) return true;
    const group = typeof job.AcctGroup === 'string' ? foldGroup(job.AcctGroup) : undefined;
    if (group !== undefined && folded.some((each) => covers(each, group))) return true;
    const answer = when?.evaluate(job, other) ?? false;
    if (typeof answer !== 'boolean') tally.undecided++;
    return answer === true;
  }

  return definePolicy<string>({
    name: 'access',
    significantAttributes: attributesOf(groups, when),
    ...(isProbed(when) && { probes: probesOf(zone, users, groups, when) }),
    tally,
    judge(source, destination) {
      for (const [job, other] of [
        [source, destination],
        [destination, source],
      ] as const) {
        const isAbout = job.EndpointType === 'job' && other.EndpointType === 'zone' && other.Zone === zone;
        if (!isAbout || isAdmitted(job, other)) continue;
        return { action: 'drop', reason: `user ${String(job.Owner)} has no access to ${zone}` };
      }
      return undefined;
    },
  });
}

function attributesOf(groups: readonly string[], when: Condition | undefined): readonly string[] {
  const own = ['EndpointType', 'Owner', 'Zone', ...(groups.length > 0 ? ['AcctGroup'] : [])];
  const ownKeys = new Set(own.map((name) => name.toLowerCase()));
  return [...own, ...(when?.significantAttributes ?? []).filter((name) => !ownKeys.has(name.toLowerCase()))];
}

function isProbed(when: Condition | undefined): boolean {
  return when === undefined || when.comparisons.isComplete;
}

function probesOf(zone: string, users: readonly string[], groups: readonly string[], when: Condition | undefined) {
  const own = { owner: users, zone: [zone], acctgroup: groups };
  const names = attributesOf(groups, when);
  return Object.fromEntries(
    names.map((name) => {
      const key = name.toLowerCase();
      const listed: readonly AttributeValue[] = Object.hasOwn(own, key) ? own[key as keyof typeof own] : [];
      return [name, [...listed, ...(when?.comparisons.constants.get(key) ?? [])]];
    }),
  );
}

const options = mapping({
  zone: nameOf('a zone of this file, or wan').describe('The zone that only those listed here reach.'),
  users: userNames.optional().describe('Jobs of these users reach it.'),
  groups: groupNames.optional().describe('Jobs of these accounting groups and their subgroups reach it.'),
  when: condition
    .optional()
    .describe('Jobs for which this ClassAd expression is true reach it. `MY` is the job and `TARGET` the zone.'),
}).check((context) => {
  const { users, groups, when } = context.value;
  if (users !== undefined || groups !== undefined || when !== undefined) return;
  const message = 'expected users, groups, when or several of them: without them it could not say who has access';
  context.issues.push({ code: 'custom', input: context.value, message });
});
const schema = options.meta({
  anyOf: ['users', 'groups', 'when'].map((key) => ({ required: [key] })),
  examples: [{ zone: 'license-server', users: ['carol'], groups: ['group_physics'] }],
});
type Options = z.output<typeof schema>;

export const accessKind: PolicyKind<Options> = {
  summary: 'lets only the jobs listed reach a zone',
  schema,
  create({ zone, users, groups, when }: Options, context: PolicyContext) {
    context.usesZone(['zone'], zone);
    if (users !== undefined) warnOfUserNames(users, ['users'], context);
    if (when !== undefined) warnOfCondition(when, ['when'], context);
    return access({ zone, users: users ?? [], groups: groups ?? [], when });
  },
};
