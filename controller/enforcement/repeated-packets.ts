// The short way for a packet that comes up though its rule is on its way, since a flow does not wait for the switch. It is answered as the switch will by that rule, without being judged again.
//
// Why that is right: a rule that was decided for a packet is right for every packet that it matches, for as long as it is
// among the decided rules; whatever makes it wrong takes it out of them, in the turn in which that happens (decided-rules.ts). And
// nothing is to be learned from it: its sender was heard at that port when the rule was decided, and whenever a host leaves
// its place all is forgotten here. It is taken for untagged IPv4 alone, and by rules that name both ends in full.
//
// A rule that is asked about still after a while is judged, and sent, again.

import { encodeMessage } from 'node-openflow';
import type { FlowMatch, FlowRule } from '../southbound/flow-rule.ts';
import type { WireVersion } from '../southbound/negotiation.ts';
import { type Ends, readEnds } from '../southbound/raw-packets.ts';
import { packetOut } from '../southbound/rule-messages.ts';
import { isIpv4Pair } from './ipv4-pair.ts';

/** A switch that does not have its rule by then has lost it. Shorter than the time-outs of such rules. */
const FRESH_MS = 30_000;

/** What is kept of a rule, in one table of integers so that finding it touches little memory: six for the ends, and two. */
const ENTRY = 8;
/** 1 and on: the place of the answer; 0: nothing is kept here. */
const ANSWER = 6;
/** When the rule was sent, in steps of 16 ms. */
const SENT = 7;
const STEP_MS = 16;
/** Entries with the same hash that have room; one more takes the place of the oldest. */
const WAYS = 8;
/** So many times as many entries as are in use: then one bucket in four thousand has too few. */
const SPARSE = 4;
const FIRST_BUCKETS = 8;
const MOST_BUCKETS = 32_768;
/** Beyond it all packets are judged again. There is one for each pair of ports, with queue and mark. */
const MOST_ANSWERS = 4096;

export interface RepeatedPacket {
  readonly isDropped: boolean;
  /** The PacketOut that answers it, but for xid, buffer and packet. */
  readonly packetOut: Uint8Array;
}

export class RepeatedPackets {
  readonly #version: WireVersion;
  readonly #now: () => number;
  #table = new Int32Array(0);
  #size = 0;
  #answers: RepeatedPacket[] = [];
  readonly #places = new Map<string, number>();
  readonly #ends: Ends = { inPort: 0, mac0: 0, mac1: 0, mac2: 0, ipSrc: 0, ipDst: 0 };

  /** @param now milliseconds, monotonic. */
  constructor(version: WireVersion, now: () => number) {
    this.#version = version;
    this.#now = now;
  }

  /** The switch is being sent this rule, which was decided for a packet. */
  note(rule: FlowRule): void {
    const ends = endsOf(this.#version, rule.match);
    if (ends === undefined) return;
    const answer = this.#placeOf(rule);
    if (this.#size * SPARSE >= this.#table.length / ENTRY) this.#grow();
    this.#put(ends, answer, this.#time());
  }

  /** The rule of this match is no longer among those that were decided. */
  forget({ match }: FlowRule): void {
    const ends = this.#size === 0 ? undefined : endsOf(this.#version, match);
    const at = ends === undefined ? -1 : this.#find(ends);
    if (at < 0) return;
    this.#table[at + ANSWER] = 0;
    this.#size--;
  }

  /** What was decided for such a packet, and is still so; undefined for one that has to be judged. */
  find(packetIn: Uint8Array): RepeatedPacket | undefined {
    if (this.#size === 0 || !readEnds(this.#version, packetIn, this.#ends)) return undefined;
    const at = this.#find(this.#ends);
    if (at < 0 || this.#time() - this.#table[at + SENT]! > FRESH_MS / STEP_MS) return undefined;
    return this.#answers[this.#table[at + ANSWER]! - 1];
  }

  #time(): number {
    return (this.#now() / STEP_MS) | 0;
  }

  #find(ends: Ends): number {
    const table = this.#table;
    const bucket = this.#bucketOf(ends);
    for (let at = bucket; at < bucket + WAYS * ENTRY; at += ENTRY) {
      if (table[at + ANSWER] !== 0 && isAt(table, at, ends)) return at;
    }
    return -1;
  }

  #put(ends: Ends, answer: number, sent: number): void {
    const table = this.#table;
    const bucket = this.#bucketOf(ends);
    let place = this.#find(ends);
    if (place < 0) {
      // An empty one, or else the oldest.
      place = bucket;
      for (let at = bucket; at < bucket + WAYS * ENTRY && table[place + ANSWER] !== 0; at += ENTRY) {
        if (table[at + ANSWER] === 0 || table[at + SENT]! < table[place + SENT]!) place = at;
      }
      if (table[place + ANSWER] === 0) this.#size++;
    }
    table[place] = ends.inPort;
    table[place + 1] = ends.mac0;
    table[place + 2] = ends.mac1;
    table[place + 3] = ends.mac2;
    table[place + 4] = ends.ipSrc;
    table[place + 5] = ends.ipDst;
    table[place + ANSWER] = answer;
    table[place + SENT] = sent;
  }

  #bucketOf(ends: Ends): number {
    const buckets = this.#table.length / (WAYS * ENTRY);
    return (hashOf(ends) & (buckets - 1)) * WAYS * ENTRY;
  }

  #grow(): void {
    const former = this.#table;
    const buckets = former.length === 0 ? FIRST_BUCKETS : (former.length / (WAYS * ENTRY)) * 2;
    if (buckets > MOST_BUCKETS) return;
    this.#table = new Int32Array(buckets * WAYS * ENTRY);
    this.#size = 0;
    for (let at = 0; at < former.length; at += ENTRY) {
      const answer = former[at + ANSWER]!;
      if (answer !== 0) this.#put(endsAt(former, at), answer, former[at + SENT]!);
    }
  }

  /** From 1. */
  #placeOf(rule: FlowRule): number {
    const key = answerKey(rule);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#answers.length >= MOST_ANSWERS) {
      this.clear();
      this.#answers = [];
      this.#places.clear();
    }
    this.#answers.push(answerBy(this.#version, rule));
    this.#places.set(key, this.#answers.length);
    return this.#answers.length;
  }

  /** Every packet is judged from now on, until another rule is noted. */
  clear(): void {
    if (this.#size === 0) return;
    this.#table.fill(0);
    this.#size = 0;
  }
}

/** The same for two rules whose packets are answered alike. */
function answerKey({ match: { inPort }, outputs, dscp }: FlowRule): string {
  let key = `${inPort} ${dscp ?? ''}`;
  for (const { port, queueId, ethDst, vlan } of outputs) {
    key += ` ${port}`;
    if ((queueId ?? ethDst ?? vlan) !== undefined) key += `/${queueId ?? ''}/${ethDst ?? ''}/${vlan ?? ''}`;
  }
  return key;
}

function endsAt(table: Int32Array, at: number): Ends {
  return {
    inPort: table[at]!,
    mac0: table[at + 1]!,
    mac1: table[at + 2]!,
    mac2: table[at + 3]!,
    ipSrc: table[at + 4]!,
    ipDst: table[at + 5]!,
  };
}

function isAt(table: Int32Array, at: number, { inPort, mac0, mac1, mac2, ipSrc, ipDst }: Readonly<Ends>): boolean {
  return (
    table[at] === inPort &&
    table[at + 1] === mac0 &&
    table[at + 2] === mac1 &&
    table[at + 3] === mac2 &&
    table[at + 4] === ipSrc &&
    table[at + 5] === ipDst
  );
}

function answerBy(version: WireVersion, { match, outputs, dscp }: FlowRule): RepeatedPacket {
  // As if it were buffered: the packet is put behind it where it is not.
  const packet = { inPort: match.inPort ?? 0, bufferId: 0, data: NO_BYTES };
  const packetOutBytes = encodeMessage(packetOut(version, packet, { outputs, dscp }));
  return { isDropped: outputs.length === 0, packetOut: packetOutBytes.slice() };
}

const NO_BYTES = new Uint8Array(0);

function endsOf(version: WireVersion, match: FlowMatch): Ends | undefined {
  if (!isIpv4Pair(match)) return undefined;
  const { inPort, ethSrc, ethDst, ipSrc, ipDst } = match;
  return {
    inPort: version === 1 ? inPort & 0xffff : inPort | 0,
    mac0: (ethDst / 0x1_0000) | 0,
    mac1: ((ethDst % 0x1_0000) << 16) | (ethSrc / 0x1_0000_0000),
    mac2: ethSrc | 0,
    ipSrc: ipSrc.network | 0,
    ipDst: ipDst.network | 0,
  };
}

function hashOf({ inPort, mac0, mac1, mac2, ipSrc, ipDst }: Readonly<Ends>): number {
  let hash = Math.imul(inPort ^ mac0, 0x9e3779b1);
  hash = Math.imul((hash ^ (hash >>> 15)) + mac1, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 13)) + mac2, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 16)) + ipSrc, 0x27d4eb2f);
  hash = Math.imul((hash ^ (hash >>> 15)) + ipDst, 0x165667b1);
  return hash ^ (hash >>> 14);
}
