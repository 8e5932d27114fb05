// Policies that direct traffic which a later one drops: a redirect, a queue or a mark of a user who is denied after all. The
// search goes on after a `forward`, so the drop has the last word and the direction none. Nothing is said that is not
// certain: of the policies that follow only those up to the first that cannot be asked count.

import type { Config, PolicyEntry } from './config.ts';
import { formatPlace } from './config.ts';
import type { Findings } from './findings.ts';
import { type RepresentativeEnd, representativeEnds, viewOfRepresentative } from './representative-ends.ts';
import type { Path } from './yaml-source.ts';

/** Every pair of ends is asked about, so the time goes with the square. */
const MOST_ENDS = 150;

export function warnOfUndone(paths: readonly Path[], config: Config, findings: Findings): void {
  const zones = config.zones.map(({ name }) => name);
  const { policies } = config;
  for (const [index, entry] of policies.entries()) {
    if (entry.policy.probes === undefined) continue;
    const { later, isWhole } = followersOf(policies, index);
    const last =
      config.default.action === 'drop' && config.default.audit !== true && isWhole ? 'default: drop' : undefined;
    if (later.length === 0 && last === undefined) continue;
    const ends = representativeEnds(
      [entry, ...later].map(({ policy }) => policy),
      zones,
      MOST_ENDS,
    );
    if (ends === undefined) continue;
    for (const { whom, by } of undone(entry, later, last, ends)) {
      const message = `${whom}has no effect: ${by} drops all of the traffic that this directs; narrow that, allow before it what is meant, or remove this`;
      findings.warn('CONFIG_SUSPICIOUS', paths[index]!, message, 'key');
    }
  }
}

/** Those that can be asked, up to the first that cannot; `isWhole` where there is none such. */
function followersOf(policies: readonly PolicyEntry[], index: number) {
  const all = policies.slice(index + 1);
  const unknown = all.findIndex(({ policy }) => policy.probes === undefined);
  return { later: unknown === -1 ? all : all.slice(0, unknown), isWhole: unknown === -1 };
}

class Tally {
  keeps = false;
  readonly by = new Set<string>();
}

function undone(
  entry: PolicyEntry,
  later: readonly PolicyEntry[],
  last: string | undefined,
  ends: readonly RepresentativeEnd[],
) {
  const whole = new Tally();
  const bySubject = new Map((entry.policy.subjects ?? []).map((user) => [user, new Tally()]));
  const views = [entry, ...later].map((each) => viewsOf(each, ends));
  for (const [from, source] of ends.entries()) {
    for (const [to, destination] of ends.entries()) {
      const judge = ({ policy }: PolicyEntry, at: number) => policy.judge(views[at]![from]!, views[at]![to]!);
      if (judge(entry, 0)?.action !== 'forward') continue;
      const by = dropperOf(later, (each, at) => judge(each, at + 1)?.action, last);
      const owners = [source, destination].map(({ attributes }) => bySubject.get(String(attributes.get('owner'))));
      for (const tally of new Set([whole, ...owners])) {
        if (by === undefined && tally) tally.keeps = true;
        else if (by !== undefined) tally?.by.add(by);
      }
      if (whole.keeps && [...bySubject.values()].every(({ keeps }) => keeps)) return [];
    }
  }
  const isUndone = ({ keeps, by }: Tally) => !keeps && by.size > 0;
  const said = (whom: string, { by }: Tally) => ({ whom, by: [...by].join(' or ') });
  if (isUndone(whole)) return [said('', whole)];
  return [...bySubject]
    .filter(([, tally]) => isUndone(tally))
    .map(([user, tally]) => said(`for user ${JSON.stringify(user)} this `, tally));
}

/** Who drops what reaches the policies that follow; undefined where it is let through. */
function dropperOf(
  later: readonly PolicyEntry[],
  actionOf: (entry: PolicyEntry, at: number) => 'drop' | 'allow' | 'forward' | undefined,
  last: string | undefined,
): string | undefined {
  for (const [at, each] of later.entries()) {
    const action = actionOf(each, at);
    if (action === 'allow') return undefined;
    if (action === 'drop' && each.audit !== true) return `${each.policy.name} (${formatPlace(each.place)})`;
  }
  return last;
}

function viewsOf({ policy }: PolicyEntry, ends: readonly RepresentativeEnd[]) {
  return ends.map((end) => viewOfRepresentative(policy, end));
}
