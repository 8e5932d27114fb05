// What becomes of the packets of many rules: all that a rule of a pair says but for the pair itself. There are as many as pairs of
// ports, with queues, marks and policies, while some rule needs them.

import { encodeMessage } from 'node-openflow';
import { isGroupMac } from '../../../../protocols/packet/address.ts';
import type { FlowRule, Output } from '../../../southbound/flow-rule.ts';
import type { WireVersion } from '../../../southbound/negotiation.ts';
import { type PairFields, PairMessage } from '../../../southbound/pair-messages.ts';
import { addRule, deleteRule, packetOut } from '../../../southbound/rule-messages.ts';
import { withId } from '../../cookie.ts';
import { type Ipv4Pair, pairOf } from '../../ipv4-pair.ts';

/** A rule of a pair, as decided for a packet: without all that only other rules have. */
export type PairRule = FlowRule & { readonly match: Ipv4Pair };

/** What answers a packet before its rule has taken hold. */
export interface RepeatedPacket {
  readonly isDropped: boolean;
  /** The PacketOut that answers it, but for xid, buffer and packet. */
  readonly packetOut: Uint8Array;
}

export interface Way {
  readonly number: number;
  /** Its cookie has no id, and its match is of any of them. */
  readonly rule: PairRule;
  /** It stands for many peers. */
  readonly isWide: boolean;
  /** Its destination is broadcast or multicast. */
  readonly isGroup: boolean;
  readonly addition: PairMessage;
  readonly deletion: PairMessage;
  readonly answer: RepeatedPacket;
  /** How many rules it is for. */
  uses: number;
}

export class Ways {
  readonly #version: WireVersion;
  readonly #byNumber: (Way | undefined)[] = [];
  readonly #free: number[] = [];
  /** By both ports: those that differ in something else are few. */
  readonly #byPorts = new Map<number, Way[]>();

  constructor(version: WireVersion) {
    this.#version = version;
  }

  at(number: number): Way {
    return this.#byNumber[number]!;
  }

  /** All that some rule needs. */
  *inUse(): Iterable<Way> {
    for (const way of this.#byNumber) if (way !== undefined) yield way;
  }

  /** For one more rule. */
  take(rule: PairRule, isWide: boolean): Way {
    const ports = portsOf(rule);
    const alike = this.#byPorts.get(ports);
    let way = alike?.find((each) => each.isWide === isWide && isForRule(each, rule));
    if (way === undefined) {
      way = this.#make(rule, isWide);
      if (alike === undefined) this.#byPorts.set(ports, [way]);
      else alike.push(way);
      this.#byNumber[way.number] = way;
    }
    way.uses++;
    return way;
  }

  /** For one rule less. */
  giveBack(way: Way): void {
    way.uses--;
    if (way.uses > 0) return;
    const ports = portsOf(way.rule);
    const others = this.#byPorts.get(ports)!.filter((each) => each !== way);
    if (others.length > 0) this.#byPorts.set(ports, others);
    else this.#byPorts.delete(ports);
    this.#byNumber[way.number] = undefined;
    this.#free.push(way.number);
  }

  #make(rule: PairRule, isWide: boolean): Way {
    const version = this.#version;
    const { inPort, ethDst } = rule.match;
    const ruleFor = (fields: PairFields) => ruleOfPair(rule, fields);
    // As if it were buffered: the packet is put behind it where it is not.
    const packet = { inPort, bufferId: 0, data: NO_BYTES };
    return {
      number: this.#free.pop() ?? this.#byNumber.length,
      rule,
      isWide,
      isGroup: isGroupMac(ethDst),
      addition: new PairMessage((fields) => encodeMessage(addRule(version, ruleFor(fields)))),
      deletion: new PairMessage((fields) => encodeMessage(deleteRule(version, ruleFor(fields)))),
      answer: {
        isDropped: rule.outputs.length === 0,
        packetOut: encodeMessage(packetOut(version, packet, rule)).slice(),
      },
      uses: 0,
    };
  }
}

const NO_BYTES = new Uint8Array(0);

/** The rule of another pair that is like this one, with its id in its cookie. */
export function ruleOfPair(rule: PairRule, fields: PairFields): PairRule {
  return { ...rule, match: pairOf(rule.match.inPort, fields), cookie: withId(rule.cookie, fields.id) };
}

/** The same for all rules from one port to another, or first to that; others may share it. */
function portsOf({ match, outputs }: PairRule): number {
  return match.inPort * 0x1_0000 + ((outputs[0]?.port ?? 0) & 0xffff);
}

function isForRule({ rule, isGroup }: Way, other: PairRule): boolean {
  return (
    rule.match.inPort === other.match.inPort &&
    rule.outputs.length === other.outputs.length &&
    rule.outputs.every((output, i) => isSameOutput(output, other.outputs[i]!)) &&
    rule.dscp === other.dscp &&
    rule.cookie === other.cookie &&
    rule.idleTimeoutSec === other.idleTimeoutSec &&
    rule.hardTimeoutSec === other.hardTimeoutSec &&
    rule.origin?.policy === other.origin?.policy &&
    rule.origin?.place === other.origin?.place &&
    isGroup === isGroupMac(other.match.ethDst)
  );
}

function isSameOutput(one: Output, other: Output): boolean {
  return (
    one.port === other.port && one.queueId === other.queueId && one.ethDst === other.ethDst && one.vlan === other.vlan
  );
}
