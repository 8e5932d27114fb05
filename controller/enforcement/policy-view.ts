// What the forwarding decision asks of the policy file: verdicts, zones, and which addresses only jobs may have; and which
// endpoint classes there are, counted by their members: the jobs that the network knows and the file's own blocks.
//
// A view is of one file. A reload makes its successor, in which each class keeps a former class's number where it can.

import { formatPrefix, type IpAddress, type Prefix } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import { zoneLookup } from '../config/zones.ts';
import type { Job } from '../jobs/job.ts';
import type { PlacedJob } from '../network/job-table.ts';
import { ClassNumbers, isClassNumber } from './class-numbers.ts';
import type { Cohort } from './cohorts.ts';
import type { EndpointClass, JudgedEndpoint, VerdictEngine } from './endpoint-classes.ts';
import { inheritNumbers } from './inherit-numbers.ts';
import { SortedJobs } from './sorted-jobs.ts';
import type { Shift, Succession } from './succession.ts';
import type { Verdict } from './verdict.ts';

export interface Block {
  readonly prefix: Prefix;
  readonly endpointClass: EndpointClass;
}

/** By what is in a class; a job's are those of its addresses, in their order. */
export interface ClassNumbersOf<J> {
  readonly local: number;
  readonly blocks: readonly (readonly [prefix: string, number: number])[];
  readonly jobs: readonly (readonly [job: J, numbers: readonly number[]])[];
}

export class PolicyView {
  readonly config: Config;
  /** The jobs that were met, by the classes of their addresses. */
  readonly sorted: SortedJobs;
  /** The zone of an address that is no job's: of the file's zones the longest match, else `wan`. */
  readonly zoneOf: (address: IpAddress, longest?: number) => string;
  readonly numbers: ClassNumbers;
  readonly #blocks: readonly Block[];
  readonly #local: EndpointClass;
  /** What follows from the classes that there are, until there are others. */
  readonly #derived = new Map<string, unknown>();

  constructor(config: Config, numbers = new ClassNumbers(), start: Start = {}) {
    const { sorted = new SortedJobs(config), inherit = () => new Map() } = start;
    this.config = config;
    this.sorted = sorted;
    this.zoneOf = zoneLookup(config.zones);
    this.numbers = numbers;
    this.#local = this.engine.classOf({ kind: 'local', address: undefined });
    this.#blocks = this.#makeBlocks();
    const inherited: ReadonlyMap<EndpointClass, number> = inherit(this);
    const join = (members: number) => (each: EndpointClass) =>
      this.engine.join(each, () => inherited.get(each) ?? this.numbers.take(), members);
    [this.#local, ...this.#blocks.map(({ endpointClass }) => endpointClass)].forEach(join(1));
    for (const { classes, keys } of this.sorted.cohorts()) classes.forEach(join(keys.size));
  }

  get engine(): VerdictEngine {
    return this.sorted.engine;
  }

  /** True for the addresses that only jobs have. */
  isInRanges(address: IpAddress): boolean {
    return this.sorted.isInRanges(address);
  }

  /**
   * The same jobs under another file.
   * @param succession from this view's jobs, all of which were put in; its `next` is the successor's from now on.
   * @param numbers where fresh numbers come from; a copy where it is only to be tried.
   */
  successor({ config, next }: Succession, shifts: readonly Shift[], numbers: ClassNumbers): PolicyView {
    const inherit = (made: PolicyView) => inheritNumbers(this.#sharedWith(made, shifts));
    return new PolicyView(config, numbers, { sorted: next, inherit });
  }

  /** The view whose `classNumbers` these were, of the same file and the same jobs. */
  static from(config: Config, given: ClassNumbersOf<Job>, numbers: ClassNumbers): PolicyView {
    const jobs = given.jobs.map(([job]) => job);
    const sorted = new SortedJobs(config, jobs);
    return new PolicyView(config, numbers, { sorted, inherit: (made) => made.#classesNumbered(given) });
  }

  /**
   * The view of these jobs after a restart, in which classes have the numbers that were written down for them, so that the
   * rules found on the switches are right. What was written down may be old, of another file or incomplete: a number goes to
   * one class at most, a class without one gets a fresh one, and which number stands for what matters only between the rules
   * of one switch, all of which are held against those of this view when it connects. So what is wrong costs FlowMods alone.
   * @param engine of this file, which may have met the jobs and is the view's from now on.
   */
  static restored(
    config: Config,
    jobs: readonly Job[],
    known: ReadonlyMap<string, number>,
    engine?: VerdictEngine,
  ): PolicyView {
    const numbers = new ClassNumbers();
    const inherit = (made: PolicyView) => {
      const kept = made.#known(known);
      numbers.takeExactly(new Set(kept.values()));
      return kept;
    };
    return new PolicyView(config, numbers, { sorted: new SortedJobs(config, jobs, engine), inherit });
  }

  #known(known: ReadonlyMap<string, number>): ReadonlyMap<EndpointClass, number> {
    const own = [this.#local, ...this.#blocks.map(({ endpointClass }) => endpointClass)];
    const classes = new Set([...own, ...Array.from(this.sorted.cohorts(), (cohort) => cohort.classes).flat()]);
    const kept = new Map<EndpointClass, number>();
    const given = new Set<number>();
    for (const endpointClass of classes) {
      const number = known.get(this.engine.fingerprintOf(endpointClass));
      if (number === undefined || given.has(number) || !isClassNumber(number)) continue;
      given.add(number);
      kept.set(endpointClass, number);
    }
    return kept;
  }

  /** Which number stands for what. */
  classNumbers(jobs: Iterable<Job>): ClassNumbersOf<Job> {
    return {
      local: this.#local.id,
      blocks: this.#blocks.map(({ prefix, endpointClass }) => [formatPrefix(prefix), endpointClass.id]),
      jobs: Array.from(jobs, (job) => [job, this.numbersOf(job)]),
    };
  }

  #classesNumbered({ local, blocks, jobs }: ClassNumbersOf<Job>): ReadonlyMap<EndpointClass, number> {
    const numbers = new Map([[this.#local, local]]);
    const byPrefix = new Map(blocks);
    for (const { prefix, endpointClass } of this.#blocks) {
      const number = byPrefix.get(formatPrefix(prefix));
      if (number !== undefined) numbers.set(endpointClass, number);
    }
    for (const [job, ofJob] of jobs) {
      for (const [i, endpointClass] of this.classesOf(job).entries()) {
        const number = ofJob[i];
        if (number !== undefined) numbers.set(endpointClass, number);
      }
    }
    return numbers;
  }

  verdict(source: JudgedEndpoint, destination: JudgedEndpoint): Verdict {
    return this.engine.verdictOfClasses(this.classOf(source), this.classOf(destination));
  }

  /** Of a job that was met it is known, without a look at its ads. */
  classOf(endpoint: JudgedEndpoint): EndpointClass {
    if (endpoint.kind !== 'job') return this.engine.classOf(endpoint);
    const { job, address } = endpoint;
    const classes = this.sorted.cohortOf(job.key)?.classes;
    const at = classes === undefined || address === undefined ? 0 : job.addresses.indexOf(address);
    return classes?.[at] ?? this.engine.classOf(endpoint);
  }

  /**
   * Every block of addresses that verdicts may tell apart: the prefixes of the zones and of the policies' address sets,
   * with the class of what no longer one of them covers, and the two that hold all the rest.
   */
  blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** The classes that packets can have in a switch's tables: those of jobs and blocks, by number. */
  presentClasses(): readonly EndpointClass[] {
    const others = [...this.engine.live()].filter((endpointClass) => endpointClass !== this.#local);
    return others.sort((a, b) => a.id - b.id);
  }

  /** What `make` makes of the present classes and their verdicts, and of nothing else but what `key` says; kept until they change. */
  derived<T>(key: string, make: (classes: readonly EndpointClass[]) => T): T {
    if (!this.#derived.has(key)) this.#derived.set(key, make(this.presentClasses()));
    return this.#derived.get(key) as T;
  }

  /** To be called for each job that is registered. The numbers of classes that are left without members by it. */
  meet(job: Job): readonly number[] {
    const before = this.sorted.cohortOf(job.key)?.classes ?? [];
    for (const each of this.sorted.put(job).classes) {
      this.engine.join(each, () => {
        this.#derived.clear();
        return this.numbers.take();
      });
    }
    return this.#leave(before);
  }

  /** To be called when it is registered no more: the numbers of classes that had no other member. */
  leave(job: Job): readonly number[] {
    const left = this.#leave(this.sorted.cohortOf(job.key)?.classes ?? []);
    this.sorted.remove(job);
    return left;
  }

  /** The numbers of the classes of its addresses, of a job that was met. */
  numbersOf(job: Job): readonly number[] {
    return (this.sorted.cohortOf(job.key)?.classes ?? []).map(({ id }) => id);
  }

  /** The classes of its addresses, in their order; of a job without any, that of none. */
  classesOf(job: Job): readonly EndpointClass[] {
    return this.sorted.cohortOf(job.key)?.classes ?? this.engine.classesOf(job);
  }

  /** The jobs that were met, by the classes of their addresses. */
  cohorts(): Iterable<Cohort> {
    return this.sorted.cohorts();
  }

  isOutsideRanges(job: Job): boolean {
    return this.sorted.isOutsideRanges(job);
  }

  /** `Job.key` of those that were met and have an address which is in none of the ranges. */
  get outsideRanges(): ReadonlySet<string> {
    return this.sorted.outsideRanges;
  }

  /** How many classes this job would add to those that there are. */
  classesAddedBy(job: Job): number {
    const live = this.engine.live();
    const added = this.engine.classesOf(job).filter((endpointClass) => !live.has(endpointClass));
    return new Set(added).size;
  }

  /** True where nothing is denied to or from this job, in either direction, by any class that has members. */
  allowsAll({ job }: PlacedJob): boolean {
    const own = this.classOf({ kind: 'job', job, address: job.addresses[0] });
    for (const other of this.engine.live()) {
      if (this.engine.verdictOfClasses(own, other).action === 'drop') return false;
      if (this.engine.verdictOfClasses(other, own).action === 'drop') return false;
    }
    return true;
  }

  /** True where every class that has members is denied to this sender, local addresses included. */
  deniesAllFrom(sender: JudgedEndpoint): boolean {
    const known = this.derived('senders that are denied everything', () => new Map<EndpointClass, boolean>());
    const own = this.classOf(sender);
    const before = known.get(own);
    if (before !== undefined) return before;
    const isDenied = [...this.engine.live()].every(
      (other) => this.engine.verdictOfClasses(own, other).action === 'drop',
    );
    known.set(own, isDenied);
    return isDenied;
  }

  /** The numbers of those that have no members by it. */
  #leave(classes: readonly EndpointClass[]): readonly number[] {
    const numbers = classes
      .map((endpointClass) => this.engine.leave(endpointClass))
      .filter((each) => each !== undefined);
    if (numbers.length > 0) this.#derived.clear();
    return numbers;
  }

  #makeBlocks(): Block[] {
    const { zones, policies } = this.config;
    const listed = [
      ...zones.flatMap(({ prefixes }) => prefixes),
      ...policies.flatMap(({ policy }) => Object.values(policy.addressSets ?? {}).flatMap((set) => set ?? [])),
      { network: 0 as IpAddress, length: 0 },
      { network: 0n as IpAddress, length: 0 },
    ];
    const byKey = new Map(listed.map((prefix) => [formatPrefix(prefix), prefix]));
    return [...byKey.values()].map((prefix) => ({
      prefix,
      endpointClass: this.engine.classOfBlock(this.zoneOf(prefix.network, prefix.length), prefix),
    }));
  }

  /** Which members of this view's classes are in which class of the next: jobs, blocks, and local addresses. */
  *#sharedWith(next: PolicyView, shifts: readonly Shift[]) {
    const shared = new Map<EndpointClass, Map<number, number>>();
    const count = (now: EndpointClass, before: EndpointClass | undefined, members = 1) => {
      if (before === undefined) return;
      const counts = shared.get(now) ?? new Map<number, number>();
      shared.set(now, counts.set(before.id, (counts.get(before.id) ?? 0) + members));
    };
    count(next.#local, this.#local);
    const blocks = new Map(this.#blocks.map(({ prefix, endpointClass }) => [formatPrefix(prefix), endpointClass]));
    for (const { prefix, endpointClass } of next.#blocks) count(endpointClass, blocks.get(formatPrefix(prefix)));
    for (const { before, after, jobs } of shifts) {
      for (const [i, each] of after.entries()) count(each, before[i], jobs.size);
    }
    for (const [now, counts] of shared) {
      for (const [before, size] of counts) yield { now, before, members: size };
    }
  }
}

/** What a view begins with. */
interface Start {
  /** By its file; none if left out. */
  readonly sorted?: SortedJobs;
  /** The numbers that classes of the view take over. */
  readonly inherit?: (made: PolicyView) => ReadonlyMap<EndpointClass, number>;
}
