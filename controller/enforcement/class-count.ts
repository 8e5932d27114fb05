// How many endpoint classes and verdicts a policy file makes of a set of jobs: what enforcing it costs, told before it is
// enforced. A pure function of the file and the jobs.

import type { Config } from '../config/config.ts';
import type { Job } from '../jobs/job.ts';
import type { EndpointClass, VerdictEngine } from './endpoint-classes.ts';
import { PolicyView } from './policy-view.ts';
import { effectOf } from './verdict.ts';

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
export function countClasses(config: Config, jobs: readonly Job[]): ClassCount {
  const view = new PolicyView(config);
  const ofPlaces = view.engine.live().size;
  for (const job of jobs) view.meet(job);
  const all = [...view.engine.live()];
  const pairs = all.length ** 2;
  return {
    jobs: jobs.length,
    // An endpoint's kind is part of its class, so no job is in one of the file's.
    jobClasses: all.length - ofPlaces,
    classes: all.length,
    pairs,
    verdicts: pairs <= MOST_PAIRS ? countVerdicts(view.engine, all) : undefined,
  };
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
