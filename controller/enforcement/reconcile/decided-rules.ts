// The rules that were decided for single packets, as the switch has them: by what they were decided on, so that a change
// of that deletes these and no others. A rule is in here from before it is sent until its delete is sent or the switch has
// said that it is gone. Each gets a cookie of its own, so that word of a rule that timed out is never taken for word of
// one that was put in its place since.
//
// Bounded, by itself and for all switches together: beyond the limit the oldest gives way, and its packets are asked about again.

import { isGroupMac } from '../../../protocols/packet/address.ts';
import type { Frame } from '../../../protocols/packet/frame.ts';
import { type FlowMatch, type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import { COOKIE_IDS, idOf, withId } from '../cookie.ts';
import { type Ipv4Pair, isIpv4Pair, packetOf } from '../ipv4-pair.ts';
import { DecidedRoom } from './decided-room.ts';

/**
 * Something that rules were decided on: a MAC address as source or destination, an IP address at either end, a port as
 * the way in or out, that nobody may hear a broadcast, or that all verdicts of one end are the same.
 */
export type Concern =
  | { readonly source: number }
  | { readonly destination: number }
  | { readonly address: number | bigint }
  | { readonly inPort: number }
  | { readonly outPort: number }
  | 'unheard'
  | 'wide';

/** The packet that a rule was decided for. By soundness it speaks for all packets of the rule. */
export interface DecidedFor {
  readonly frame: Frame;
  readonly inPort: number;
}

interface Entry {
  readonly rule: FlowRule;
  /** Undefined where the match tells as much. */
  readonly packet: DecidedFor | undefined;
  readonly key: string;
  readonly isWide: boolean;
}

export interface DecidedRulesParts {
  /** Rules at a time. */
  readonly most: number;
  /** Shared with the other switches. */
  readonly room?: DecidedRoom;
  /** Told of each rule that is taken out, for whatever reason. */
  readonly onDropped?: (rule: FlowRule) => void;
}

export class DecidedRules {
  readonly #most: number;
  readonly #room: DecidedRoom;
  readonly #onDropped: (rule: FlowRule) => void;
  /** In the order in which they were decided. */
  readonly #byId = new Map<number, Entry>();
  readonly #byKey = new Map<string, number>();
  readonly #bySource = new Index();
  readonly #byDestination = new Index();
  /** An IPv4 address is a number and an IPv6 address a bigint: ::1 is not 0.0.0.1. */
  readonly #byAddress = new Index();
  readonly #byInPort = new Index();
  readonly #byOutPort = new Index();
  readonly #byWord = new Index();
  #lastId = 0;
  #changes = 0;

  constructor({ most, room = new DecidedRoom(most), onDropped = () => {} }: DecidedRulesParts) {
    if (most >= COOKIE_IDS) throw new Error(`no more than ${COOKIE_IDS - 1} decided rules can be told apart`);
    this.#most = most;
    this.#room = room;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Another number whenever a rule has come or gone. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * The rule as it is to be sent, with its own cookie, and the one that has to be deleted first to make room.
   * @param packet for which it was decided.
   * @param isWide it stands for many peers, and falls with the first verdict that differs.
   */
  add(
    rule: FlowRule,
    packet: DecidedFor,
    isWide = false,
  ): { readonly rule: FlowRule; readonly evicted: FlowRule | undefined } {
    const key = ruleKey(rule);
    const replaced = this.#byKey.get(key);
    if (replaced !== undefined) this.#drop(replaced);
    const { size } = this.#byId;
    const evicted = size >= this.#most || this.#room.isFullFor(size) ? this.takeOldest() : undefined;
    const id = this.#freeId();
    this.#changes++;
    this.#room.take();
    const own = { ...rule, cookie: withId(rule.cookie, id) };
    // It would be the largest of all that is kept of the rule.
    const entry = { rule: own, packet: isIpv4Pair(rule.match) ? undefined : withoutBytes(packet), key, isWide };
    this.#byId.set(id, entry);
    this.#byKey.set(key, id);
    this.#eachIndex(entry, (index, value) => index.add(value, id));
    return { rule: own, evicted };
  }

  byCookie(cookie: bigint): FlowRule | undefined {
    const rule = this.#byId.get(idOf(cookie))?.rule;
    return rule?.cookie === cookie ? rule : undefined;
  }

  countOf(concern: Concern): number {
    return this.#idsOf(concern).size;
  }

  /** Takes out those that were decided on this, to be deleted. */
  take(concern: Concern): FlowRule[] {
    return Array.from(this.#idsOf(concern), (id) => this.#drop(id));
  }

  /** Those for which this is not so: asked of each with the packet that it was decided for, or another that it matches. */
  unless(isRight: (rule: FlowRule, packet: DecidedFor, key: string) => boolean): FlowRule[] {
    const wrong: FlowRule[] = [];
    for (const { rule, packet, key } of this.#byId.values()) {
      if (!isRight(rule, packet ?? packetOf(rule.match as Ipv4Pair), key)) wrong.push(rule);
    }
    return wrong;
  }

  /** Takes this one out, to be deleted. */
  takeRule({ cookie }: FlowRule): void {
    this.onGone(cookie);
  }

  takeAll(): FlowRule[] {
    return [...this.#byId.keys()].map((id) => this.#drop(id));
  }

  takeOldest(): FlowRule | undefined {
    const id = this.#byId.keys().next().value;
    return id === undefined ? undefined : this.#drop(id);
  }

  /** The switch says that the rule of this cookie is gone, or refused it. False if it was not known to be there. */
  onGone(cookie: bigint): boolean {
    const id = idOf(cookie);
    if (this.#byId.get(id)?.rule.cookie !== cookie) return false;
    this.#drop(id);
    return true;
  }

  #drop(id: number): FlowRule {
    this.#changes++;
    this.#room.giveBack();
    const entry = this.#byId.get(id)!;
    this.#byId.delete(id);
    this.#byKey.delete(entry.key);
    this.#eachIndex(entry, (index, value) => index.delete(value, id));
    this.#onDropped(entry.rule);
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

  #freeId(): number {
    do this.#lastId = (this.#lastId + 1) % COOKIE_IDS;
    while (this.#byId.has(this.#lastId));
    return this.#lastId;
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
   * Most values are of one rule, whose id then stands for the set of it. Undefined until there is one: a thousand idle
   * switches have six of these each.
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
