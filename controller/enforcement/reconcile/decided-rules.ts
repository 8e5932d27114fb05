// The rules that were decided for single packets, as the switch has them: by what they were decided on, so that a change
// of that deletes these and no others. A rule is in here from before it is sent until its delete is sent or the switch has
// said that it is gone. Each gets a cookie of its own, so that word of a rule that timed out is never taken for word of
// one that was put in its place since.
//
// Bounded: beyond the limit the oldest gives way, and its packets are asked about again.

import { isGroupMac } from '../../../protocols/packet/address.ts';
import type { Frame } from '../../../protocols/packet/frame.ts';
import { type FlowMatch, type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import { COOKIE_IDS, idOf, withId } from '../cookie.ts';

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
  readonly packet: DecidedFor;
  readonly key: string;
  readonly tokens: readonly string[];
}

export class DecidedRules {
  readonly #limit: number;
  readonly #onDropped: (rule: FlowRule) => void;
  /** In the order in which they were decided. */
  readonly #byId = new Map<number, Entry>();
  readonly #byKey = new Map<string, number>();
  /** Most tokens are of one rule, whose id then stands for the set of it. */
  readonly #byToken = new Map<string, number | Set<number>>();
  #lastId = 0;
  #changes = 0;

  /** @param onDropped told of each rule that is taken out, for whatever reason. */
  constructor(limit: number, onDropped: (rule: FlowRule) => void = () => {}) {
    if (limit >= COOKIE_IDS) throw new Error(`no more than ${COOKIE_IDS - 1} decided rules can be told apart`);
    this.#limit = limit;
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
    const evicted = this.#byId.size >= this.#limit ? this.takeOldest() : undefined;
    const id = this.#freeId();
    this.#changes++;
    const own = { ...rule, cookie: withId(rule.cookie, id) };
    const tokens = [...tokensOf(own), ...(isWide ? [WIDE] : [])];
    this.#byId.set(id, { rule: own, packet: withoutBytes(packet), key, tokens });
    this.#byKey.set(key, id);
    for (const token of tokens) {
      const there = this.#byToken.get(token);
      if (there === undefined) this.#byToken.set(token, id);
      else if (typeof there === 'number') this.#byToken.set(token, new Set([there, id]));
      else there.add(id);
    }
    return { rule: own, evicted };
  }

  byCookie(cookie: bigint): FlowRule | undefined {
    const rule = this.#byId.get(idOf(cookie))?.rule;
    return rule?.cookie === cookie ? rule : undefined;
  }

  countOf(concern: Concern): number {
    return this.#idsOf(concern).length;
  }

  /** Takes out those that were decided on this, to be deleted. */
  take(concern: Concern): FlowRule[] {
    return this.#idsOf(concern).map((id) => this.#drop(id));
  }

  /** Those for whose packets this is not so. */
  unless(isRight: (rule: FlowRule, packet: DecidedFor, key: string) => boolean): FlowRule[] {
    const wrong: FlowRule[] = [];
    for (const { rule, packet, key } of this.#byId.values()) if (!isRight(rule, packet, key)) wrong.push(rule);
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
    const { rule, key, tokens } = this.#byId.get(id)!;
    this.#byId.delete(id);
    this.#byKey.delete(key);
    for (const token of tokens) {
      const there = this.#byToken.get(token);
      if (there === id) this.#byToken.delete(token);
      else if (there instanceof Set && there.delete(id) && there.size === 0) this.#byToken.delete(token);
    }
    this.#onDropped(rule);
    return rule;
  }

  #idsOf(concern: Concern): readonly number[] {
    const there = this.#byToken.get(tokenOf(concern));
    if (there === undefined) return [];
    return typeof there === 'number' ? [there] : [...there];
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

const UNHEARD = 'unheard';
const WIDE = 'wide';

function tokenOf(concern: Concern): string {
  if (typeof concern === 'string') return concern;
  if ('source' in concern) return `source ${concern.source}`;
  if ('destination' in concern) return `destination ${concern.destination}`;
  if ('address' in concern) return addressToken(concern.address);
  return 'inPort' in concern ? `in ${concern.inPort}` : `out ${concern.outPort}`;
}

function tokensOf({ match, outputs }: FlowRule): Set<string> {
  const { ethSrc, ethDst, inPort } = match;
  const tokens = new Set<string>();
  if (ethSrc !== undefined) tokens.add(tokenOf({ source: ethSrc }));
  if (ethDst !== undefined) tokens.add(isGroupMac(ethDst) ? UNHEARD : tokenOf({ destination: ethDst }));
  if (inPort !== undefined) tokens.add(tokenOf({ inPort }));
  for (const name of ADDRESSES) {
    const block = match[name];
    if (block !== undefined) tokens.add(addressToken(block.network));
  }
  for (const { port } of outputs) tokens.add(tokenOf({ outPort: port }));
  return tokens;
}

const ADDRESSES = ['ipSrc', 'ipDst', 'arpSpa', 'arpTpa'] as const satisfies readonly (keyof FlowMatch)[];

/** ::1 is not 0.0.0.1. */
function addressToken(address: number | bigint): string {
  return `${typeof address === 'bigint' ? 'ipv6' : 'ipv4'} ${address}`;
}
