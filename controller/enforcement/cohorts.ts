// The jobs sorted by the classes of their addresses. All jobs of a cohort get the same verdicts, so what has to be found out
// about jobs by what may be said to or by them is found out once for each cohort: a pool has a hundred thousand jobs, and a
// few cohorts for each user. Pure but for its own state.

import type { Job } from '../jobs/job.ts';
import type { EndpointClass } from './endpoint-classes.ts';

export interface Cohort {
  /** As `PolicyView.classesOf`. */
  readonly classes: readonly EndpointClass[];
  /** `Job.key` of each; never none. */
  readonly keys: ReadonlySet<string>;
}

interface GrowingCohort extends Cohort {
  readonly name: string;
  readonly keys: Set<string>;
}

export class Cohorts {
  readonly #byKey = new Map<string, GrowingCohort>();
  readonly #byName = new Map<string, GrowingCohort>();

  all(): Iterable<Cohort> {
    return this.#byName.values();
  }

  of(key: string): Cohort | undefined {
    return this.#byKey.get(key);
  }

  /** Wherever the job was before. */
  put({ key }: Job, classes: readonly EndpointClass[]): Cohort {
    const name = nameOf(classes);
    const former = this.#byKey.get(key);
    if (former?.name === name) return former;
    if (former !== undefined) this.remove(key);
    let cohort = this.#byName.get(name);
    if (cohort === undefined) {
      cohort = { name, classes, keys: new Set() };
      this.#byName.set(name, cohort);
    }
    cohort.keys.add(key);
    this.#byKey.set(key, cohort);
    return cohort;
  }

  remove(key: string): void {
    const cohort = this.#byKey.get(key);
    if (cohort === undefined) return;
    this.#byKey.delete(key);
    cohort.keys.delete(key);
    if (cohort.keys.size === 0) this.#byName.delete(cohort.name);
  }
}

function nameOf(classes: readonly EndpointClass[]): string {
  const [only] = classes;
  return classes.length === 1 ? String(only!.serial) : classes.map(({ serial }) => serial).join();
}
