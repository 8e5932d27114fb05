// The model switch without its socket: messages, frames and the passing of time go in, effects come out. Nothing here
// waits, reads a clock or draws a random number, so the same inputs always give the same effects.

import { type Message, OpenflowError } from 'node-openflow';
import { concatBytes } from '../../protocols/packet/bytes.ts';
import { dialect10 } from './dialect10.ts';
import { dialect13 } from './dialect13.ts';
import { FlowTables } from './flow-table.ts';
import { Groups } from './groups.ts';
import { MacLearning } from './mac-learning.ts';
import { Packet } from './packet.ts';
import { Pipeline } from './pipeline.ts';
import { type PortSpec, Ports } from './ports.ts';
import { type ErrorAnswer, Refusal } from './refusal.ts';
import {
  DEFAULT_CONFIG,
  type Dialect,
  type Effect,
  effectsOf,
  freshController,
  removalEffects,
  type SwitchState,
} from './switch-state.ts';

export type { Effect } from './switch-state.ts';

export interface DatapathOptions {
  readonly dpid: bigint;
  readonly ports: readonly PortSpec[];
  /** Default 254, as Open vSwitch has. */
  readonly tableCount?: number;
  /** How many flows a table holds before it is full. Default a million. */
  readonly maxFlows?: number;
  /** Statistics replies with more entries come in parts. Default: as many as fit a message. */
  readonly entriesPerReply?: number;
  /**
   * True: a PacketIn carries only as many bytes as the rule or SET_CONFIG asks for, as switches with buffers do. Default
   * false: all of them, as Open vSwitch does, which has no buffers.
   */
  readonly truncatesPacketIns?: boolean;
  /** True: OpenFlow 1.3 has bundles (ONF extension 230), as in Open vSwitch. Default false. */
  readonly hasBundles?: boolean;
  /**
   * True: 1.3 has Nicira's registers, and `move` and `load` into them, as Open vSwitch does. Default false: standard
   * OpenFlow alone.
   */
  readonly hasRegisters?: boolean;
}

const DIALECTS = { 1: dialect10, 4: dialect13 } as const;
const PORT_REASON = { ADD: 0, DELETE: 1, MODIFY: 2 } as const;
const ERROR_DATA_BYTES = 64;
const EXPERIMENTER_ERROR = 0xffff;
const ONF_ID = Uint8Array.of(0x4f, 0x4e, 0x46, 0);

export class Datapath {
  readonly #state: SwitchState;
  #dialect: Dialect = dialect13;
  #isConnected = false;

  /** `now` in milliseconds, as everywhere here; from any fixed origin. */
  constructor(options: DatapathOptions, now: number) {
    const tables = new FlowTables(options.tableCount ?? 254, options.maxFlows ?? 1_000_000);
    const groups = new Groups();
    const ports = new Ports();
    const learning = new MacLearning();
    for (const spec of options.ports) ports.add(spec, now);
    this.#state = {
      dpid: options.dpid,
      tables,
      groups,
      ports,
      learning,
      pipeline: new Pipeline({ tables, groups, ports, learning }),
      entriesPerReply: options.entriesPerReply ?? Number.POSITIVE_INFINITY,
      truncatesPacketIns: options.truncatesPacketIns ?? false,
      hasBundles: options.hasBundles ?? false,
      hasRegisters: options.hasRegisters ?? false,
      config: { ...DEFAULT_CONFIG },
      controller: freshController(),
    };
  }

  /** What it is made of, to be looked at. */
  get state(): SwitchState {
    return this.#state;
  }

  get version(): 1 | 4 {
    return this.#dialect.version;
  }

  /** How many flows a table holds; lowering it removes none. */
  set maxFlows(count: number) {
    this.#state.tables.maxEntries = count;
  }

  /** A controller has connected and agreed on a version. Rules stay; what belongs to a connection starts afresh. */
  controllerConnected(version: 1 | 4): void {
    this.#dialect = DIALECTS[version];
    this.#isConnected = true;
    this.#state.config = { ...DEFAULT_CONFIG };
    this.#state.controller = freshController();
  }

  /** From now on packets for the controller are lost; rules go on and time out (OF1.3.5 §6.3.2, fail secure). */
  controllerDisconnected(): void {
    this.#isConnected = false;
  }

  /**
   * Carries out one message of the connection's version. `raw` are the message's bytes, for the data of an error; a
   * request that is refused changes nothing and is answered with an error.
   */
  handleMessage(message: Message, now: number, raw: Uint8Array = new Uint8Array(0)): readonly Effect[] {
    if (message.type === 'hello') return [];
    try {
      if (message.version !== this.version) throw new Refusal(1, 0, `this connection speaks version ${this.version}`);
      return this.#told([...this.tick(now), ...this.#dialect.handle(this.#state, message, now)]);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof OpenflowError)) throw error;
      const first = error instanceof Refusal ? error.first : undefined;
      const earlier = first === undefined ? [] : [this.errorEffect(first.xid, first.answer, first.raw)];
      return [...earlier, this.errorEffect(message.xid, error.answer, raw)];
    }
  }

  /** The error that answers a request, with its first bytes. */
  errorEffect(xid: number, { type: errorType, code }: ErrorAnswer, raw: Uint8Array): Effect {
    const request = raw.slice(0, ERROR_DATA_BYTES);
    // An experimenter's error begins with whose it is (OF1.3.5 §7.5.4.14).
    const data = errorType === EXPERIMENTER_ERROR ? concatBytes(ONF_ID, request) : request;
    return { kind: 'send', message: { version: this.version, type: 'error', xid, errorType, code, data } };
  }

  /** A frame arrives at a port, without its frame check sequence. */
  receive(portNo: number, frame: Uint8Array, now: number): readonly Effect[] {
    const expired = this.tick(now);
    if (frame.length < 14 || !this.#state.ports.receive(portNo, frame.length)) return expired;
    const missToController = this.#isConnected && this.#dialect.missToController;
    const outcomes = this.#state.pipeline.process(new Packet(frame, portNo), { now, missToController });
    return [...expired, ...this.#told(effectsOf(this.#state, this.#dialect, outcomes))];
  }

  /** Lets time pass: takes out the flows that have timed out. */
  tick(now: number): readonly Effect[] {
    const removed = this.#state.tables.expire(now);
    return this.#told(removalEffects(this.#state, this.#dialect, removed, now));
  }

  /** A time before which `tick` has nothing to do; Infinity for never. */
  nextDeadline(): number {
    return this.#state.tables.nextDeadline();
  }

  addPort(spec: PortSpec, now: number): readonly Effect[] {
    this.#state.ports.add(spec, now);
    return this.#portStatus(PORT_REASON.ADD, spec.portNo);
  }

  /** Nothing if there is no such port. */
  removePort(portNo: number): readonly Effect[] {
    const effects = this.#portStatus(PORT_REASON.DELETE, portNo);
    this.#state.ports.remove(portNo);
    this.#state.learning.forgetPort(portNo);
    return effects;
  }

  /** The link of a port goes up or down. */
  setPortUp(portNo: number, isUp: boolean): readonly Effect[] {
    const port = this.#state.ports.get(portNo);
    if (port === undefined || port.isUp === isUp) return [];
    port.isUp = isUp;
    if (!isUp) this.#state.learning.forgetPort(portNo);
    return this.#portStatus(PORT_REASON.MODIFY, portNo);
  }

  /** As a switch that has lost its power: no flows, no groups. */
  clearTables(): void {
    this.#state.tables.clear();
    this.#state.groups.clear();
  }

  #portStatus(reason: number, portNo: number): readonly Effect[] {
    const port = this.#state.ports.get(portNo);
    const message = port === undefined ? undefined : this.#dialect.portStatus(this.#state, reason, port);
    return message === undefined ? [] : this.#told([{ kind: 'send', message }]);
  }

  /** Without a connection nobody is told anything. */
  #told(effects: readonly Effect[]): readonly Effect[] {
    return this.#isConnected ? effects : effects.filter(({ kind }) => kind !== 'send');
  }
}
