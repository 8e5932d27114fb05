// Ends that stand for all ends, for `lark check`: one of each kind that the policies can tell apart. Policies that list the
// constants they compare with (`probes`) tell apart those values, one of each other kind, and whether two ends are
// equal; so a few made-up jobs, each zone and a local address are all that there is to ask about.

import type { AttributeValue, EndpointView, Policy } from '../../policies/policy.ts';
import { JOB_ZONE, LOCAL_ZONE, WAN_ZONE } from './zones.ts';

export interface RepresentativeEnd {
  readonly kind: 'job' | 'zone' | 'local';
  /** `a job`, `the zone campus`, `a local address`. */
  readonly label: string;
  /** By lower-cased name; of zones and local addresses all that there is. */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** Values that no file lists. Two, since policies may ask whether both ends have the same. */
const OTHER_TEXTS = ['(a value not listed)', '(another value not listed)'];
const OTHER_VALUES: readonly AttributeValue[] = [undefined, ...OTHER_TEXTS, 987_654_321, true, false];

/** Attributes of which more is known than that they are a job's: registration sees to it. */
const KNOWN: Readonly<Record<string, readonly AttributeValue[]>> = {
  owner: OTHER_TEXTS,
  acctgroup: [undefined, ...OTHER_TEXTS],
};

/** Undefined where they would be more than `limit`. */
export function representativeEnds(
  policies: readonly Policy[],
  zones: readonly string[],
  limit: number,
): RepresentativeEnd[] | undefined {
  const setValues = addressSetValues(policies);
  const sets = new Set(setValues.keys());
  const ofAnyEnd = [...setValues];
  const ofJobs = [...jobValues(policies, sets)];
  const zoneNames = [...new Set([...zones, WAN_ZONE])];
  const perEnd = ofAnyEnd.reduce((product, [, values]) => product * values.length, 1);
  const jobCount = ofJobs.reduce((product, [, values]) => product * values.length, perEnd);
  if (jobCount + (zoneNames.length + 1) * perEnd > limit) return undefined;

  const jobs = combinations([...ofJobs, ...ofAnyEnd]).map((attributes) => endOf('job', JOB_ZONE, attributes));
  const others = combinations(ofAnyEnd).flatMap((attributes) => [
    ...zoneNames.map((zone) => endOf('zone', zone, attributes)),
    endOf('local', LOCAL_ZONE, attributes),
  ]);
  return [...jobs, ...others];
}

/** What `policy` would be shown of an end. */
export function viewOfRepresentative(policy: Policy, end: RepresentativeEnd): EndpointView<string> {
  const view: Record<string, AttributeValue> = Object.create(null);
  for (const name of policy.significantAttributes) view[name] = end.attributes.get(lower(name));
  return Object.freeze(view);
}

/** No address is in an empty set. */
function addressSetValues(policies: readonly Policy[]): ReadonlyMap<string, readonly AttributeValue[]> {
  const sets = policies.flatMap((policy) => Object.entries(policy.addressSets ?? {}));
  return new Map(sets.map(([name, prefixes = []]) => [lower(name), prefixes.length === 0 ? [false] : [false, true]]));
}

function jobValues(
  policies: readonly Policy[],
  sets: ReadonlySet<string>,
): ReadonlyMap<string, readonly AttributeValue[]> {
  const values = new Map<string, Set<AttributeValue>>([['owner', new Set(KNOWN.owner)]]);
  for (const { significantAttributes, probes = {} } of policies) {
    for (const name of significantAttributes) {
      const key = lower(name);
      if (key === 'endpointtype' || key === 'zone' || sets.has(key)) continue;
      const known = values.get(key) ?? new Set(KNOWN[key] ?? OTHER_VALUES);
      for (const value of probes[name] ?? []) known.add(value);
      values.set(key, known);
    }
  }
  return new Map([...values].map(([key, set]) => [key, [...set]]));
}

function combinations(
  choices: readonly (readonly [string, readonly AttributeValue[]])[],
): (readonly (readonly [string, AttributeValue])[])[] {
  let made: (readonly (readonly [string, AttributeValue])[])[] = [[]];
  for (const [name, values] of choices) {
    made = made.flatMap((chosen) => values.map((value) => [...chosen, [name, value] as const]));
  }
  return made;
}

function endOf(
  kind: RepresentativeEnd['kind'],
  zone: string,
  attributes: readonly (readonly [string, AttributeValue])[],
): RepresentativeEnd {
  const label = kind === 'job' ? 'a job' : kind === 'zone' ? `the zone ${zone}` : 'a local address';
  return { kind, label, attributes: new Map([...attributes, ['endpointtype', kind], ['zone', zone]]) };
}

function lower(name: string): string {
  return name.toLowerCase();
}
