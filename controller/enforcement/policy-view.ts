// What the forwarding decision asks of the policy file: verdicts, zones, and which addresses only jobs may have; and which
// endpoint classes there are, counted by their members: the jobs that the network knows and the file's own blocks.
//
// A view is of one file. A reload makes its successor, in which each class keeps a former class's number where it can.

import { formatPrefix, type IpAddress, type Prefix } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import { inAnyPrefix, zoneLookup } from '../config/zones.ts';
import { type Job, registrationKey } from '../jobs/job.ts';
import type { PlacedJob } from '../network/job-table.ts';
import { ClassNumbers, isClassNumber } from './class-numbers.ts';
import { type EndpointClass, type JudgedEndpoint, VerdictEngine } from './endpoint-classes.ts';
import { inheritNumbers } from './inherit-numbers.ts';
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
  readonly engine: VerdictEngine;
  /** The zone of an address that is no job's: of the file's zones the longest match, else `wan`. */
  readonly zoneOf: (address: IpAddress, longest?: number) => string;
  /** True for the addresses that only jobs have. */
  readonly isInRanges: (address: IpAddress) => boolean;
  readonly numbers: ClassNumbers;
  readonly #blocks: readonly Block[];
  readonly #local: EndpointClass;
  /** The classes of each job's addresses, by `registrationKey`. */
  readonly #members = new Map<string, readonly EndpointClass[]>();
  /** What follows from the classes that there are, until there are others. */
  readonly #derived = new Map<string, unknown>();

  constructor(config: Config, numbers = new ClassNumbers(), numberOf?: Inheritance) {
    this.config = config;
    this.engine = new VerdictEngine(config);
    this.zoneOf = zoneLookup(config.zones);
    this.isInRanges = inAnyPrefix(config.jobs.ranges);
    this.numbers = numbers;
    this.#local = this.engine.classOf({ kind: 'local', address: undefined });
    this.#blocks = this.#makeBlocks();
    const inherited = numberOf?.(this);
    const number = (endpointClass: EndpointClass) => () => inherited?.get(endpointClass) ?? this.numbers.take();
    const own = [this.#local, ...this.#blocks.map(({ endpointClass }) => endpointClass)];
    for (const endpointClass of own) this.engine.join(endpointClass, number(endpointClass));
  }

  /**
   * The same jobs under another file.
   * @param numbers where fresh numbers come from; a copy where it is only to be tried.
   */
  successor(config: Config, jobs: Iterable<Job>, numbers: ClassNumbers): Successor {
    const members: Member[] = [];
    let inherited: ReadonlyMap<EndpointClass, number> = new Map();
    const view = new PolicyView(config, numbers, (made) => {
      for (const job of jobs) {
        const key = registrationKey(job.registration);
        members.push({ job, key, before: this.#members.get(key) ?? [], classes: made.#classesOf(job) });
      }
      inherited = inheritNumbers(this.#sharedWith(made, members));
      return inherited;
    });
    const renumbered: Job[] = [];
    for (const { job, key, before, classes } of members) {
      for (const each of classes) view.engine.join(each, () => inherited.get(each) ?? numbers.take());
      view.#members.set(key, classes);
      if (!classes.every(({ id }, i) => id === before[i]?.id)) renumbered.push(job);
    }
    view.#derived.clear();
    return { view, renumbered };
  }

  /** The view whose `classNumbers` these were, of the same file and the same jobs. */
  static from(config: Config, given: ClassNumbersOf<Job>, numbers: ClassNumbers): PolicyView {
    let known: ReadonlyMap<EndpointClass, number> = new Map();
    const view = new PolicyView(config, numbers, (made) => {
      known = made.#classesNumbered(given);
      return known;
    });
    for (const [job] of given.jobs) view.#meet(job, known);
    return view;
  }

  /**
   * The view of these jobs after a restart, in which classes have the numbers that were written down for them, so that the
   * rules found on the switches are right. What was written down may be old, of another file or incomplete: a number goes to
   * one class at most, a class without one gets a fresh one, and which number stands for what matters only between the rules
   * of one switch, all of which are held against those of this view when it connects. So what is wrong costs FlowMods alone.
   */
  static restored(config: Config, jobs: readonly Job[], known: ReadonlyMap<string, number>): PolicyView {
    const numbers = new ClassNumbers();
    let kept: ReadonlyMap<EndpointClass, number> = new Map();
    const view = new PolicyView(config, numbers, (made) => {
      kept = made.#known(jobs, known);
      numbers.takeExactly(new Set(kept.values()));
      return kept;
    });
    for (const job of jobs) view.#meet(job, kept);
    return view;
  }

  #known(jobs: readonly Job[], known: ReadonlyMap<string, number>): ReadonlyMap<EndpointClass, number> {
    const own = [this.#local, ...this.#blocks.map(({ endpointClass }) => endpointClass)];
    const classes = new Set([...own, ...jobs.flatMap((job) => this.#classesOf(job))]);
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
      for (const [i, endpointClass] of this.#classesOf(job).entries()) {
        const number = ofJob[i];
        if (number !== undefined) numbers.set(endpointClass, number);
      }
    }
    return numbers;
  }

  verdict(source: JudgedEndpoint, destination: JudgedEndpoint): Verdict {
    return this.engine.verdict(source, destination);
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
    return this.#meet(job, undefined);
  }

  /** To be called when it is registered no more: the numbers of classes that had no other member. */
  leave(job: Job): readonly number[] {
    const key = registrationKey(job.registration);
    const left = this.#leave(this.#members.get(key) ?? []);
    this.#members.delete(key);
    this.engine.forgetJob(job);
    return left;
  }

  /** The numbers of the classes of its addresses, of a job that was met. */
  numbersOf(job: Job): readonly number[] {
    return (this.#members.get(registrationKey(job.registration)) ?? []).map(({ id }) => id);
  }

  /** How many classes this job would add to those that there are. */
  classesAddedBy(job: Job): number {
    const live = this.engine.live();
    const added = this.#classesOf(job).filter((endpointClass) => !live.has(endpointClass));
    this.engine.forgetJob(job);
    return new Set(added).size;
  }

  /** True where nothing is denied to or from this job, in either direction, by any class that has members. */
  allowsAll({ job }: PlacedJob): boolean {
    const own = this.engine.classOf({ kind: 'job', job, address: job.addresses[0] });
    for (const other of this.engine.live()) {
      if (this.engine.verdictOfClasses(own, other).action === 'drop') return false;
      if (this.engine.verdictOfClasses(other, own).action === 'drop') return false;
    }
    return true;
  }

  /** True where every class that has members is denied to this sender, local addresses included. */
  deniesAllFrom(sender: JudgedEndpoint): boolean {
    const known = this.derived('senders that are denied everything', () => new Map<EndpointClass, boolean>());
    const own = this.engine.classOf(sender);
    const before = known.get(own);
    if (before !== undefined) return before;
    const isDenied = [...this.engine.live()].every(
      (other) => this.engine.verdictOfClasses(own, other).action === 'drop',
    );
    known.set(own, isDenied);
    return isDenied;
  }

  #meet(job: Job, inherited: ReadonlyMap<EndpointClass, number> | undefined): readonly number[] {
    const key = registrationKey(job.registration);
    const before = this.#members.get(key) ?? [];
    const classes = this.#classesOf(job);
    for (const endpointClass of classes) {
      this.engine.join(endpointClass, () => {
        this.#derived.clear();
        return inherited?.get(endpointClass) ?? this.numbers.take();
      });
    }
    this.#members.set(key, classes);
    return this.#leave(before);
  }

  /** The numbers of those that have no members by it. */
  #leave(classes: readonly EndpointClass[]): readonly number[] {
    const numbers = classes
      .map((endpointClass) => this.engine.leave(endpointClass))
      .filter((each) => each !== undefined);
    if (numbers.length > 0) this.#derived.clear();
    return numbers;
  }

  #classesOf(job: Job): readonly EndpointClass[] {
    const addresses = job.addresses.length === 0 ? [undefined] : job.addresses;
    return addresses.map((address) => this.engine.classOf({ kind: 'job', job, address }));
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
  *#sharedWith(next: PolicyView, members: readonly Member[]) {
    const shared = new Map<EndpointClass, Map<number, number>>();
    const count = (now: EndpointClass, before: EndpointClass | undefined) => {
      if (before === undefined) return;
      const counts = shared.get(now) ?? new Map<number, number>();
      shared.set(now, counts.set(before.id, (counts.get(before.id) ?? 0) + 1));
    };
    count(next.#local, this.#local);
    const blocks = new Map(this.#blocks.map(({ prefix, endpointClass }) => [formatPrefix(prefix), endpointClass]));
    for (const { prefix, endpointClass } of next.#blocks) count(endpointClass, blocks.get(formatPrefix(prefix)));
    for (const { classes, before } of members) for (const [i, each] of classes.entries()) count(each, before[i]);
    for (const [now, counts] of shared) {
      for (const [before, size] of counts) yield { now, before, members: size };
    }
  }
}

interface Member {
  readonly job: Job;
  readonly key: string;
  readonly before: readonly EndpointClass[];
  readonly classes: readonly EndpointClass[];
}

export interface Successor {
  readonly view: PolicyView;
  /** The jobs whose classes have another number than before. */
  readonly renumbered: readonly Job[];
}

/** The numbers that classes of a view that is being made take over. */
type Inheritance = (made: PolicyView) => ReadonlyMap<EndpointClass, number>;
