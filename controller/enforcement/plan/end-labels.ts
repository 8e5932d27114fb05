// Names for the ends of a plan, as people know them: users, zones and, where a name is not enough to tell two ends apart,
// the attributes or prefixes that do.

import { formatPrefix } from '../../../protocols/packet/address.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import { type CommonEnd, jobsIn, usersOf } from './common-ends.ts';
import type { PlannedEnd } from './plan-values.ts';

const MOST_NAMES = 5;

export function labelEnds(ends: readonly CommonEnd[]): PlannedEnd[] {
  const named = ends.map((end) => {
    const users = usersOf(end.shifts);
    return { end, users, name: nameOf(end, users) };
  });
  const times = new Map<string, number>();
  for (const { name } of named) times.set(name, (times.get(name) ?? 0) + 1);
  return named.map(({ end, users, name }) => {
    const more = times.get(name) === 1 ? '' : distinction(end);
    return { label: more === '' ? name : `${name} (${more})`, kind: end.kind, jobs: jobsIn(end.shifts), users };
  });
}

function nameOf(end: CommonEnd, users: readonly string[]): string {
  if (end.kind === 'job') return `jobs of ${listed(users)}`;
  if (end.kind === 'local') return 'local addresses';
  const zones = [...end.zones.values()];
  const [before, after] = [0, 1].map((side) => listed([...new Set(zones.map((pair) => zoneName(pair[side]!)))]));
  if (before === after) return before!;
  return `${listed(end.prefixes.map(formatPrefix))}, ${before} and then ${after}`;
}

function zoneName(zone: string): string {
  if (zone === 'unregistered') return 'addresses of jobs.ranges without a job';
  return zone === 'wan' ? 'wan' : `zone ${zone}`;
}

/** What the policies look at and the users do not say. */
function distinction({ kind, before, after, prefixes }: CommonEnd): string {
  if (kind === 'zone') return listed(prefixes.map(formatPrefix));
  const attributes = new Map([...attributesOf(before), ...attributesOf(after)]);
  const told = [...attributes].filter(([name]) => !/^(owner|endpointtype|zone)$/i.test(name));
  return told
    .map(([name, value]) => `${name} = ${value === undefined ? 'undefined' : JSON.stringify(value, bigintAsText)}`)
    .join(', ');
}

function attributesOf(endpointClass: EndpointClass | undefined): Iterable<readonly [string, unknown]> {
  return endpointClass?.attributes ?? [];
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

export function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
}
