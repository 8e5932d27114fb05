// Which jobs a switch has to know. Its own; and of the others those that a job of its own may talk to or hear from. All
// of them where packets between other switches pass, or where the way out is: there anybody's packet may come by.
// An address of the jobs' ranges that a switch does not know is dropped there, if a job sends to it: by what policy says of
// every job there is here; and asked about, if anyone else does. A job whose address is in no range is known everywhere, and
// so is one that is at no known port: without rules of its own it would pass for a zone's.

import type { Job } from '../../jobs/job.ts';
import type { PlacedJob } from '../../network/job-table.ts';
import type { EndpointClass, VerdictEngine } from '../endpoint-classes.ts';
import type { ForwardingView } from '../ends.ts';

export class KnownJobs {
  readonly #view: ForwardingView;
  /** Of the jobs at this switch. */
  #local = new Set<EndpointClass>();
  /** Whether jobs here may talk to this class, or hear from it. */
  #reached = new Map<EndpointClass, boolean>();
  #engine: VerdictEngine | undefined;

  constructor(view: ForwardingView) {
    this.#view = view;
  }

  /** True where every job is known. */
  get isAll(): boolean {
    const { config } = this.#view.state;
    return config !== undefined && (config.wan !== undefined || config.fabric.length > 1);
  }

  isKnown(placed: PlacedJob): boolean {
    const { state, policy } = this.#view;
    if (placed.location === undefined || placed.location.dpid === state.dpid || this.isAll) return true;
    if (!placed.job.addresses.every((address) => policy.isInRanges(address))) return true;
    this.#keepUp();
    return this.#classesOf(placed.job).some((endpointClass) => this.#isReached(endpointClass));
  }

  /** To be called before all of the switch's rules are made: jobs may have been placed anew. */
  lookAgain(): void {
    this.#engine = undefined;
  }

  /** The classes that packets can have here. */
  presentClasses(): readonly EndpointClass[] {
    const { policy } = this.#view;
    const all = policy.presentClasses();
    if (this.isAll) return all;
    this.#keepUp();
    const blocks = new Set(policy.blocks().map(({ endpointClass }) => endpointClass));
    const always = this.#alwaysKnown();
    return all.filter((each) => blocks.has(each) || this.#local.has(each) || always.has(each) || this.#isReached(each));
  }

  /**
   * To be called when a job has come to this switch or has gone from it: the jobs elsewhere that have to be known by it, or
   * need not be known any more.
   * @param come the job, if it has come.
   */
  onLocalChange(come: Job | undefined): { readonly more: readonly PlacedJob[]; readonly less: readonly PlacedJob[] } {
    const nothing = { more: [], less: [] };
    const isKept = this.#engine === this.#view.policy.engine;
    if (isKept && come !== undefined && this.#classesOf(come).every((each) => this.#local.has(each))) return nothing;
    const local = this.#localClasses();
    if (isKept && isSame(local, this.#local)) return nothing;
    const before = isKept ? this.#local : new Set<EndpointClass>();
    const reachedBefore = this.#reached;
    this.#local = local;
    this.#reached = new Map();
    this.#engine = this.#view.policy.engine;
    if (this.isAll) return nothing;
    const changed = new Map<EndpointClass, boolean>();
    for (const endpointClass of this.#view.policy.engine.live()) {
      const was = reachedBefore.get(endpointClass) ?? this.#reaches(before, endpointClass);
      const is = this.#isReached(endpointClass);
      if (was !== is) changed.set(endpointClass, is);
    }
    if (changed.size === 0) return nothing;
    const more: PlacedJob[] = [];
    const less: PlacedJob[] = [];
    for (const placed of this.#view.jobs.all()) {
      if (placed.location === undefined || placed.location.dpid === this.#view.state.dpid) continue;
      if (!this.#classesOf(placed.job).some((endpointClass) => changed.has(endpointClass))) continue;
      (this.isKnown(placed) ? more : less).push(placed);
    }
    return { more, less };
  }

  /** Before anything is asked after a change of the policy: what was known of the former classes counts no more. */
  #keepUp(): void {
    if (this.#engine === this.#view.policy.engine) return;
    this.#engine = this.#view.policy.engine;
    this.#local = this.#localClasses();
    this.#reached = new Map();
  }

  #localClasses(): Set<EndpointClass> {
    const { jobs, state } = this.#view;
    return new Set(jobs.ofSwitch(state.dpid).flatMap(({ job }) => this.#classesOf(job)));
  }

  /** Of jobs that are known everywhere, because of where or what they are. */
  #alwaysKnown(): Set<EndpointClass> {
    const { jobs, policy } = this.#view;
    const always = new Set<EndpointClass>();
    for (const { job, location } of jobs.all()) {
      if (location !== undefined && job.addresses.every((address) => policy.isInRanges(address))) continue;
      for (const endpointClass of this.#classesOf(job)) always.add(endpointClass);
    }
    return always;
  }

  #classesOf(job: Job): EndpointClass[] {
    return job.addresses.map((address) => this.#view.policy.engine.classOf({ kind: 'job', job, address }));
  }

  #isReached(endpointClass: EndpointClass): boolean {
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
