// The jobs that the network knows, sorted by what the policies of one file look at. Pure but for its own state.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import { inAnyPrefix } from '../config/zones.ts';
import type { Job } from '../jobs/job.ts';
import { type Cohort, Cohorts } from './cohorts.ts';
import { VerdictEngine } from './endpoint-classes.ts';

export class SortedJobs {
  readonly engine: VerdictEngine;
  /** True for the addresses that only jobs have. */
  readonly isInRanges: (address: IpAddress) => boolean;
  readonly #cohorts = new Cohorts();
  readonly #outsideRanges = new Set<string>();

  constructor(
    config: Pick<Config, 'policies' | 'default' | 'jobs'>,
    jobs: Iterable<Job> = [],
    engine = new VerdictEngine(config),
  ) {
    this.engine = engine;
    this.isInRanges = inAnyPrefix(config.jobs.ranges);
    for (const job of jobs) this.put(job);
  }

  cohorts(): Iterable<Cohort> {
    return this.#cohorts.all();
  }

  /** By `Job.key`; undefined where no such job was put. */
  cohortOf(key: string): Cohort | undefined {
    return this.#cohorts.of(key);
  }

  isOutsideRanges({ addresses }: Job): boolean {
    return !addresses.every((address) => this.isInRanges(address));
  }

  /** `Job.key` of those that have an address which is in none of the ranges. */
  get outsideRanges(): ReadonlySet<string> {
    return this.#outsideRanges;
  }

  /**
   * Wherever a job of this key was before. Joins no class.
   * @param classes of its addresses, where they are known.
   */
  put(job: Job, classes = this.engine.classesOf(job)): Cohort {
    if (this.isOutsideRanges(job)) this.#outsideRanges.add(job.key);
    else this.#outsideRanges.delete(job.key);
    return this.#cohorts.put(job, classes);
  }

  remove(job: Job): void {
    this.#cohorts.remove(job.key);
    this.#outsideRanges.delete(job.key);
    this.engine.forgetJob(job);
  }
}
