// What a file defines and nothing can make use of: zone prefixes whose every address is in longer ones, queues and
// alternates that no policy names; and what policies name that no end can be. All are warnings, since all can be carried
// out.

import { nearestName } from '../../policies/options/nearest-name.ts';
import type { Policy } from '../../policies/policy.ts';
import { formatPrefix, type Prefix } from '../../protocols/packet/address.ts';
import type { Config, ZoneConfig } from './config.ts';
import type { Findings } from './findings.ts';
import { hiddenPrefixes } from './hidden-prefixes.ts';
import type { LoadedPolicies, WanReference, ZoneReference } from './load-policies.ts';
import type { LoadedSwitches } from './load-switches.ts';
import { MODULE } from './policy-entry.ts';
import type { Path } from './yaml-source.ts';
import { enclosingPrefix, JOB_ZONE, LOCAL_ZONE, WAN_ZONE } from './zones.ts';

interface OwnedPrefix extends Prefix {
  /** Undefined for a job range. */
  readonly zone?: string;
  readonly path?: Path;
}

/**
 * Zone prefixes that prefixes of other zones, and the job ranges, leave nothing of; and policies about a zone that has nothing
 * left.
 */
export function warnOfHiddenZones(
  zones: readonly ZoneConfig[],
  ranges: readonly Prefix[],
  references: readonly ZoneReference[],
  findings: Findings,
): void {
  const owned = zones.flatMap(({ name, prefixes }) =>
    prefixes.map((prefix, i): OwnedPrefix => ({ ...prefix, zone: name, path: ['zones', name, i] })),
  );
  const hiddenBy = hiddenPrefixes<OwnedPrefix>([...owned, ...ranges]);
  const rangeAround = enclosingPrefix(ranges);
  const seen = new Set(owned.filter((each) => !hiddenBy.has(each) && !rangeAround(each)).map(({ zone }) => zone));
  for (const { name, path } of references) {
    if (name === WAN_ZONE || seen.has(name) || !zones.some((zone) => zone.name === name)) continue;
    findings.warn('CONFIG_SUSPICIOUS', path, `no address is in zone ${name}, so this never acts: see its prefixes`);
  }
  for (const [hidden, within] of hiddenBy) {
    if (hidden.path === undefined) continue;
    const owners = [...new Set(within.map(({ zone }) => (zone === undefined ? 'jobs.ranges' : `zone ${zone}`)))];
    const others = owners.filter((owner) => owner !== `zone ${hidden.zone}`);
    const message = `every address of ${formatPrefix(hidden)} is in a longer prefix (${owners.join(', ')}), so this one never acts: remove it${others.length > 0 ? ', or the longer ones' : ''}`;
    findings.warn('CONFIG_SUSPICIOUS', hidden.path, message);
  }
}

/** A module's policy may name them without saying so beforehand, and so may one that was refused: then nothing is certain. */
export function warnOfUnused(loaded: LoadedSwitches, policies: LoadedPolicies, findings: Findings): void {
  if (policies.paths.some((path) => path.at(-1) === MODULE) || findings.errors.length > 0) return;
  const used = new Set(policies.references.map(({ kind, name }) => `${kind} ${name}`));
  for (const { name, wan } of loaded.switches) {
    const warn = (kind: WanReference['kind'], section: string, key: string, instead: string) => {
      if (used.has(`${kind} ${key}`)) return;
      const message = `no policy uses the ${kind} ${JSON.stringify(key)}: ${instead}, or remove it`;
      findings.warn('CONFIG_SUSPICIOUS', ['switches', name, 'wan', section, key], message, 'key');
    };
    for (const key of wan?.queues.keys() ?? []) warn('queue', 'queues', key, 'name it in "queues" or a rule');
    for (const key of wan?.alternates.keys() ?? []) {
      warn('alternate', 'alternates', key, 'name it in "redirect" of wan-access or in "via" of a rule');
    }
  }
}

/** What `Zone` and `EndpointType` of an end can be, and nothing else. A zone that `access` is about is checked by itself. */
export function warnOfImpossibleEnds(policies: LoadedPolicies, { zones }: Config, findings: Findings): void {
  const possible: Readonly<Record<string, readonly string[]>> = {
    zone: [...zones.map(({ name }) => name), WAN_ZONE, LOCAL_ZONE, JOB_ZONE],
    endpointtype: ['job', 'zone', 'local'],
  };
  for (const [index, { policy }] of policies.policies.entries()) {
    if (policy.name !== 'rule') continue;
    for (const [attribute, value] of constantsOf(policy)) {
      const known = possible[attribute.toLowerCase()];
      if (known === undefined || typeof value !== 'string' || known.some((each) => isSameText(each, value))) continue;
      const guess = nearestName(value, known);
      const hint = guess === undefined ? `it is one of ${known.join(', ')}` : `did you mean "${guess}"?`;
      const message = `no end's ${attribute} is ${JSON.stringify(value)}; ${hint}`;
      findings.warn('CONFIG_SUSPICIOUS', [...policies.paths[index]!, 'when'], message);
    }
  }
}

/** As written: the probes have the text in other letter cases behind it. */
function constantsOf({ probes = {} }: Policy): (readonly [string, unknown])[] {
  return Object.entries(probes).flatMap(([name, values = []]) => {
    const isFirst = (value: unknown, i: number) =>
      values.findIndex((each) => isSameText(String(each), String(value))) === i;
    return values.filter(isFirst).map((value) => [name, value] as const);
  });
}

/** As == of ClassAds compares. */
function isSameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
