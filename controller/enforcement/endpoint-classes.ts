// Endpoint classes: endpoints with equal significant attributes are one class, as HTCondor's schedd sorts jobs into
// autoclusters. A class holds, for each policy, the view that the policy is given, so a policy cannot read an attribute
// that it did not declare, and verdicts are computed once per pair of classes.
//
// Invariant: two endpoints of one class are indistinguishable to every policy in force.

import { LRUCache } from 'lru-cache';
import type { AttributeValue, EndpointView } from '../../policies/policy.ts';
import { type IpAddress, type Prefix, prefixContains } from '../../protocols/packet/address.ts';
import type { Config, PolicyEntry } from '../config/config.ts';
import { WAN_ZONE } from '../config/zones.ts';
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
  readonly id: number;
  /** Addresses of the zone `wan`: `via` is for traffic to them alone. */
  readonly isWan: boolean;
  /** The significant attributes of all policies together, for people. */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** What the policy at this index of the file is shown. */
  viewFor(policyIndex: number): EndpointView<string>;
}

/** Classes and verdicts kept. Beyond it all are forgotten at once and made again as they are met. */
const CLASS_LIMIT = 100_000;
const VERDICT_LIMIT = 1_000_000;
/** Classes of addresses that are not jobs', by address; the least recently met fall out. */
const ADDRESS_CACHE_SIZE = 16_384;
/** More than there are ever classes: two numbers below it make one. */
const ID_SPACE = 2 ** 26;

export class VerdictEngine {
  readonly #policies: readonly PolicyEntry[];
  readonly #fallback: Config['default'];
  readonly #names: readonly string[];
  /** Ids are never used again, so a class that was forgotten and is met again merely gets a new number. */
  readonly #classes = new Map<string, EndpointClass>();
  #nextId = 0;
  /** By address, too: a policy's address sets may tell the addresses of one job apart. */
  readonly #byJob = new WeakMap<Job, Map<IpAddress | undefined, EndpointClass>>();
  readonly #byAddress = new LRUCache<string, EndpointClass>({
    maxSize: ADDRESS_CACHE_SIZE,
    sizeCalculation: () => 1,
  });
  /** By the numbers of both classes as one. */
  readonly #verdicts = new Map<number, Verdict>();

  constructor(config: Pick<Config, 'policies' | 'default'>) {
    this.#policies = config.policies;
    this.#fallback = config.default;
    this.#names = [...new Set(config.policies.flatMap((entry) => entry.policy.significantAttributes))].sort();
  }

  verdict(source: JudgedEndpoint, destination: JudgedEndpoint): Verdict {
    return this.verdictOfClasses(this.classOf(source), this.classOf(destination));
  }

  /** The classes met so far. */
  get classCount(): number {
    return this.#classes.size;
  }

  classes(): Iterable<EndpointClass> {
    return this.#classes.values();
  }

  verdictOfClasses(source: EndpointClass, destination: EndpointClass): Verdict {
    const key = source.id * ID_SPACE + destination.id;
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

  /** The class of all addresses of a zone's block that no longer prefix of the file covers. */
  classOfBlock(zone: string, block: Prefix): EndpointClass {
    return this.#makeClass({ kind: 'zone', zone, address: undefined, block });
  }

  #classOfJob(endpoint: Extract<JudgedEndpoint, { kind: 'job' }>): EndpointClass {
    let byAddress = this.#byJob.get(endpoint.job);
    if (byAddress === undefined) {
      byAddress = new Map();
      this.#byJob.set(endpoint.job, byAddress);
    }
    let found = byAddress.get(endpoint.address);
    if (found === undefined) {
      found = this.#makeClass(endpoint);
      byAddress.set(endpoint.address, found);
    }
    return found;
  }

  #makeClass(endpoint: JudgedEndpoint): EndpointClass {
    const views = this.#policies.map((entry) => viewOf(entry, endpoint));
    const isWan = endpoint.kind === 'zone' && endpoint.zone === WAN_ZONE;
    const key = JSON.stringify([endpoint.kind, isWan, ...views.map((view) => Object.values(view).map(keyOf))]);
    let found = this.#classes.get(key);
    if (found === undefined) {
      const attributes = new Map(this.#names.map((name) => [name, valueAmong(views, name)]));
      if (this.#classes.size >= CLASS_LIMIT) this.#classes.clear();
      found = { id: this.#nextId++, isWan, attributes, viewFor: (index) => views[index]! };
      this.#classes.set(key, found);
    }
    return found;
  }
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
  const lower = name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  if (lower === 'endpointtype') return endpoint.kind;
  // Never undefined, so that a comparison of zones in a rule has an answer whatever stands at that end.
  if (lower === 'zone') return endpoint.kind === 'zone' ? endpoint.zone : endpoint.kind;
  return endpoint.kind === 'job' ? endpoint.job.attributes.get(lower) : undefined;
}
