// Everything the model switch is and remembers, and what handling an input can lead to. The two dialects (dialect10.ts,
// dialect13.ts) read and change this; datapath.ts owns it.

import type { Message } from 'node-openflow';
import type { Bundle } from './bundles.ts';
import type { FlowEntry, FlowTables, RemovedFlow } from './flow-table.ts';
import type { Groups } from './groups.ts';
import type { MacLearning } from './mac-learning.ts';
import type { Outcome, Pipeline } from './pipeline.ts';
import type { Ports, SwitchPort } from './ports.ts';

/** What the world outside must do. */
export type Effect =
  | { readonly kind: 'send'; readonly message: Message }
  | {
      readonly kind: 'transmit';
      readonly portNo: number;
      readonly frame: Uint8Array;
      readonly queueId: number | undefined;
    };

export interface SwitchState {
  readonly dpid: bigint;
  readonly tables: FlowTables;
  readonly groups: Groups;
  readonly ports: Ports;
  readonly learning: MacLearning;
  readonly pipeline: Pipeline;
  /** The most entries of one statistics reply; more come in several parts. */
  readonly entriesPerReply: number;
  readonly truncatesPacketIns: boolean;
  readonly hasBundles: boolean;
  readonly hasRegisters: boolean;
  /** What SET_CONFIG set. */
  config: { flags: number; missSendLen: number };
  controller: ControllerState;
}

/** What lasts for one connection. */
export interface ControllerState {
  /** `ofp_controller_role`. */
  role: number;
  generationId: bigint | undefined;
  asyncMasks: AsyncMasks;
  /** Those that are open, by their id. */
  readonly bundles: Map<number, Bundle>;
}

/** Of 1.3's SET_ASYNC: for the roles equal and master, and for slave. Bit n stands for reason n. */
export interface AsyncMasks {
  readonly packetInMask: readonly number[];
  readonly portStatusMask: readonly number[];
  readonly flowRemovedMask: readonly number[];
}

/** One version's way to say and to understand things. */
export interface Dialect {
  readonly version: 1 | 4;
  /** True where a packet that no rule matches goes to the controller. */
  readonly missToController: boolean;
  /** Carries out a request. Throws Refusal or OpenflowError for one that must be answered with an error. */
  handle(state: SwitchState, message: Message, now: number): readonly Effect[];
  /** The message for what happened; undefined if this controller is not to be told. */
  packetIn(state: SwitchState, outcome: Extract<Outcome, { kind: 'controller' }>): Message | undefined;
  flowRemoved(state: SwitchState, removed: RemovedFlow, now: number): Message | undefined;
  portStatus(state: SwitchState, reason: number, port: SwitchPort): Message | undefined;
}

/** What SET_CONFIG holds before a controller sends one (OF1.0.1 §5.3.2). */
export const DEFAULT_CONFIG = { flags: 0, missSendLen: 128 };

const ROLE_EQUAL = 1;
/** A fresh connection is told everything; slaves hear of ports only (OF1.3.5 §7.3.10). */
export function freshController(): ControllerState {
  return {
    role: ROLE_EQUAL,
    generationId: undefined,
    asyncMasks: { packetInMask: [0x7, 0], portStatusMask: [0x7, 0x7], flowRemovedMask: [0xf, 0] },
    bundles: new Map(),
  };
}

/** The part of a packet that a PacketIn carries; `maxLen` is undefined for a miss. */
export function packetInData(state: SwitchState, frame: Uint8Array, maxLen: number | undefined): Uint8Array {
  return state.truncatesPacketIns ? frame.subarray(0, maxLen ?? state.config.missSendLen) : frame;
}

/** Pipeline outcomes as effects, PacketIns in the dialect's form. */
export function effectsOf(state: SwitchState, dialect: Dialect, outcomes: readonly Outcome[]): readonly Effect[] {
  return outcomes.flatMap((outcome): readonly Effect[] => {
    if (outcome.kind === 'transmit') return [outcome];
    const message = dialect.packetIn(state, outcome);
    return message === undefined ? [] : [{ kind: 'send', message }];
  });
}

/** FlowRemoved messages for those flows that asked for one. */
export function removalEffects(
  state: SwitchState,
  dialect: Dialect,
  removed: readonly RemovedFlow[],
  now: number,
): readonly Effect[] {
  return removed.flatMap((gone): readonly Effect[] => {
    const message = gone.flow.flags.sendFlowRemoved ? dialect.flowRemoved(state, gone, now) : undefined;
    return message === undefined ? [] : [{ kind: 'send', message }];
  });
}

/** How long something has been there, as OpenFlow counts it. */
export function duration(since: number, now: number): { readonly durationSec: number; readonly durationNsec: number } {
  const ms = Math.max(0, Math.round(now - since));
  return { durationSec: Math.floor(ms / 1000), durationNsec: (ms % 1000) * 1_000_000 };
}

/** What DESC statistics say of the switch. */
export const DESCRIPTION = {
  mfrDesc: 'Lark',
  hwDesc: 'model switch',
  swDesc: 'a flow table in memory',
  serialNum: 'None',
  dpDesc: 'None',
} as const;

/** The sums that an aggregate request asks for. */
export function aggregate(flows: readonly FlowEntry[]) {
  return {
    packetCount: flows.reduce((sum, flow) => sum + flow.packets, 0n),
    byteCount: flows.reduce((sum, flow) => sum + flow.bytes, 0n),
    flowCount: flows.length,
  };
}

/** Room for the entries of a reply: a message has at most 65535 bytes, and its header takes some. */
const REPLY_BYTES = 65_000;

/**
 * Splits entries into the parts of a multi-part reply, each at most `maxEntries` and, by `sizeOf` (an upper bound in
 * bytes), short enough for a message. At least one part, which may be empty.
 */
export function replyParts<T>(
  entries: readonly T[],
  maxEntries: number,
  sizeOf: (entry: T) => number,
): readonly { readonly entries: readonly T[]; readonly isLast: boolean }[] {
  const parts: T[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry);
    if (parts.at(-1)!.length >= maxEntries || bytes + size > REPLY_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(entry);
    bytes += size;
  }
  return parts.map((part, i) => ({ entries: part, isLast: i === parts.length - 1 }));
}
