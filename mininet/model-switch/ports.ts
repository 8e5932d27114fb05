// The ports of the model switch: what is configured, whether the link is up, and what went through them.

import { Port } from './action.ts';

/** `ofp_port_config` bits, equal in both versions where both have them; the NO_FLOOD of 1.0 is unused in 1.3. */
export const PortConfig = { PORT_DOWN: 1, NO_RECV: 4, NO_FLOOD: 16, NO_FWD: 32, NO_PACKET_IN: 64 } as const;

export interface PortSpec {
  /** 1 to 0xfeff for both versions, or `Port.LOCAL`, whose name is by custom that of the bridge. */
  readonly portNo: number;
  /** At most 15 bytes. */
  readonly name: string;
  readonly mac: number;
  /** The ids of its queues besides the default. */
  readonly queues?: readonly number[];
}

export interface PortCounters {
  rxPackets: bigint;
  txPackets: bigint;
  rxBytes: bigint;
  txBytes: bigint;
  rxDropped: bigint;
  txDropped: bigint;
}

export interface QueueCounters {
  txPackets: bigint;
  txBytes: bigint;
}

export interface SwitchPort {
  readonly spec: PortSpec;
  config: number;
  isUp: boolean;
  readonly addedAt: number;
  readonly counters: PortCounters;
  readonly queues: ReadonlyMap<number, QueueCounters>;
}

const FIRST_RESERVED_PORT = 0xff00;

/** True for what a PacketOut may name as the packet's source: a port, whether it is there or not, or none. */
export function isSourcePort(portNo: number): boolean {
  const isNumber = portNo > 0 && portNo < FIRST_RESERVED_PORT;
  return isNumber || portNo === Port.LOCAL || portNo === Port.CONTROLLER || portNo === Port.ANY;
}

/** The counters as port statistics have them; what cannot go wrong here is 0. */
export function portCounters({ counters }: SwitchPort) {
  return { ...counters, rxErrors: 0n, txErrors: 0n, rxFrameErr: 0n, rxOverErr: 0n, rxCrcErr: 0n, collisions: 0n };
}

export class Ports {
  readonly #ports = new Map<number, SwitchPort>();

  /** Throws a RangeError for a number that is taken or cannot be a port's. */
  add(spec: PortSpec, now: number): SwitchPort {
    const isNumber = Number.isInteger(spec.portNo) && spec.portNo > 0 && spec.portNo < FIRST_RESERVED_PORT;
    if (!isNumber && spec.portNo !== Port.LOCAL)
      throw new RangeError(`port ${spec.portNo}: use 1 to 65279 or Port.LOCAL`);
    if (this.#ports.has(spec.portNo)) throw new RangeError(`port ${spec.portNo} is there already`);
    const port: SwitchPort = {
      spec,
      config: 0,
      isUp: true,
      addedAt: now,
      counters: { rxPackets: 0n, txPackets: 0n, rxBytes: 0n, txBytes: 0n, rxDropped: 0n, txDropped: 0n },
      queues: new Map((spec.queues ?? []).map((queueId) => [queueId, { txPackets: 0n, txBytes: 0n }])),
    };
    this.#ports.set(spec.portNo, port);
    return port;
  }

  remove(portNo: number): SwitchPort | undefined {
    const port = this.#ports.get(portNo);
    this.#ports.delete(portNo);
    return port;
  }

  get(portNo: number): SwitchPort | undefined {
    return this.#ports.get(portNo);
  }

  /** By number, LOCAL last. */
  all(): readonly SwitchPort[] {
    return [...this.#ports.values()].sort((a, b) => a.spec.portNo - b.spec.portNo);
  }

  /** Counts a received frame; false if the port takes none. */
  receive(portNo: number, bytes: number): boolean {
    const port = this.#ports.get(portNo);
    if (port === undefined || !port.isUp) return false;
    if ((port.config & (PortConfig.PORT_DOWN | PortConfig.NO_RECV)) !== 0) {
      port.counters.rxDropped++;
      return false;
    }
    port.counters.rxPackets++;
    port.counters.rxBytes += BigInt(bytes);
    return true;
  }

  /** Counts a frame about to be sent; false if the port sends none. */
  transmit(portNo: number, bytes: number, queueId: number | undefined): boolean {
    const port = this.#ports.get(portNo);
    if (port === undefined) return false;
    if (!port.isUp || (port.config & (PortConfig.PORT_DOWN | PortConfig.NO_FWD)) !== 0) {
      port.counters.txDropped++;
      return false;
    }
    port.counters.txPackets++;
    port.counters.txBytes += BigInt(bytes);
    const queue = queueId === undefined ? undefined : port.queues.get(queueId);
    if (queue !== undefined) {
      queue.txPackets++;
      queue.txBytes += BigInt(bytes);
    }
    return true;
  }
}
