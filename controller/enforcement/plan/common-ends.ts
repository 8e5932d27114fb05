// The ends that two policy views have in common: endpoints are sorted so finely that all in one end have one class before
// and one class after. An address that only jobs may have and none holds has no class: it is unregistered.

import { formatPrefix, type Prefix } from '../../../protocols/packet/address.ts';
import { enclosingPrefix } from '../../config/zones.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import type { PolicyView } from '../policy-view.ts';
import type { Shift } from '../succession.ts';
import type { PlannedEnd } from './plan-values.ts';

export interface CommonEnd {
  readonly kind: PlannedEnd['kind'];
  /** Undefined: unregistered. */
  readonly before: EndpointClass | undefined;
  readonly after: EndpointClass | undefined;
  /** Jobs with an address in it. */
  readonly shifts: ReadonlySet<Shift>;
  readonly prefixes: readonly Prefix[];
  /** Of zones: their names before and after, by both; of what is unregistered, `unregistered`. */
  readonly zones: ReadonlyMap<string, readonly [before: string, after: string]>;
}

interface Growing extends CommonEnd {
  readonly shifts: Set<Shift>;
  readonly prefixes: Prefix[];
  readonly zones: Map<string, readonly [string, string]>;
}

export function commonEnds(former: PolicyView, next: PolicyView, shifts: readonly Shift[]): readonly CommonEnd[] {
  const ends = new Map<EndpointClass | string | undefined, Map<EndpointClass | string | undefined, Growing>>();
  const endOf = (
    kind: CommonEnd['kind'],
    [before, after]: readonly [EndpointClass | undefined, EndpointClass | undefined],
  ): Growing => {
    const row = ends.get(before) ?? new Map();
    ends.set(before, row);
    const end = row.get(after) ?? { kind, before, after, shifts: new Set(), prefixes: [], zones: new Map() };
    row.set(after, end);
    return end;
  };
  for (const shift of shifts) {
    for (const [i, after] of shift.after.entries()) endOf('job', [shift.before[i], after]).shifts.add(shift);
  }
  const [placeBefore, placeAfter] = [placesOf(former), placesOf(next)];
  for (const prefix of prefixesOf(former, next)) {
    const [before, after] = [placeBefore(prefix), placeAfter(prefix)];
    const end = endOf('zone', [before.endpointClass, after.endpointClass]);
    end.prefixes.push(prefix);
    end.zones.set(`${before.zone} ${after.zone}`, [before.zone, after.zone]);
  }
  const local = { kind: 'local', address: undefined } as const;
  endOf('local', [former.engine.classOf(local), next.engine.classOf(local)]);
  return [...ends.values()].flatMap((row) => [...row.values()]);
}

export function jobsIn(shifts: Iterable<Shift>): number {
  return [...shifts].reduce((sum, { jobs }) => sum + jobs.size, 0);
}

export function usersOf(shifts: Iterable<Shift>): string[] {
  const all = new Set<string>();
  for (const { users } of shifts) for (const user of users.keys()) all.add(user);
  return [...all].sort();
}

/** What the addresses of a block are taken for, those apart that a longer prefix covers. */
function placesOf(view: PolicyView) {
  const rangeOf = enclosingPrefix(view.config.jobs.ranges);
  return (prefix: Prefix): { endpointClass: EndpointClass | undefined; zone: string } => {
    if (rangeOf(prefix) !== undefined) return { endpointClass: undefined, zone: 'unregistered' };
    const zone = view.zoneOf(prefix.network, prefix.length);
    return { endpointClass: view.engine.classOfBlock(zone, prefix), zone };
  };
}

function prefixesOf(...views: readonly PolicyView[]): Iterable<Prefix> {
  const all = views.flatMap((view) => [...view.config.jobs.ranges, ...view.blocks().map(({ prefix }) => prefix)]);
  return new Map(all.map((prefix) => [formatPrefix(prefix), prefix])).values();
}
