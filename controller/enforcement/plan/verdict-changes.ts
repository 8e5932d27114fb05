// Which pairs of ends get another verdict under another policy view, grouped so that people can read it: pairs that change
// alike stand together, and their sources with the same destinations, too. A pure function.

import { formatPlace, type Place } from '../../config/config.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import type { PolicyView } from '../policy-view.ts';
import type { Shift } from '../succession.ts';
import { type Drop, effectOf, type Verdict } from '../verdict.ts';
import { commonEnds, jobsIn, usersOf } from './common-ends.ts';
import { labelEnds } from './end-labels.ts';
import type { PlannedVerdict, VerdictChange, VerdictChanges } from './plan-values.ts';

/** A second's worth of judging. */
const MOST_PAIRS = 1_000_000;

const UNREGISTERED: Drop = {
  action: 'drop',
  reason: 'an end is an address of jobs.ranges that no job holds: unregistered',
  origin: undefined,
  audited: [],
};

/** @param shifts of the jobs from the one to the other. Undefined where there are too many pairs. */
export function verdictChanges(
  former: PolicyView,
  next: PolicyView,
  shifts: readonly Shift[],
): VerdictChanges | undefined {
  const ends = commonEnds(former, next, shifts);
  if (ends.length ** 2 > MOST_PAIRS) return undefined;
  const changes = new Map<string, Change>();
  const touched = new Set<number>();
  for (const [from, source] of ends.entries()) {
    for (const [to, destination] of ends.entries()) {
      const before = verdictOf(former, source.before, destination.before);
      const after = verdictOf(next, source.after, destination.after);
      if (effectOf(before) === effectOf(after)) continue;
      touched.add(from).add(to);
      const told = { before: planned(before), after: planned(after) };
      const key = JSON.stringify([withoutReason(told.before), withoutReason(told.after)]);
      const change = changes.get(key) ?? { ...told, destinations: new Map<number, number[]>() };
      changes.set(key, change);
      change.before = withReasonOf(change.before, told.before);
      change.after = withReasonOf(change.after, told.after);
      const ofSource = change.destinations.get(from);
      if (ofSource === undefined) change.destinations.set(from, [to]);
      else ofSource.push(to);
    }
  }
  const shiftsTouched = new Set([...touched].flatMap((index) => [...ends[index]!.shifts]));
  return {
    ends: labelEnds(ends),
    changes: [...changes.values()].map(({ before, after, destinations }) => ({
      before,
      after,
      pairs: grouped(destinations),
    })),
    jobs: jobsIn(shiftsTouched),
    users: usersOf(shiftsTouched),
  };
}

interface Change {
  before: PlannedVerdict;
  after: PlannedVerdict;
  readonly destinations: Map<number, number[]>;
}

/** What one line of a file says of many, it may give as many reasons for. */
function withoutReason({ reason, ...rest }: PlannedVerdict): object {
  return rest.policy === null ? { ...rest, reason } : rest;
}

function withReasonOf(verdict: PlannedVerdict, other: PlannedVerdict): PlannedVerdict {
  return verdict.reason === other.reason ? verdict : { ...verdict, reason: null };
}

function verdictOf(view: PolicyView, source: EndpointClass | undefined, destination: EndpointClass | undefined) {
  if (source === undefined || destination === undefined) return UNREGISTERED;
  return view.engine.verdictOfClasses(source, destination);
}

/** Sources with the same destinations together; those left alone by "each with all others of the same set". */
function grouped(destinations: ReadonlyMap<number, readonly number[]>): VerdictChange['pairs'] {
  const alike = groupBy([...destinations], ([, to]) => to.join());
  const together = alike.filter((group) => group.length > 1);
  const alone = alike.filter((group) => group.length === 1).map(([only]) => only!);
  const withItself = ([from, to]: readonly [number, readonly number[]]) =>
    [...new Set([...to, from])].sort((a, b) => a - b);
  const circles = groupBy(alone, (each) => `${each[1].includes(each[0])} ${withItself(each).join()}`);
  return [
    ...together.map((group) => pairs(group, group[0]![1], false)),
    ...circles.map((group) =>
      group.length === 1
        ? pairs(group, group[0]![1], false)
        : pairs(group, withItself(group[0]!), !isWithItself(group)),
    ),
  ];
}

type Row = readonly [from: number, to: readonly number[]];

function isWithItself([first]: readonly Row[]): boolean {
  return first?.[1].includes(first[0]) === true;
}

function pairs(group: readonly Row[], destinations: readonly number[], exceptItself: boolean) {
  return { sources: group.map(([from]) => from), destinations, exceptItself };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function planned(verdict: Verdict): PlannedVerdict {
  const { action, origin } = verdict;
  const reason = verdict.action === 'drop' ? verdict.reason : null;
  return {
    action,
    effect: effectText(verdict),
    reason,
    policy: origin?.policy ?? null,
    place: placeText(origin?.place),
  };
}

function effectText(verdict: Verdict): string {
  if (verdict.action === 'drop') return 'drop';
  const { queue, via, connections, mark, vlan } = verdict;
  const how = [
    queue && `in queue ${queue.name}`,
    via && `via ${via.name}`,
    connections && 'only replies',
    mark && `with DSCP ${mark.value}`,
    vlan && `in VLAN ${vlan.value}`,
  ].filter((part) => part !== undefined);
  return how.length === 0 ? 'forward' : `forward ${how.join(', ')}`;
}

function placeText(place: Place | undefined): string | null {
  return place === undefined ? null : formatPlace(place);
}
