// What a reload has changed of the verdicts, as the fields of a few events: an event for each change of what is done with
// packets, or of who says so, with the ends that it is about.

import { listed } from './end-labels.ts';
import type { PlannedVerdict, VerdictChanges } from './plan-values.ts';

/** So many changes have an event of their own, and so many pairs of groups of ends stand in one. */
const MOST_CHANGES = 20;
const MOST_PAIRS = 5;

export function changedVerdicts({ ends, changes }: VerdictChanges): readonly object[] {
  const labels = (indexes: readonly number[]) =>
    indexes.length === ends.length ? 'everyone' : listed(indexes.map((index) => ends[index]?.label ?? ''));
  const events: object[] = changes.slice(0, MOST_CHANGES).map(({ before, after, pairs }) => ({
    before: verdictText(before),
    after: verdictText(after),
    pairs: pairs.slice(0, MOST_PAIRS).map(({ sources, destinations, exceptItself }) => ({
      from: labels(sources),
      to: labels(destinations),
      ...(exceptItself && { exceptItself }),
    })),
    ...(pairs.length > MOST_PAIRS && { morePairs: pairs.length - MOST_PAIRS }),
  }));
  if (changes.length > MOST_CHANGES) events.push({ moreChanges: changes.length - MOST_CHANGES });
  return events;
}

/** `drop by isolate-users (policy.yaml:12:5)` */
function verdictText({ effect, policy, place }: PlannedVerdict): string {
  if (policy === null) return effect;
  return `${effect} by ${policy}${place === null ? '' : ` (${place})`}`;
}
