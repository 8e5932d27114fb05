// What the policies of a file mean together: one that can never act, because those before it decide everything that it
// would or because it says nothing of anybody, conditions that are undefined for ends which can meet them, and verdicts that some switches cannot carry out.
// Nothing is said that is not certain: a policy that is a module's, or a rule with functions, is never called idle.

import type { Opinion, Policy, SpecialField } from '../../policies/policy.ts';
import { type Config, formatPlace, type PolicyEntry } from './config.ts';
import type { Findings } from './findings.ts';
import type { LoadedPolicies } from './load-policies.ts';
import { type RepresentativeEnd, representativeEnds, viewOfRepresentative } from './representative-ends.ts';
import type { Path } from './yaml-source.ts';

/** Every pair of ends is asked about, so the time goes with the square. Files that need more are not checked so. */
const MOST_ENDS = 150;

export function checkPolicies(loaded: LoadedPolicies, config: Config, findings: Findings): void {
  const zones = config.zones.map(({ name }) => name);
  checkCarriedOut(loaded, config, findings);
  warnOfIdlePolicies(loaded, config, zones, findings);
  for (const [index, path] of loaded.paths.entries()) warnOfDoubts(config, index, path, zones, findings);
}

const REPLIES_ON_10 =
  'OpenFlow 1.0 cannot match what tells a reply from a new connection: on switches that speak it, each packet that may only be a reply goes by way of Lark; if all speak 1.3, write openflow: { versions: ["1.3"] }';

/** What costs more than it seems is a warning. */
function checkCarriedOut({ policies, paths }: LoadedPolicies, config: Config, findings: Findings): void {
  const speaks10 = config.openflow.versions.includes(1);
  for (const [index, { policy }] of policies.entries()) {
    const path = paths[index]!;
    const needs = (field: SpecialField) => policy.needs?.includes(field) === true;
    if (needs('connections') && speaks10) findings.warn('CONFIG_UNPROTECTED', path, REPLIES_ON_10, 'key');
  }
}

const OF_NOBODY =
  'never acts: there are no source and destination of which it says anything; look for what contradicts itself, or remove it';

interface Pair {
  readonly source: RepresentativeEnd;
  readonly destination: RepresentativeEnd;
  /** The policy that ended the search, by index. */
  decidedBy: number | undefined;
  /** Which policy set each field. */
  readonly setBy: Map<string, number>;
}

function warnOfIdlePolicies(
  { policies, paths }: LoadedPolicies,
  config: Config,
  zones: readonly string[],
  findings: Findings,
): void {
  for (const [index, { policy }] of policies.entries()) {
    const outcome = outcomeOf(policies, index, zones);
    if (outcome === undefined) continue;
    const says = (whom: string, before: ReadonlySet<number>) => {
      const names = [...before].sort((a, b) => a - b).map((i) => named(config, i));
      const message = `${whom}never acts: ${names.join(' and ')} decided before it; move it up, or remove it`;
      findings.warn('CONFIG_SUSPICIOUS', paths[index]!, message, 'key');
    };
    const { acts, forestalledBy, idleFor } = outcome;
    if (!acts && forestalledBy.size > 0) says('', forestalledBy);
    else if (!acts && policy.probes !== undefined) findings.warn('CONFIG_SUSPICIOUS', paths[index]!, OF_NOBODY, 'key');
    else if (policy.probes !== undefined) {
      for (const [user, before] of idleFor) says(`for user ${JSON.stringify(user)} this `, before);
    }
  }
}

/**
 * What is left for a policy to do. Of those before it, only the ones that look at no more than it does are asked: that
 * keeps the ends few, and can only make it seem to act where it does not, never the reverse.
 */
function outcomeOf(policies: readonly PolicyEntry[], index: number, zones: readonly string[]): Outcome | undefined {
  const { policy } = policies[index]!;
  const looksAt = new Set(policy.probes === undefined ? [] : keysOf(policy));
  const asked = [...policies.keys()].slice(0, index).filter((earlier) => {
    const { policy: other } = policies[earlier]!;
    return other.probes !== undefined && keysOf(other).every((key) => looksAt.has(key));
  });
  if (asked.length === 0 && policy.probes === undefined) return undefined;
  const known = [...asked, ...(policy.probes === undefined ? [] : [index])];
  const ends = representativeEnds(
    known.map((each) => policies[each]!.policy),
    zones,
    MOST_ENDS,
  );
  if (ends === undefined) return undefined;
  const pairs: Pair[] = ends.flatMap((source) =>
    ends.map((destination) => ({ source, destination, decidedBy: undefined, setBy: new Map() })),
  );
  for (const each of asked) ask(policies[each]!, each, pairs);
  if (policy.probes !== undefined) return ask(policies[index]!, index, pairs);
  // Of a policy that cannot be asked it is certain only if nothing at all is left to decide.
  const acts = pairs.some(({ decidedBy }) => decidedBy === undefined);
  return { acts, forestalledBy: decidersOf(pairs), idleFor: new Map() };
}

/** The attributes that make jobs differ to a policy; zones and address sets are few enough to be tried always. */
function keysOf({ significantAttributes, addressSets = {} }: Policy): string[] {
  const sets = Object.keys(addressSets);
  return significantAttributes
    .filter((name) => !sets.includes(name))
    .map((name) => name.toLowerCase())
    .filter((key) => key !== 'endpointtype' && key !== 'zone');
}

interface Outcome {
  readonly acts: boolean;
  /** Who decided first what it would have decided. */
  readonly forestalledBy: ReadonlySet<number>;
  readonly idleFor: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Asks a policy about every pair, and notes in the pairs what it decides. */
function ask({ policy, audit }: PolicyEntry, index: number, pairs: readonly Pair[]): Outcome {
  const viewOf = cached((end) => viewOfRepresentative(policy, end));
  const forestalledBy = new Set<number>();
  const byUser = new Map((policy.subjects ?? []).map((user) => [user, { acts: false, before: new Set<number>() }]));
  let acts = false;
  for (const pair of pairs) {
    const opinion = policy.judge(viewOf(pair.source), viewOf(pair.destination));
    if (opinion === undefined) continue;
    const before = decidedBefore(opinion, pair);
    for (const each of before) forestalledBy.add(each);
    const hasEffect = before.length === 0;
    acts ||= hasEffect;
    for (const end of [pair.source, pair.destination]) {
      const user = byUser.get(String(end.attributes.get('owner')));
      if (user === undefined) continue;
      user.acts ||= hasEffect;
      for (const each of before) user.before.add(each);
    }
    if (hasEffect) note(opinion, index, audit === true, pair);
  }
  const idle = [...byUser].filter(([, user]) => !user.acts && user.before.size > 0);
  return { acts, forestalledBy, idleFor: new Map(idle.map(([name, { before }]) => [name, before])) };
}

/** Those that leave an opinion without effect; none where it has one. */
function decidedBefore(opinion: Opinion, { decidedBy, setBy }: Pair): readonly number[] {
  if (decidedBy !== undefined) return [decidedBy];
  if (opinion.action !== 'forward') return [];
  const setters = fieldsOf(opinion).map((field) => setBy.get(field));
  return setters.every((setter) => setter !== undefined) ? setters : [];
}

function note(opinion: Opinion, index: number, isAudited: boolean, pair: Pair): void {
  if (opinion.action === 'forward') {
    for (const field of fieldsOf(opinion)) {
      if (!pair.setBy.has(field) && !(isAudited && field === 'connections')) pair.setBy.set(field, index);
    }
  } else if (opinion.action === 'allow' || !isAudited) pair.decidedBy = index;
}

function fieldsOf(opinion: Extract<Opinion, { action: 'forward' }>): string[] {
  const { action, ...fields } = opinion;
  return Object.keys(fields);
}

function decidersOf(pairs: readonly Pair[]): ReadonlySet<number> {
  return new Set(pairs.flatMap(({ decidedBy }) => (decidedBy === undefined ? [] : [decidedBy])));
}

function named({ policies }: Config, index: number): string {
  const { policy, place } = policies[index]!;
  return `${policy.name} (${formatPlace(place)})`;
}

/** Where a condition that drops is undefined, which counts as true: once for a policy, with the first case as example. */
function warnOfDoubts(config: Config, index: number, path: Path, zones: readonly string[], findings: Findings): void {
  const { policy, audit } = config.policies[index]!;
  if (policy.doubts === undefined || audit === true) return;
  const ends = representativeEnds([policy], zones, MOST_ENDS) ?? [];
  for (const source of ends) {
    for (const destination of ends) {
      const lacking = policy.doubts(viewOfRepresentative(policy, source), viewOfRepresentative(policy, destination));
      if (lacking.length === 0 || isDecidedBefore(config, index, source, destination)) continue;
      const message = `when is undefined where the source is ${source.label} and the destination ${destination.label} (no ${lacking.join(', no ')}), and undefined counts as true, so that this drops; to leave such traffic alone write =?= and =!= for == and !=, or ask for EndpointType first`;
      findings.warn('CONFIG_SUSPICIOUS', [...path, 'when'], message);
      return;
    }
  }
}

function isDecidedBefore(
  { policies }: Config,
  index: number,
  source: RepresentativeEnd,
  destination: RepresentativeEnd,
): boolean {
  return policies.slice(0, index).some(({ policy, audit }) => {
    if (policy.probes === undefined) return false;
    const opinion = policy.judge(viewOfRepresentative(policy, source), viewOfRepresentative(policy, destination));
    return opinion?.action === 'allow' || (opinion?.action === 'drop' && audit !== true);
  });
}

function cached<T>(make: (end: RepresentativeEnd) => T): (end: RepresentativeEnd) => T {
  const made = new Map<RepresentativeEnd, T>();
  return (end) => {
    let value = made.get(end);
    if (value === undefined) {
      value = make(end);
      made.set(end, value);
    }
    return value;
  };
}
