// `queues: { group_physics: physics, "*": default }`: which queue of the WAN port a job's traffic leaves by, chosen by the
// job's accounting group. A group covers its subgroups and the longest match wins. Group names compare without regard
// to letter case, as HTCondor's negotiator compares them (ASCII letters only). `*` is for jobs that no group covers,
// those without an accounting group included.

import { z } from 'zod';
import { covers, foldGroup, GROUP_PATTERN, isGroupName } from './options/accounting-groups.ts';
import { describeValue, nameOf } from './options/schema.ts';
import { definePolicy } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

const ANY_GROUP = '*';

/** @param queueByGroup queue names by accounting group; `*` for all the rest. */
export function queues(queueByGroup: ReadonlyMap<string, string>) {
  const otherwise = queueByGroup.get(ANY_GROUP);
  const groups = [...queueByGroup]
    .filter(([group]) => group !== ANY_GROUP)
    .map(([group, queue]) => ({ group: foldGroup(group), queue }))
    .sort((a, b) => b.group.length - a.group.length);

  function queueOf(accountingGroup: unknown): string | undefined {
    if (typeof accountingGroup !== 'string') return otherwise;
    const wanted = foldGroup(accountingGroup);
    return groups.find(({ group }) => covers(group, wanted))?.queue ?? otherwise;
  }

  return definePolicy({
    name: 'queues',
    significantAttributes: ['EndpointType', 'AcctGroup'],
    probes: { AcctGroup: groups.map(({ group }) => group) },
    judge(source) {
      if (source.EndpointType !== 'job') return undefined;
      const queue = queueOf(source.AcctGroup);
      return queue === undefined ? undefined : { action: 'forward', queue };
    },
  });
}

const queueName = nameOf("one of a WAN port's queues").describe('The queue that this group is in.');

const groupName = z
  .string()
  .refine((text) => text === ANY_GROUP || isGroupName(text), {
    error: (issue) =>
      `${describeValue(issue.input)} is no accounting group: expected one such as group_physics.cms, or "*"`,
  })
  .meta({ title: 'accounting group', pattern: `^(\\*|${GROUP_PATTERN})$` });

const byGroup = z.record(groupName, queueName).check((context) => {
  const problem = (message: string, path: string[]) =>
    context.issues.push({ code: 'custom', input: context.value, message, path });
  const firstSpelling = new Map<string, string>();
  for (const group of Object.keys(context.value)) {
    const former = firstSpelling.get(foldGroup(group));
    if (former !== undefined) problem(`"${group}" and "${former}" are one group: letter case does not count`, [group]);
    firstSpelling.set(foldGroup(group), group);
  }
  if (firstSpelling.size === 0) problem('expected at least one group and its queue, such as "*": default', []);
});
const schema = byGroup.meta({
  title: 'accounting groups and the queue of each; `"*"` for all other jobs',
  minProperties: 1,
  examples: [{ 'group_physics.cms': 'cms', '*': 'default' }],
});

export const queuesKind: PolicyKind<Record<string, string>> = {
  summary: 'puts the traffic of jobs into queues of the WAN port by accounting group',
  schema,
  create(options: Record<string, string>, context: PolicyContext) {
    for (const [group, queue] of Object.entries(options)) context.usesQueue([group], queue);
    return queues(new Map(Object.entries(options)));
  },
};
