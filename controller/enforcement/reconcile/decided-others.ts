// The rules that were decided for single packets and are not of a pair (see pairs/decided-pairs.ts): of ARP, of IPv6, of a tag, of all that
// a sender sends. See decided-rules.ts for what is kept, and for how long.

import { isGroupMac } from '../../../protocols/packet/address.ts';
import { type FlowMatch, type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import { withId } from '../cookie.ts';
import type { Concern } from './concern.ts';
import type { DecidedFor } from './decided-rules.ts';

interface Entry {
  readonly rule: FlowRule;
  readonly packet: DecidedFor;
  readonly key: string;
  readonly isWide: boolean;
}

export class DecidedOthers {
  /** In the order in which they were decided. */
  readonly #byId = new Map<number, Entry>();
  readonly #byKey = new Map<string, number>();
  readonly #bySource = new Index();
  readonly #byDestination = new Index();
  readonly #byAddress = new Index();
  readonly #byInPort = new Index();
  readonly #byOutPort = new Index();
  readonly #byWord = new Index();

  get size(): number {
    return this.#byId.size;
  }

  /**
   * The rule with this id in its cookie. Another of the same match must not be here.
   * @param isWide it stands for many peers.
   */
  add(rule: FlowRule, packet: DecidedFor, isWide: boolean, id: number): FlowRule {
    const own = { ...rule, cookie: withId(rule.cookie, id) };
    const entry = { rule: own, packet: withoutBytes(packet), key: ruleKey(rule), isWide };
    this.#byId.set(id, entry);
    this.#byKey.set(entry.key, id);
    this.#eachIndex(entry, (index, value) => index.add(value, id));
    return own;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  byId(id: number): FlowRule | undefined {
    return this.#byId.get(id)?.rule;
  }

  /** False if it is not here. */
  drop(id: number): boolean {
    return this.#drop(id) !== undefined;
  }

  /** The one of the same match; false if there is none. */
  dropAlike(rule: FlowRule): boolean {
    const id = this.#byKey.get(ruleKey(rule));
    return id !== undefined && this.drop(id);
  }

  /** There must be one. */
  takeOldest(): FlowRule {
    return this.#drop(this.#byId.keys().next().value!)!;
  }

  countOf(concern: Concern): number {
    return this.#idsOf(concern).size;
  }

  take(concern: Concern): FlowRule[] {
    return Array.from(this.#idsOf(concern), (id) => this.#drop(id)!);
  }

  takeAll(): FlowRule[] {
    return Array.from(this.#byId.keys(), (id) => this.#drop(id)!);
  }

  /** In the order in which they were decided. */
  rules(): Iterable<Entry> {
    return this.#byId.values();
  }

  #drop(id: number): FlowRule | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    this.#byId.delete(id);
    this.#byKey.delete(entry.key);
    this.#eachIndex(entry, (index, value) => index.delete(value, id));
    return entry.rule;
  }

  /** Of all that the rule was decided on. */
  #eachIndex({ rule, isWide }: Entry, visit: (index: Index, value: Indexed) => void): void {
    const { ethSrc, ethDst, inPort } = rule.match;
    if (ethSrc !== undefined) visit(this.#bySource, ethSrc);
    if (ethDst !== undefined && isGroupMac(ethDst)) visit(this.#byWord, 'unheard');
    else if (ethDst !== undefined) visit(this.#byDestination, ethDst);
    if (inPort !== undefined) visit(this.#byInPort, inPort);
    for (const name of ADDRESSES) {
      const block = rule.match[name];
      if (block !== undefined) visit(this.#byAddress, block.network);
    }
    for (const { port } of rule.outputs) visit(this.#byOutPort, port);
    if (isWide) visit(this.#byWord, 'wide');
  }

  #idsOf(concern: Concern): ReadonlySet<number> {
    if (typeof concern === 'string') return this.#byWord.of(concern);
    if ('source' in concern) return this.#bySource.of(concern.source);
    if ('destination' in concern) return this.#byDestination.of(concern.destination);
    if ('address' in concern) return this.#byAddress.of(concern.address);
    return 'inPort' in concern ? this.#byInPort.of(concern.inPort) : this.#byOutPort.of(concern.outPort);
  }
}

const NO_BYTES = new Uint8Array(0);

/** What was decided on stands in the other fields. */
function withoutBytes({ frame, inPort }: DecidedFor): DecidedFor {
  return { frame: { ...frame, bytes: NO_BYTES }, inPort };
}

const ADDRESSES = ['ipSrc', 'ipDst', 'arpSpa', 'arpTpa'] as const satisfies readonly (keyof FlowMatch)[];

type Indexed = number | bigint | string;

/** The rules that were decided on a value. */
class Index {
  /**
   * Most values are of one rule, whose id then stands for the set of it. Undefined until there is one: many switches have rules
   * for few of these.
   */
  #ids: Map<Indexed, number | Set<number>> | undefined;

  add(value: Indexed, id: number): void {
    this.#ids ??= new Map();
    const there = this.#ids.get(value);
    if (there === undefined) this.#ids.set(value, id);
    else if (typeof there !== 'number') there.add(id);
    else if (there !== id) this.#ids.set(value, new Set([there, id]));
  }

  delete(value: Indexed, id: number): void {
    const there = this.#ids?.get(value);
    if (there === id) this.#ids?.delete(value);
    else if (there instanceof Set && there.delete(id) && there.size === 0) this.#ids?.delete(value);
  }

  of(value: Indexed): ReadonlySet<number> {
    const there = this.#ids?.get(value);
    return there === undefined ? NONE : typeof there === 'number' ? new Set([there]) : there;
  }
}

const NONE: ReadonlySet<number> = new Set();
