// What becomes of the jobs under another file: from which classes they go into which. Jobs are put in one by one, so that a
// hundred thousand of them can be sorted a slice at a time while others come and go: who keeps one says what becomes of every
// job meanwhile. Pure but for its own state.

import type { Config } from '../config/config.ts';
import type { Job } from '../jobs/job.ts';
import type { Cohort } from './cohorts.ts';
import type { EndpointClass } from './endpoint-classes.ts';
import { SortedJobs } from './sorted-jobs.ts';

/** Jobs that were in the same classes under the former file, and are in the same classes under the next. */
export interface Shift {
  /** Of their addresses, in their order; none where the former file's had not met them, which is so for no job of an engine. */
  readonly before: readonly EndpointClass[];
  readonly after: readonly EndpointClass[];
  /** By `Job.key`; never none. */
  readonly jobs: ReadonlyMap<string, Job>;
  /** How many of the jobs are each user's. */
  readonly users: ReadonlyMap<string, number>;
}

/** Whether rules that name the classes of these jobs name them by other numbers now. */
export function isRenumbered({ before, after }: Shift): boolean {
  return before.length !== after.length || after.some(({ id }, i) => id !== before[i]?.id);
}

/** Into which class all jobs of a former class went; a class is left out that no job was in. */
export type Heirs = ReadonlyMap<EndpointClass, EndpointClass | 'several'>;

const heirsOfShifts = new WeakMap<readonly Shift[], Heirs>();

/** Of jobs that the former file's had all met. Found out once for a list: every switch asks. */
export function heirsOf(shifts: readonly Shift[]): Heirs {
  const known = heirsOfShifts.get(shifts);
  if (known !== undefined) return known;
  const heirs = new Map<EndpointClass, EndpointClass | 'several'>();
  for (const { before, after } of shifts) {
    for (const [i, now] of after.entries()) {
      const was = before[i]!;
      const other = heirs.get(was);
      heirs.set(was, other === undefined || other === now ? now : 'several');
    }
  }
  heirsOfShifts.set(shifts, heirs);
  return heirs;
}

interface GrowingShift extends Shift {
  readonly jobs: Map<string, Job>;
  readonly users: Map<string, number>;
}

export class Succession {
  readonly config: Config;
  readonly former: SortedJobs;
  readonly next: SortedJobs;
  /** Where the next file's policies look at nothing new: into which classes the jobs of a cohort go, as its first one told. */
  readonly #classesAfter: Map<Cohort, readonly EndpointClass[]> | undefined;
  readonly #shifts = new Map<Cohort | undefined, Map<Cohort, GrowingShift>>();

  constructor(former: SortedJobs, config: Config, jobs: Iterable<Job> = []) {
    this.config = config;
    this.former = former;
    this.next = new SortedJobs(config);
    this.#classesAfter = this.next.engine.isNoFinerThan(former.engine) ? new Map() : undefined;
    for (const job of jobs) this.put(job);
  }

  /** A job that `former` knows as it is now; one that was put before may be put again. */
  put(job: Job): void {
    this.#leaveShift(job);
    const before = this.former.cohortOf(job.key);
    const after = this.next.put(job, before && this.#classesAfter?.get(before));
    if (before !== undefined) this.#classesAfter?.set(before, after.classes);
    const ofBefore = this.#shifts.get(before) ?? new Map<Cohort, GrowingShift>();
    if (ofBefore.size === 0) this.#shifts.set(before, ofBefore);
    let shift = ofBefore.get(after);
    if (shift === undefined) {
      shift = { before: before?.classes ?? [], after: after.classes, jobs: new Map(), users: new Map() };
      ofBefore.set(after, shift);
    }
    shift.jobs.set(job.key, job);
    shift.users.set(job.user, (shift.users.get(job.user) ?? 0) + 1);
  }

  /** To be called while `former` still knows the job as it was when it was put. */
  remove(job: Job): void {
    this.#leaveShift(job);
    this.next.remove(job);
  }

  shifts(): readonly Shift[] {
    return [...this.#shifts.values()].flatMap((ofBefore) => [...ofBefore.values()]);
  }

  #leaveShift({ key }: Job): void {
    const after = this.next.cohortOf(key);
    if (after === undefined) return;
    const before = this.former.cohortOf(key);
    const ofBefore = this.#shifts.get(before);
    const shift = ofBefore?.get(after);
    const job = shift?.jobs.get(key);
    if (ofBefore === undefined || shift === undefined || job === undefined) return;
    shift.jobs.delete(key);
    const left = shift.users.get(job.user)! - 1;
    if (left > 0) shift.users.set(job.user, left);
    else shift.users.delete(job.user);
    if (shift.jobs.size === 0) ofBefore.delete(after);
    if (ofBefore.size === 0) this.#shifts.delete(before);
  }
}
