// The rules that were decided for packets between two hosts of IPv4, which nearly all of them are: a row of integers each. See
// decided-rules.ts for what is kept, and for how long.

import { randomInt } from 'node:crypto';
import type { FlowRule } from '../../../southbound/flow-rule.ts';
import type { WireVersion } from '../../../southbound/negotiation.ts';
import type { Ends } from '../../../southbound/raw-packets.ts';
import { endsOf, ethDstOf, ethSrcOf, isIpv4Pair } from '../../ipv4-pair.ts';
import { Priority } from '../../static-rules.ts';
import type { Concern } from '../concern.ts';
import { NONE, RowBuckets, RowLists, Rows } from './rows.ts';
import { type PairRule, type RepeatedPacket, ruleOfPair, type Way, Ways } from './ways.ts';

/** What is where in a row. Lists take two integers each. */
const At = {
  inPort: 0,
  mac0: 1,
  mac1: 2,
  mac2: 3,
  ipSrc: 4,
  ipDst: 5,
  way: 6,
  id: 7,
  /** When it was decided, in steps of 16 ms. */
  sent: 8,
  /** As `#epoch` was then. */
  epoch: 9,
  byEnds: 10,
  byId: 11,
  byAge: 12,
  bySource: 14,
  byDestination: 16,
  byIpSrc: 18,
  byIpDst: 20,
  byWay: 22,
} as const;
const ROW_LENGTH = 24;
const STEP_MS = 16;
/** All are of one age, by which they are in one list. */
const ANY_AGE = 0;

/** A rule in the bytes of a FlowMod, which are the next one's soon, and the id in its cookie. */
export interface EncodedRule {
  readonly id: number;
  readonly flowMod: Uint8Array;
}

/** What can be kept as a row. */
export function isPairRule(rule: FlowRule): rule is PairRule {
  return rule.priority === Priority.DECIDED && isIpv4Pair(rule.match);
}

export class DecidedPairs {
  readonly #version: WireVersion;
  readonly #ways: Ways;
  readonly #rows = new Rows(ROW_LENGTH);
  readonly #byEnds = new RowBuckets(this.#rows, At.byEnds, (ints, row) => hashAt(ints, row));
  readonly #byId = new RowBuckets(this.#rows, At.byId, (ints, row) => hashOfId(ints[row + At.id]!));
  readonly #byAge = new RowLists(this.#rows, At.byAge);
  readonly #bySource = new RowLists(this.#rows, At.bySource);
  readonly #byDestination = new RowLists(this.#rows, At.byDestination);
  readonly #byIpSrc = new RowLists(this.#rows, At.byIpSrc);
  readonly #byIpDst = new RowLists(this.#rows, At.byIpDst);
  readonly #byWay = new RowLists(this.#rows, At.byWay);
  #epoch = 0;

  constructor(version: WireVersion) {
    this.#version = version;
    this.#ways = new Ways(version);
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Another of the same match must not be here.
   * @param isWide it stands for many peers.
   * @param now milliseconds, monotonic.
   */
  add(rule: PairRule, isWide: boolean, id: number, now: number): EncodedRule {
    const { inPort, mac0, mac1, mac2, ipSrc, ipDst } = endsOf(this.#version, rule.match);
    const way = this.#ways.take(rule, isWide);
    const row = this.#rows.take();
    const { ints } = this.#rows;
    ints[row + At.inPort] = inPort;
    ints[row + At.mac0] = mac0;
    ints[row + At.mac1] = mac1;
    ints[row + At.mac2] = mac2;
    ints[row + At.ipSrc] = ipSrc;
    ints[row + At.ipDst] = ipDst;
    ints[row + At.way] = way.number;
    ints[row + At.id] = id;
    ints[row + At.sent] = now / STEP_MS;
    ints[row + At.epoch] = this.#epoch;
    this.#byEnds.add(row);
    this.#byId.add(row);
    this.#byAge.add(ANY_AGE, row);
    this.#bySource.add(rule.match.ethSrc, row);
    if (!way.isGroup) this.#byDestination.add(rule.match.ethDst, row);
    this.#byIpSrc.add(ipSrc, row);
    this.#byIpDst.add(ipDst, row);
    this.#byWay.add(way.number, row);
    return { id, flowMod: way.addition.with({ mac0, mac1, mac2, ipSrc, ipDst, id }) };
  }

  has(id: number): boolean {
    return this.#rowOf(id) !== NONE;
  }

  byId(id: number): PairRule | undefined {
    const row = this.#rowOf(id);
    return row === NONE ? undefined : this.#ruleAt(row);
  }

  /** False if it is not here. */
  drop(id: number): boolean {
    const row = this.#rowOf(id);
    if (row !== NONE) this.#drop(row);
    return row !== NONE;
  }

  /** The one of the same match; false if there is none. */
  dropAlike(rule: PairRule): boolean {
    const row = this.#find(endsOf(this.#version, rule.match));
    if (row !== NONE) this.#drop(row);
    return row !== NONE;
  }

  /** There must be one. */
  takeOldest(): PairRule {
    return this.#take(this.#byAge.first(ANY_AGE));
  }

  /** As `takeOldest`; its deletion. */
  evictOldest(): EncodedRule {
    const row = this.#byAge.first(ANY_AGE);
    const fields = this.#fieldsAt(row);
    const flowMod = this.#wayAt(row).deletion.with(fields);
    this.#drop(row);
    return { id: fields.id, flowMod };
  }

  countOf(concern: Concern): number {
    return this.#rowsOf(concern).length;
  }

  take(concern: Concern): PairRule[] {
    return this.#rowsOf(concern).map((row) => this.#take(row));
  }

  takeAll(): PairRule[] {
    return this.#byAge.of(ANY_AGE).map((row) => this.#take(row));
  }

  /** In the order in which they were decided. */
  *rules(): Iterable<PairRule> {
    for (const row of this.#byAge.of(ANY_AGE)) yield this.#ruleAt(row);
  }

  /** What answers a packet with these ends by its rule; undefined if it has none, or that is older than `freshMs`. */
  answerTo(ends: Readonly<Ends>, now: number, freshMs: number): RepeatedPacket | undefined {
    const row = this.#find(ends);
    if (row === NONE) return undefined;
    const { ints } = this.#rows;
    // In 32 bits, which are enough for a year, and after it again.
    const steps = ((now / STEP_MS) | 0) - ints[row + At.sent]!;
    if (ints[row + At.epoch] !== this.#epoch || (steps | 0) * STEP_MS > freshMs) return undefined;
    return this.#wayAt(row).answer;
  }

  /** From now on nothing is answered by a rule that is here now. */
  answerNoMore(): void {
    this.#epoch = (this.#epoch + 1) | 0;
  }

  #rowsOf(concern: Concern): number[] {
    if (concern === 'wide') return this.#rowsOfWays(({ isWide }) => isWide);
    if (concern === 'unheard') return this.#rowsOfWays(({ isGroup }) => isGroup);
    if ('source' in concern) return this.#bySource.of(concern.source);
    if ('destination' in concern) return this.#byDestination.of(concern.destination);
    if ('inPort' in concern) return this.#rowsOfWays(({ rule }) => rule.match.inPort === concern.inPort);
    if ('outPort' in concern)
      return this.#rowsOfWays(({ rule }) => rule.outputs.some(({ port }) => port === concern.outPort));
    if (typeof concern.address !== 'number') return [];
    const address = concern.address | 0;
    const received = this.#byIpDst.of(address);
    // One from an address to itself is in both lists.
    const fromOthers = received.filter((row) => this.#rows.ints[row + At.ipSrc] !== address);
    return [...this.#byIpSrc.of(address), ...fromOthers];
  }

  #rowsOfWays(isWanted: (way: Way) => boolean): number[] {
    return Array.from(this.#ways.inUse())
      .filter(isWanted)
      .flatMap((way) => this.#byWay.of(way.number));
  }

  #take(row: number): PairRule {
    const rule = this.#ruleAt(row);
    this.#drop(row);
    return rule;
  }

  #drop(row: number): void {
    const { ints } = this.#rows;
    const way = this.#wayAt(row);
    const fields = this.#fieldsAt(row);
    this.#byEnds.delete(row);
    this.#byId.delete(row);
    this.#byAge.delete(ANY_AGE, row);
    this.#bySource.delete(ethSrcOf(fields), row);
    if (!way.isGroup) this.#byDestination.delete(ethDstOf(fields), row);
    this.#byIpSrc.delete(ints[row + At.ipSrc]!, row);
    this.#byIpDst.delete(ints[row + At.ipDst]!, row);
    this.#byWay.delete(way.number, row);
    this.#ways.giveBack(way);
    this.#rows.giveBack(row);
  }

  #wayAt(row: number): Way {
    return this.#ways.at(this.#rows.ints[row + At.way]!);
  }

  #ruleAt(row: number): PairRule {
    return ruleOfPair(this.#wayAt(row).rule, this.#fieldsAt(row));
  }

  #fieldsAt(row: number): Ends & { readonly id: number } {
    const { ints } = this.#rows;
    return {
      inPort: ints[row + At.inPort]!,
      mac0: ints[row + At.mac0]!,
      mac1: ints[row + At.mac1]!,
      mac2: ints[row + At.mac2]!,
      ipSrc: ints[row + At.ipSrc]!,
      ipDst: ints[row + At.ipDst]!,
      id: ints[row + At.id]!,
    };
  }

  #rowOf(id: number): number {
    let row = this.#byId.first(hashOfId(id));
    while (row !== NONE && this.#rows.ints[row + At.id] !== id) row = this.#byId.next(row);
    return row;
  }

  #find({ inPort, mac0, mac1, mac2, ipSrc, ipDst }: Ends): number {
    const { ints } = this.#rows;
    let row = this.#byEnds.first(hashOf(inPort, mac0, mac1, mac2, ipSrc, ipDst));
    for (; row !== NONE; row = this.#byEnds.next(row)) {
      const isIt =
        ints[row + At.inPort] === inPort &&
        ints[row + At.mac0] === mac0 &&
        ints[row + At.mac1] === mac1 &&
        ints[row + At.mac2] === mac2 &&
        ints[row + At.ipSrc] === ipSrc &&
        ints[row + At.ipDst] === ipDst;
      if (isIt) return row;
    }
    return NONE;
  }
}

function hashAt(ints: Int32Array, row: number): number {
  const [mac0, mac1, mac2] = [ints[row + At.mac0]!, ints[row + At.mac1]!, ints[row + At.mac2]!];
  return hashOf(ints[row + At.inPort]!, mac0, mac1, mac2, ints[row + At.ipSrc]!, ints[row + At.ipDst]!);
}

/** Whoever sends packets must not be able to tell which ends share a hash, and make many that do. */
const SEED = randomInt(2 ** 32);
const ODD = randomInt(2 ** 31) * 2 + 1;

function hashOf(inPort: number, mac0: number, mac1: number, mac2: number, ipSrc: number, ipDst: number): number {
  let hash = Math.imul(SEED ^ inPort ^ mac0, 0x9e3779b1);
  hash = Math.imul((hash ^ (hash >>> 15)) + mac1, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 13)) + mac2, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 16)) + ipSrc, 0x27d4eb2f);
  hash = Math.imul((hash ^ (hash >>> 15)) + ipDst, 0x165667b1);
  return Math.imul(hash ^ (hash >>> 14), ODD);
}

/** Ids are given out one after another. */
function hashOfId(id: number): number {
  return Math.imul(id, 0x9e3779b1);
}
