// Endpoint classes: endpoints with equal significant attributes are one class, as HTCondor's schedd sorts jobs into
// autoclusters. A class holds, for each policy, the view that the policy is given, so a policy cannot read an attribute
// that it did not declare, and verdicts are computed once per pair of classes. Classes with members have a number, by
// which the switches' rules name them (class-numbers.ts).
//
// Invariant: two endpoints of one class are indistinguishable to every policy in force.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AttributeValue, EndpointView } from '../../policies/policy.ts';
import { formatPrefix, type IpAddress, type Prefix, prefixContains } from '../../protocols/packet/address.ts';
import type { Config, PolicyEntry } from '../config/config.ts';
import { enclosingPrefix, inAnyPrefix, WAN_ZONE } from '../config/zones.ts';
import type { Job } from '../jobs/job.ts';
import { judge, type Verdict } from './verdict.ts';

/** What a packet's end stands for when a policy may be asked about it. `unregistered` ends never get here. */
export type JudgedEndpoint =
  | { readonly kind: 'job'; readonly job: Job; readonly address: IpAddress | undefined }
  | {
      readonly kind: 'zone';
      readonly zone: string;
      readonly address: IpAddress | undefined;
      /** Instead of an address: all of this block that no longer prefix of the file covers. */
      readonly block?: Prefix;
    }
  | { readonly kind: 'local'; readonly address: IpAddress | undefined };

export interface EndpointClass {
  /** Never used again by its engine, so a class that was forgotten and is met again merely gets a new one. */
  readonly serial: number;
  /**
   * The number by which the switches' rules name it, from the moment that a job or a block of the file is in it. A class
   * that was only met, as by a packet from a local address, stands in no rule and has UNNUMBERED.
   */
  readonly id: number;
  /** Addresses of the zone `wan`: `via` is for traffic to them alone. */
  readonly isWan: boolean;
  /** The significant attributes of all policies together, for people. */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** What the policy at this index of the file is shown. */
  viewFor(policyIndex: number): EndpointView<string>;
}

export const UNNUMBERED = -1;

/** Classes kept that nothing is in, and verdicts kept. Beyond it all of them are forgotten and made again as they are met. */
const CLASS_LIMIT = 100_000;
const VERDICT_LIMIT = 1_000_000;
/** Classes of addresses that are not jobs', by address; the least recently met fall out. */
const ADDRESS_CACHE_SIZE = 16_384;
/** More than there are ever classes: two serials below it make one. */
const SERIAL_SPACE = 2 ** 26;

interface KnownClass extends EndpointClass {
  id: number;
  readonly key: string;
  /** How many jobs' addresses and blocks of the file are in it. */
  members: number;
}

/** One thing that classes are told apart by: an attribute, or whether an address is in a policy's set. */
type Criterion = (endpoint: JudgedEndpoint) => AttributeValue;

export class VerdictEngine {
  readonly #policies: readonly PolicyEntry[];
  readonly #fallback: Config['default'];
  readonly #names: readonly string[];
  /** By what each looks at, which is the same text for criteria of every engine that look at the same. */
  readonly #criteria: ReadonlyMap<string, Criterion>;
  readonly #classes = new Map<string, KnownClass>();
  readonly #live = new Set<KnownClass>();
  /** Classes that were given a number, until somebody asks. */
  #numbered: KnownClass[] = [];
  #nextSerial = 0;
  #liveVersion = 0;
  /** True where a policy's address sets may tell the addresses of one job apart. */
  readonly #isByAddress: boolean;
  /** Of all of its addresses, or by address. */
  readonly #byJob = new WeakMap<Job, KnownClass | Map<IpAddress | undefined, KnownClass>>();
  readonly #byAddress = new LRUCache<string, KnownClass>({
    maxSize: ADDRESS_CACHE_SIZE,
    sizeCalculation: () => 1,
  });
  /** By the serials of both classes as one. */
  readonly #verdicts = new Map<number, Verdict>();

  constructor(config: Pick<Config, 'policies' | 'default'>) {
    this.#policies = config.policies;
    this.#fallback = config.default;
    this.#names = [...new Set(config.policies.flatMap((entry) => entry.policy.significantAttributes))].sort();
    this.#criteria = criteriaOf(config.policies);
    this.#isByAddress = config.policies.some(({ policy }) => Object.keys(policy.addressSets ?? {}).length > 0);
  }

  /** Whether endpoints that are one class of the other engine always are one class of this. */
  isNoFinerThan(other: VerdictEngine): boolean {
    return Array.from(this.#criteria.keys()).every((looksAt) => other.#criteria.has(looksAt));
  }

  verdict(source: JudgedEndpoint, destination: JudgedEndpoint): Verdict {
    return this.verdictOfClasses(this.classOf(source), this.classOf(destination));
  }

  /** The classes that have members, in no order that means anything. */
  live(): ReadonlySet<EndpointClass> {
    return this.#live;
  }

  /** Another number whenever a class has come or gone. */
  get liveVersion(): number {
    return this.#liveVersion;
  }

  /** More members. The first gives the class its number. */
  join(endpointClass: EndpointClass, number: () => number, members = 1): void {
    const known = endpointClass as KnownClass;
    known.members += members;
    if (known.members > members) return;
    known.id = number();
    this.#liveVersion++;
    this.#live.add(known);
    this.#numbered.push(known);
    this.#classes.set(known.key, known);
  }

  /** One member less. The number that was the class's if that was the last one. */
  leave(endpointClass: EndpointClass): number | undefined {
    const known = endpointClass as KnownClass;
    if (--known.members > 0) return undefined;
    this.#live.delete(known);
    this.#liveVersion++;
    if (this.#classes.get(known.key) === known) this.#classes.delete(known.key);
    return known.id;
  }

  /** The classes that were given a number since this was asked last. */
  takeNumbered(): readonly EndpointClass[] {
    const numbered = this.#numbered;
    this.#numbered = [];
    return numbered;
  }

  /** The same for equal classes of every engine whose policies look at the same; short, whatever is in the ads. */
  fingerprintOf(endpointClass: EndpointClass): string {
    return createHash('sha256')
      .update((endpointClass as KnownClass).key)
      .digest('base64');
  }

  /** What it is from now on is asked anew. */
  forgetJob(job: Job): void {
    this.#byJob.delete(job);
  }

  verdictOfClasses(source: EndpointClass, destination: EndpointClass): Verdict {
    const key = (source as KnownClass).serial * SERIAL_SPACE + (destination as KnownClass).serial;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      if (this.#verdicts.size >= VERDICT_LIMIT) this.#verdicts.clear();
      verdict = judge(this.#policies, this.#fallback, source, destination);
      this.#verdicts.set(key, verdict);
    }
    return verdict;
  }

  classOf(endpoint: JudgedEndpoint): EndpointClass {
    if (endpoint.kind === 'job') return this.#classOfJob(endpoint);
    const zone = endpoint.kind === 'zone' ? endpoint.zone : '';
    const key = `${zone} ${typeof endpoint.address}${endpoint.address ?? ''}`;
    const known = this.#byAddress.get(key);
    if (known !== undefined) return known;
    const made = this.#makeClass(endpoint);
    this.#byAddress.set(key, made);
    return made;
  }

  /** The classes of a job's addresses, in their order; of a job without any, that of none. */
  classesOf(job: Job): readonly EndpointClass[] {
    const addresses = job.addresses.length === 0 ? [undefined] : job.addresses;
    return addresses.map((address) => this.classOf({ kind: 'job', job, address }));
  }

  /** The class of all addresses of a zone's block that no longer prefix of the file covers. */
  classOfBlock(zone: string, block: Prefix): EndpointClass {
    return this.#makeClass({ kind: 'zone', zone, address: undefined, block });
  }

  #classOfJob(endpoint: Extract<JudgedEndpoint, { kind: 'job' }>): EndpointClass {
    const known = this.#byJob.get(endpoint.job);
    if (!this.#isByAddress) {
      if (known !== undefined && !(known instanceof Map)) return known;
      const made = this.#makeClass(endpoint);
      this.#byJob.set(endpoint.job, made);
      return made;
    }
    const byAddress = known instanceof Map ? known : new Map<IpAddress | undefined, KnownClass>();
    if (byAddress !== known) this.#byJob.set(endpoint.job, byAddress);
    const found = byAddress.get(endpoint.address) ?? this.#makeClass(endpoint);
    byAddress.set(endpoint.address, found);
    return found;
  }

  #makeClass(endpoint: JudgedEndpoint): KnownClass {
    const isWan = endpoint.kind === 'zone' && endpoint.zone === WAN_ZONE;
    const values = Array.from(this.#criteria.values(), (criterion) => keyOf(criterion(endpoint)));
    const key = `${endpoint.kind} ${isWan} ${values.map((value) => `${value.length}:${value}`).join('')}`;
    let found = this.#classes.get(key);
    if (found === undefined) {
      const views = this.#policies.map((entry) => viewOf(entry, endpoint));
      const attributes = new Map(this.#names.map((name) => [name, valueAmong(views, name)]));
      if (this.#classes.size - this.#live.size >= CLASS_LIMIT) this.#forgetEmpty();
      const serial = this.#nextSerial++;
      const viewFor = (index: number) => views[index]!;
      found = { id: UNNUMBERED, key, serial, members: 0, isWan, attributes, viewFor };
      this.#classes.set(key, found);
    }
    return found;
  }

  #forgetEmpty(): void {
    for (const [key, { members }] of this.#classes) if (members === 0) this.#classes.delete(key);
    this.#byAddress.clear();
  }
}

/** All that the policies look at, each once; what makes no difference to any of them tells no classes apart. */
function criteriaOf(policies: readonly PolicyEntry[]): ReadonlyMap<string, Criterion> {
  const attributes = new Map<string, Criterion>();
  const sets = new Map<string, Criterion>();
  for (const { policy } of policies) {
    for (const name of policy.significantAttributes) {
      const addressSet = policy.addressSets?.[name];
      const lower = lowerCased(name);
      if (addressSet === undefined) attributes.set(`attribute ${lower}`, (endpoint) => attributeOf(endpoint, lower));
      else sets.set(`addresses ${addressSet.map(formatPrefix).sort().join(' ')}`, membership(addressSet));
    }
  }
  return new Map([...attributes, ...sets]);
}

function membership(addressSet: readonly Prefix[]): Criterion {
  const holds = inAnyPrefix(addressSet);
  const encloses = enclosingPrefix(addressSet);
  return (endpoint) => {
    const block = endpoint.kind === 'zone' ? endpoint.block : undefined;
    if (block !== undefined) return encloses(block) !== undefined;
    return endpoint.address !== undefined && holds(endpoint.address);
  };
}

/** Tells apart what JSON would not: 5 and 5n and "5", undefined and NaN. */
function keyOf(value: AttributeValue): string {
  return `${typeof value}:${Object.is(value, -0) ? '-0' : String(value)}`;
}

function valueAmong(views: readonly EndpointView<string>[], name: string): AttributeValue {
  return views.find((view) => Object.hasOwn(view, name))?.[name];
}

function viewOf(entry: PolicyEntry, endpoint: JudgedEndpoint): EndpointView<string> {
  const view: Record<string, AttributeValue> = Object.create(null);
  for (const name of [...entry.policy.significantAttributes].sort()) {
    const addressSet = entry.policy.addressSets?.[name];
    view[name] =
      addressSet === undefined ? attributeOf(endpoint, name) : addressSet.some((prefix) => covers(prefix, endpoint));
  }
  return Object.freeze(view);
}

function covers(prefix: Prefix, endpoint: JudgedEndpoint): boolean {
  const block = endpoint.kind === 'zone' ? endpoint.block : undefined;
  if (block !== undefined) return prefix.length <= block.length && prefixContains(prefix, block.network);
  return endpoint.address !== undefined && prefixContains(prefix, endpoint.address);
}

/** `EndpointType` and `Zone` are Lark's own: no ad can override them. Names compare as ClassAd attributes: any case. */
function attributeOf(endpoint: JudgedEndpoint, name: string): AttributeValue {
  const lower = lowerCased(name);
  if (lower === 'endpointtype') return endpoint.kind;
  // Never undefined, so that a comparison of zones in a rule has an answer whatever stands at that end.
  if (lower === 'zone') return endpoint.kind === 'zone' ? endpoint.zone : endpoint.kind;
  return endpoint.kind === 'job' ? endpoint.job.attributes.get(lower) : undefined;
}

function lowerCased(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
