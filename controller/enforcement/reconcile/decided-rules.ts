// The rules that were decided for single packets, as the switch has them: by what they were decided on, so that a change
// of that deletes these and no others. A rule is in here from before it is sent until its delete is sent or the switch has
// said that it is gone. Each gets a cookie of its own, so that word of a rule that timed out is never taken for word of
// one that was put in its place since.
//
// Bounded, by itself and for all switches together: beyond the limit the oldest gives way, and its packets are asked about again.

import type { Frame } from '../../../protocols/packet/frame.ts';
import { type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import type { WireVersion } from '../../southbound/negotiation.ts';
import type { Ends } from '../../southbound/raw-packets.ts';
import { COOKIE_IDS, idOf } from '../cookie.ts';
import { packetOf } from '../ipv4-pair.ts';
import type { Concern } from './concern.ts';
import { DecidedOthers } from './decided-others.ts';
import { DecidedRoom } from './decided-room.ts';
import { DecidedPairs, type EncodedRule, isPairRule } from './pairs/decided-pairs.ts';
import type { RepeatedPacket } from './pairs/ways.ts';

/** The packet that a rule was decided for. By soundness it speaks for all packets of the rule. */
export interface DecidedFor {
  readonly frame: Frame;
  readonly inPort: number;
}

export interface DecidedRulesParts {
  readonly version: WireVersion;
  /** Rules at a time. */
  readonly most: number;
  /** Shared with the other switches. */
  readonly room?: DecidedRoom;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** To be sent in this order, and before anything else is asked of the rules. */
export interface Added {
  /** Has to be deleted to make room. */
  readonly evicted: FlowRule | EncodedRule | undefined;
  /** As it is to be sent, with its own cookie. */
  readonly added: FlowRule | EncodedRule;
}

export class DecidedRules {
  readonly #parts: DecidedRulesParts;
  readonly #room: DecidedRoom;
  /** Both undefined until there is one: a thousand idle switches have none. */
  #pairs: DecidedPairs | undefined;
  #others: DecidedOthers | undefined;
  #lastId = 0;
  #changes = 0;

  constructor(parts: DecidedRulesParts) {
    if (parts.most >= COOKIE_IDS) throw new Error(`no more than ${COOKIE_IDS - 1} decided rules can be told apart`);
    this.#parts = parts;
    this.#room = parts.room ?? new DecidedRoom(parts.most);
  }

  get size(): number {
    return (this.#pairs?.size ?? 0) + (this.#others?.size ?? 0);
  }

  /** Another number whenever a rule has come or gone. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * @param packet for which it was decided.
   * @param isWide it stands for many peers, and falls with the first verdict that differs.
   */
  add(rule: FlowRule, packet: DecidedFor, isWide = false): Added {
    const { version, most, now } = this.#parts;
    const isPair = isPairRule(rule);
    const replaced = isPair ? this.#pairs?.dropAlike(rule) : this.#others?.dropAlike(rule);
    if (replaced === true) this.#dropped(1);
    const { size } = this;
    const evicted = size >= most || this.#room.isFullFor(size) ? this.#evictOldest() : undefined;
    this.#changes++;
    this.#room.take();
    const id = this.#freeId();
    if (isPair) {
      this.#pairs ??= new DecidedPairs(version);
      return { evicted, added: this.#pairs.add(rule, isWide, id, now()) };
    }
    this.#others ??= new DecidedOthers();
    return { evicted, added: this.#others.add(rule, packet, isWide, id) };
  }

  byId(id: number): FlowRule | undefined {
    return this.#pairs?.byId(id) ?? this.#others?.byId(id);
  }

  byCookie(cookie: bigint): FlowRule | undefined {
    const rule = this.byId(idOf(cookie));
    return rule?.cookie === cookie ? rule : undefined;
  }

  countOf(concern: Concern): number {
    return (this.#pairs?.countOf(concern) ?? 0) + (this.#others?.countOf(concern) ?? 0);
  }

  /** Takes out those that were decided on this, to be deleted. */
  take(concern: Concern): FlowRule[] {
    return this.#taken([...(this.#others?.take(concern) ?? []), ...(this.#pairs?.take(concern) ?? [])]);
  }

  takeAll(): FlowRule[] {
    return this.#taken([...(this.#others?.takeAll() ?? []), ...(this.#pairs?.takeAll() ?? [])]);
  }

  /** Those for which this is not so: asked of each with the packet that it was decided for, or another that it matches. */
  unless(isRight: (rule: FlowRule, packet: DecidedFor, key: string) => boolean): FlowRule[] {
    const wrong: FlowRule[] = [];
    for (const { rule, packet, key } of this.#others?.rules() ?? []) if (!isRight(rule, packet, key)) wrong.push(rule);
    for (const rule of this.#pairs?.rules() ?? []) {
      if (!isRight(rule, packetOf(rule.match), ruleKey(rule))) wrong.push(rule);
    }
    return wrong;
  }

  /** Takes this one out, to be deleted. */
  takeRule({ cookie }: FlowRule): void {
    this.onGone(cookie);
  }

  /** Takes out the oldest of those of which there are more, pairs or others, to be deleted. There must be one. */
  takeOldest(): FlowRule {
    this.#dropped(1);
    return this.#hasMorePairs ? this.#pairs!.takeOldest() : this.#others!.takeOldest();
  }

  #evictOldest(): FlowRule | EncodedRule {
    this.#dropped(1);
    return this.#hasMorePairs ? this.#pairs!.evictOldest() : this.#others!.takeOldest();
  }

  get #hasMorePairs(): boolean {
    return (this.#pairs?.size ?? 0) >= (this.#others?.size ?? 0);
  }

  /** The switch says that the rule of this cookie is gone, or refused it. False if it was not known to be there. */
  onGone(cookie: bigint): boolean {
    if (this.byCookie(cookie) === undefined) return false;
    const id = idOf(cookie);
    if (this.#pairs?.drop(id) !== true) this.#others!.drop(id);
    this.#dropped(1);
    return true;
  }

  /** None of them is there any more, and nobody has to be told. */
  forgetAll(): void {
    this.#dropped(this.size);
    this.#pairs = undefined;
    this.#others = undefined;
  }

  /** What answers a packet between these ends by its own rule; undefined if it has none, or that is older than `freshMs`. */
  answerTo(ends: Readonly<Ends>, freshMs: number): RepeatedPacket | undefined {
    return this.#pairs?.answerTo(ends, this.#parts.now(), freshMs);
  }

  /** From now on nothing is answered by a rule that is here now. */
  answerNoMore(): void {
    this.#pairs?.answerNoMore();
  }

  #taken(rules: FlowRule[]): FlowRule[] {
    this.#dropped(rules.length);
    return rules;
  }

  #dropped(count: number): void {
    this.#changes += count;
    this.#room.giveBack(count);
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId + 1) % COOKIE_IDS;
    while (this.#pairs?.has(this.#lastId) === true || this.#others?.has(this.#lastId) === true);
    return this.#lastId;
  }
}
