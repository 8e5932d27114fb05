// Which jobs a switch has to know. Its own; and of the others those that a job of its own may talk to or hear from. All
// of them where packets between other switches pass, or where the way out is: there anybody's packet may come by.
// An address of the jobs' ranges that a switch does not know is dropped there, if a job sends to it: by what policy says of
// every job there is here; and asked about, if anyone else does. A job with an address in no range is known everywhere, and
// so is one that is at no known port: without rules of its own it would pass for a zone's.
//
// Jobs elsewhere are asked about by cohort, so that what it costs depends on how many are known, not on how many there are.

import type { Job } from '../../jobs/job.ts';
import type { PlacedJob } from '../../network/job-table.ts';
import type { Cohort } from '../cohorts.ts';
import type { EndpointClass, VerdictEngine } from '../endpoint-classes.ts';
import type { ForwardingView } from '../ends.ts';
import type { Heirs } from '../succession.ts';

const NO_CLASSES: ReadonlySet<EndpointClass> = new Set();

export class KnownJobs {
  readonly #view: ForwardingView;
  /** Of the jobs at this switch. */
  #local: ReadonlySet<EndpointClass> = NO_CLASSES;
  /** Whether jobs here may talk to this class, or hear from it. Undefined until somebody asks. */
  #reached: Map<EndpointClass, boolean> | undefined;
  #engine: VerdictEngine | undefined;

  constructor(view: ForwardingView) {
    this.#view = view;
  }

  /** True where every job is known. */
  get isAll(): boolean {
    const { config } = this.#view.state;
    return config !== undefined && (config.wan !== undefined || config.fabric.length > 1);
  }

  /** True where no job is known, nor can be by what policy says: there is none here, and none that is known everywhere. */
  get isNone(): boolean {
    const { jobs, policy } = this.#view;
    this.#keepUp();
    return !this.isAll && this.#local.size === 0 && jobs.unplaced().size === 0 && policy.outsideRanges.size === 0;
  }

  isKnown(placed: PlacedJob): boolean {
    return this.isAll || this.#isAlways(placed) || this.mayMeet(this.#view.policy.classesOf(placed.job));
  }

  /** Every job that is known. */
  *all(): Iterable<PlacedJob> {
    const { jobs, policy, state } = this.#view;
    if (this.isAll) {
      yield* jobs.all();
      return;
    }
    yield* jobs.ofSwitch(state.dpid);
    for (const placed of this.#everywhere()) if (placed.location?.dpid !== state.dpid) yield placed;
    for (const cohort of policy.cohorts()) if (this.mayMeet(cohort.classes)) yield* this.#elsewhere(cohort);
  }

  /** Whether a job here may talk to a job with addresses of these classes, or hear from it. */
  mayMeet(classes: readonly EndpointClass[]): boolean {
    this.#keepUp();
    for (const each of classes) if (this.#isReached(each)) return true;
    return false;
  }

  /** To be called before all of the switch's rules are made: jobs may have been placed anew. */
  lookAgain(): void {
    this.#engine = undefined;
  }

  /**
   * What the jobs here are by the next file's policies follows from what they were, unless jobs of one class went into several;
   * then each of them is looked at.
   * @param heirs of all jobs, none of which has moved.
   */
  succeed(former: KnownJobs, heirs: Heirs): void {
    former.#keepUp();
    const local = new Set<EndpointClass>();
    for (const before of former.#local) {
      const after = heirs.get(before);
      if (after === undefined || after === 'several') return;
      local.add(after);
    }
    this.#begin(local);
  }

  /** What was found out under a policy that is in force from this turn on, with the same jobs. */
  takeOver(next: KnownJobs): void {
    next.#keepUp();
    this.#local = next.#local;
    this.#reached = next.#reached;
    this.#engine = next.#engine;
  }

  /** The classes that packets can have here. */
  presentClasses(): readonly EndpointClass[] {
    const { policy } = this.#view;
    const all = policy.presentClasses();
    if (this.isAll) return all;
    this.#keepUp();
    const always = new Set([...this.#local, ...policy.blocks().map(({ endpointClass }) => endpointClass)]);
    for (const { job } of this.#everywhere()) for (const each of policy.classesOf(job)) always.add(each);
    return all.filter((each) => always.has(each) || this.#isReached(each));
  }

  /**
   * To be called when a job has come to this switch or has gone from it: the jobs elsewhere that have to be known by it, or
   * need not be known any more.
   * @param come the job, if it has come.
   */
  onLocalChange(come: Job | undefined): { readonly more: readonly PlacedJob[]; readonly less: readonly PlacedJob[] } {
    const { policy } = this.#view;
    const nothing = { more: [], less: [] };
    const isKept = this.#engine === policy.engine;
    if (isKept && come !== undefined && policy.classesOf(come).every((each) => this.#local.has(each))) return nothing;
    const local = this.#localClasses();
    if (isKept && isSame(local, this.#local)) return nothing;
    const before = isKept ? this.#local : NO_CLASSES;
    const reachedBefore = this.#reached;
    this.#local = local;
    this.#reached = undefined;
    this.#engine = policy.engine;
    if (this.isAll) return nothing;
    const more: PlacedJob[] = [];
    const less: PlacedJob[] = [];
    for (const cohort of policy.cohorts()) {
      const was = cohort.classes.some((each) => reachedBefore?.get(each) ?? this.#reaches(before, each));
      const is = this.mayMeet(cohort.classes);
      if (was !== is) (is ? more : less).push(...this.#elsewhere(cohort));
    }
    return { more, less };
  }

  /** Before anything is asked after a change of the policy: what was known of the former classes counts no more. */
  #keepUp(): void {
    if (this.#engine !== this.#view.policy.engine) this.#begin(this.#localClasses());
  }

  #begin(local: ReadonlySet<EndpointClass>): void {
    this.#engine = this.#view.policy.engine;
    this.#local = local;
    this.#reached = undefined;
  }

  #localClasses(): ReadonlySet<EndpointClass> {
    const { jobs, policy, state } = this.#view;
    const classes = jobs.ofSwitch(state.dpid).flatMap(({ job }) => policy.classesOf(job));
    return classes.length === 0 ? NO_CLASSES : new Set(classes);
  }

  #isAlways({ job, location }: PlacedJob): boolean {
    const { policy, state } = this.#view;
    return location === undefined || location.dpid === state.dpid || policy.outsideRanges.has(job.key);
  }

  *#everywhere(): Iterable<PlacedJob> {
    const { jobs, policy } = this.#view;
    yield* jobs.unplaced();
    for (const key of policy.outsideRanges) {
      const placed = jobs.byKey(key);
      if (placed?.location !== undefined) yield placed;
    }
  }

  /** Those of a cohort that are known only by what may be said to them. */
  *#elsewhere({ keys }: Cohort): Iterable<PlacedJob> {
    const { jobs } = this.#view;
    for (const key of keys) {
      const placed = jobs.byKey(key);
      if (placed !== undefined && !this.#isAlways(placed)) yield placed;
    }
  }

  #isReached(endpointClass: EndpointClass): boolean {
    if (this.#local.size === 0) return false;
    this.#reached ??= new Map();
    let reached = this.#reached.get(endpointClass);
    if (reached === undefined) {
      reached = this.#reaches(this.#local, endpointClass);
      this.#reached.set(endpointClass, reached);
    }
    return reached;
  }

  #reaches(local: ReadonlySet<EndpointClass>, endpointClass: EndpointClass): boolean {
    const { engine } = this.#view.policy;
    for (const own of local) {
      if (engine.verdictOfClasses(own, endpointClass).action === 'forward') return true;
      if (engine.verdictOfClasses(endpointClass, own).action === 'forward') return true;
    }
    return false;
  }
}

function isSame(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}
