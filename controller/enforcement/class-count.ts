// How many endpoint classes and verdicts a policy file makes of a set of jobs: what enforcing it costs, told before it is
// enforced. A pure function of the file and the jobs.

import type { Config } from '../config/config.ts';
import { WAN_ZONE, zoneLookup } from '../config/zones.ts';
import type { Job } from '../jobs/job.ts';
import { type EndpointClass, VerdictEngine } from './endpoint-classes.ts';
import type { Verdict } from './verdict.ts';

export interface ClassCount {
  readonly jobs: number;
  /** Classes that the jobs fall into. */
  readonly jobClasses: number;
  /** Those, and the classes of zones and local addresses. */
  readonly classes: number;
  /** Ordered pairs of classes: the verdicts to be decided. */
  readonly pairs: number;
  /** How those came out; undefined where they are too many to ask about each. */
  readonly verdicts: VerdictCount | undefined;
}

export interface VerdictCount {
  /** Verdicts that differ in what is done with packets. */
  readonly distinct: number;
  /** Pairs whose traffic is dropped. */
  readonly dropped: number;
  /** Pairs with a drop that is audited and not enforced. */
  readonly audited: number;
}

/** A second's worth of judging. */
const MOST_PAIRS = 1_000_000;

/** @param jobs their addresses count where a policy has address sets. */
export function countClasses(config: Pick<Config, 'policies' | 'default' | 'zones'>, jobs: Iterable<Job>): ClassCount {
  const engine = new VerdictEngine(config);
  const ofJobs = new Map<number, EndpointClass>();
  let jobCount = 0;
  for (const job of jobs) {
    jobCount++;
    for (const address of job.addresses.length === 0 ? [undefined] : job.addresses) {
      const found = engine.classOf({ kind: 'job', job, address });
      ofJobs.set(found.id, found);
    }
  }
  const all = [...new Map([...ofJobs, ...classesOfPlaces(config, engine)]).values()];
  const pairs = all.length ** 2;
  return {
    jobs: jobCount,
    jobClasses: ofJobs.size,
    classes: all.length,
    pairs,
    verdicts: pairs <= MOST_PAIRS ? countVerdicts(engine, all) : undefined,
  };
}

function classesOfPlaces(
  { policies, zones }: Pick<Config, 'policies' | 'zones'>,
  engine: VerdictEngine,
): (readonly [number, EndpointClass])[] {
  const zoneOf = zoneLookup(zones);
  const listed = policies.flatMap(({ policy }) => Object.values(policy.addressSets ?? {})).flatMap((set) => set ?? []);
  const classes = [
    engine.classOf({ kind: 'local', address: undefined }),
    ...[...zones.map(({ name }) => name), WAN_ZONE].map((zone) =>
      engine.classOf({ kind: 'zone', zone, address: undefined }),
    ),
    // Where a policy tells addresses apart, those of one zone are several classes.
    ...listed.map(({ network }) => engine.classOf({ kind: 'zone', zone: zoneOf(network), address: network })),
  ];
  return classes.map((each) => [each.id, each]);
}

function countVerdicts(engine: VerdictEngine, classes: readonly EndpointClass[]): VerdictCount {
  const kinds = new Set<string>();
  let dropped = 0;
  let audited = 0;
  for (const source of classes) {
    for (const destination of classes) {
      const verdict = engine.verdictOfClasses(source, destination);
      kinds.add(effectOf(verdict));
      if (verdict.action === 'drop') dropped++;
      if (verdict.audited.length > 0) audited++;
    }
  }
  return { distinct: kinds.size, dropped, audited };
}

/** Equal for verdicts that treat packets alike, whoever made them. */
function effectOf(verdict: Verdict): string {
  if (verdict.action === 'drop') return 'drop';
  const { queue, via, connections, mark, vlan } = verdict;
  return JSON.stringify([queue?.name, via?.name, connections?.value, mark?.value, vlan?.value]);
}
