// How a packet goes through the tables (OF1.3.5 §5.1, figure 2) and what actions do to it. The results are values: frames
// that leave ports and packets for the controller, in order. A rule never sends a packet back by the port it came in on,
// unless it names IN_PORT.

import { EtherType, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { type Action, type Instructions, mergeIntoSet, orderedSet, Port } from './action.ts';
import { type FieldName, setRegisters } from './fields.ts';
import type { FlowEntry, FlowTables } from './flow-table.ts';
import type { Groups } from './groups.ts';
import type { MacLearning } from './mac-learning.ts';
import type { Packet } from './packet.ts';
import { PortConfig, type Ports } from './ports.ts';

/** Numbers of `ofp_packet_in_reason`. */
export const Reason = { NO_MATCH: 0, ACTION: 1 } as const;

export type Outcome =
  | {
      readonly kind: 'transmit';
      readonly portNo: number;
      readonly frame: Uint8Array;
      /** The queue that `set_queue` or `enqueue` chose; undefined for the default. */
      readonly queueId: number | undefined;
    }
  | {
      readonly kind: 'controller';
      readonly frame: Uint8Array;
      readonly inPort: number;
      readonly metadata: bigint;
      /** Of Nicira's registers those that are not 0. */
      readonly registers: readonly (readonly [FieldName, bigint])[];
      readonly reason: number;
      /** Undefined: for a miss, where the switch's own setting holds. */
      readonly maxLen: number | undefined;
      readonly tableId: number;
      /** All ones where no rule sent it. */
      readonly cookie: bigint;
    };

/** Which rule is at work, for the PacketIns it causes. */
interface Origin {
  readonly tableId: number;
  readonly cookie: bigint;
  readonly reason: number;
}

const NO_RULE: Origin = { tableId: 0, cookie: 0xffff_ffff_ffff_ffffn, reason: Reason.ACTION };

export interface PipelineParts {
  readonly tables: FlowTables;
  readonly groups: Groups;
  readonly ports: Ports;
  readonly learning: MacLearning;
}

export interface PipelineRun {
  readonly now: number;
  /** True where a packet that no rule matches goes to the controller (1.0); else it is dropped (1.3). */
  readonly missToController: boolean;
}

export class Pipeline {
  readonly #parts: PipelineParts;
  #run: PipelineRun = { now: 0, missToController: false };
  #outcomes: Outcome[] = [];

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Takes a received packet through the tables. */
  process(packet: Packet, run: PipelineRun): readonly Outcome[] {
    this.#begin(run);
    this.#tables(packet);
    return this.#outcomes;
  }

  /** Carries out a PacketOut's actions. */
  perform(packet: Packet, actions: readonly Action[], run: PipelineRun): readonly Outcome[] {
    this.#begin(run);
    this.#perform(actions, packet, NO_RULE);
    return this.#outcomes;
  }

  #begin(run: PipelineRun): void {
    this.#run = run;
    this.#outcomes = [];
  }

  /** PacketIns that the action set causes name `caller`, or else the first rule, as Open vSwitch's do; none is a miss. */
  #tables(packet: Packet, caller?: Origin): void {
    const packetBytes = packet.bytes.length;
    let set: readonly Action[] = [];
    let setOrigin: Origin | undefined;
    for (let tableId: number | undefined = 0; tableId !== undefined; ) {
      const entry = this.#parts.tables.lookup(tableId, packet.key, packetBytes, this.#run.now);
      if (entry === undefined) {
        this.#miss(packet, tableId);
        break;
      }
      const { instructions } = entry;
      // 1.0 has no table-miss entries: there, all that rules send is sent by an action.
      const isMiss = !this.#run.missToController && isTableMiss(entry);
      const origin = { tableId, cookie: entry.cookie, reason: isMiss ? Reason.NO_MATCH : Reason.ACTION };
      setOrigin ??= caller ?? { ...origin, reason: Reason.ACTION };
      if (!this.#perform(instructions.apply, packet, origin)) return;
      set = mergeIntoSet(instructions.clear ? [] : set, instructions.write);
      writeMetadata(packet, instructions);
      tableId = instructions.gotoTable;
    }
    if (setOrigin !== undefined) this.#perform(orderedSet(set), packet, setOrigin);
  }

  #miss(packet: Packet, tableId: number): void {
    const inPort = this.#parts.ports.get(packet.inPort);
    const isSilenced = inPort !== undefined && (inPort.config & PortConfig.NO_PACKET_IN) !== 0;
    if (!this.#run.missToController || isSilenced) return;
    this.#toController(packet, { ...NO_RULE, tableId, reason: Reason.NO_MATCH }, undefined);
  }

  /** False if the packet ended on the way (its time to live did). */
  #perform(actions: readonly Action[], packet: Packet, origin: Origin): boolean {
    for (const action of actions) {
      switch (action.do) {
        case 'output':
          this.#output(packet, action.port, packet.queueId, origin, action.maxLen);
          break;
        case 'enqueue':
          this.#output(packet, action.port, action.queueId, origin, 0);
          break;
        case 'setQueue':
          packet.queueId = action.queueId;
          break;
        case 'group':
          this.#group(packet, action.groupId, origin);
          break;
        case 'setField':
          if (isMeantFor(action.oxm, packet)) packet.setField(action.field, action.value);
          break;
        case 'move':
          if (isMeantFor(action.oxm, packet)) {
            const value = packet.key[action.from] >> BigInt(action.fromBit);
            packet.setBits(action.to, action.toBit, action.bits, value);
          }
          break;
        case 'load':
          packet.setBits(action.field, action.bit, action.bits, action.value);
          break;
        case 'setVlanVid':
          if (!packet.isTagged) packet.pushVlan(0x8100);
          packet.setField('vlanVid', 0x1000n | BigInt(action.vlanVid));
          break;
        case 'setVlanPcp':
          if (!packet.isTagged) packet.pushVlan(0x8100);
          packet.setField('vlanPcp', BigInt(action.vlanPcp));
          break;
        case 'pushVlan':
          packet.pushVlan(action.tpid);
          break;
        case 'popVlan':
          packet.popVlan();
          break;
        case 'setTtl':
          packet.setTtl(action.ttl);
          break;
        case 'decTtl':
          if (!packet.decrementTtl()) return false;
          break;
      }
    }
    return true;
  }

  #group(packet: Packet, groupId: number, origin: Origin): void {
    const group = this.#parts.groups.get(groupId);
    if (group === undefined) return;
    const packetBytes = BigInt(packet.bytes.length);
    group.packets++;
    group.bytes += packetBytes;
    for (const [i, bucket] of group.buckets.entries()) {
      const counter = group.bucketCounters[i]!;
      counter.packets++;
      counter.bytes += packetBytes;
      this.#perform(orderedSet(bucket), packet.clone(), { ...origin, reason: Reason.ACTION });
    }
  }

  #output(packet: Packet, port: number, queueId: number | undefined, origin: Origin, maxLen: number): void {
    switch (port) {
      case Port.IN_PORT:
        this.#transmit(packet, packet.inPort, queueId);
        return;
      case Port.TABLE:
        // For PacketOuts only (OF1.3.5 §7.2.1): a rule that led back to the tables could do so for ever.
        if (origin === NO_RULE) this.#tables(packet, { ...NO_RULE });
        return;
      case Port.NORMAL:
        for (const portNo of this.#normalPorts(packet)) this.#transmit(packet, portNo, queueId);
        return;
      case Port.FLOOD:
        for (const portNo of this.#otherPorts(packet, PortConfig.NO_FLOOD)) this.#transmit(packet, portNo, queueId);
        return;
      case Port.ALL:
        for (const portNo of this.#otherPorts(packet, 0)) this.#transmit(packet, portNo, queueId);
        return;
      case Port.CONTROLLER:
        this.#toController(packet, origin, maxLen);
        return;
    }
    if (port !== packet.inPort) this.#transmit(packet, port, queueId);
  }

  #normalPorts(packet: Packet): readonly number[] {
    const { learning } = this.#parts;
    return learning.forward(packet.key, this.#run.now) ?? this.#otherPorts(packet, PortConfig.NO_FLOOD);
  }

  /** Every port but the packet's own and those with this configuration bit. */
  #otherPorts(packet: Packet, excludedConfig: number): readonly number[] {
    return this.#parts.ports
      .all()
      .filter(({ spec, config }) => spec.portNo !== packet.inPort && (config & excludedConfig) === 0)
      .map(({ spec }) => spec.portNo);
  }

  #transmit(packet: Packet, portNo: number, queueId: number | undefined): void {
    if (!this.#parts.ports.transmit(portNo, packet.bytes.length, queueId)) return;
    this.#outcomes.push({ kind: 'transmit', portNo, frame: packet.snapshot(), queueId });
  }

  #toController(packet: Packet, origin: Origin, maxLen: number | undefined): void {
    const { inPort } = packet;
    const { metadata } = packet.key;
    const registers = setRegisters(packet.key);
    this.#outcomes.push({
      kind: 'controller',
      frame: packet.snapshot(),
      inPort,
      metadata,
      registers,
      maxLen,
      ...origin,
    });
  }
}

/** The table-miss entry matches everything at priority 0 (OF1.3.5 §5.4). */
function isTableMiss(entry: FlowEntry): boolean {
  return entry.priority === 0 && entry.match.fields.size === 0;
}

/** IPv4 and ARP addresses are one field to a match, not to an action: setting one leaves packets of the other alone. */
function isMeantFor(oxm: string, { key }: Packet): boolean {
  if (oxm.startsWith('ipv4')) return key.ethType === BigInt(EtherType.IPV4);
  if (oxm === 'ipv6NdSll') return key.nwProto === BigInt(IpProto.ICMPV6) && key.tpSrc === 135n;
  if (oxm.startsWith('ipv6')) return key.ethType === BigInt(EtherType.IPV6);
  return !oxm.startsWith('arp') || key.ethType === BigInt(EtherType.ARP);
}

function writeMetadata(packet: Packet, { metadata }: Instructions): void {
  if (metadata === undefined) return;
  packet.key.metadata = (packet.key.metadata & ~metadata.mask) | metadata.value;
}
