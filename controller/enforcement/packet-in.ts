// The single-table pipeline's reactive half: each PacketIn is judged, answered with the packet where it may go, and,
// where one match names all that the fate was decided on, with the rule that stands for it. Decision and rule are
// written in one turn of the event loop.

import { getOxm, type Message } from 'node-openflow';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { widenPort } from '../network/port-numbers.ts';
import { HOST_TTL_MS } from '../network/switch-state.ts';
import type { FlowRule } from '../southbound/flow-rule.ts';
import { MOST_PACKET_BYTES } from '../southbound/raw-packets.ts';
import type { PacketConnection } from '../southbound/rule-messages.ts';
import type { PacketInOutcome } from '../telemetry/counters.ts';
import { makeCookie, RuleKind } from './cookie.ts';
import { decide } from './decide.ts';
import type { Fate } from './fate.ts';
import type { ManagedSwitch } from './managed-switch.ts';
import { Table } from './multi-table/layout.ts';
import { Priority } from './static-rules.ts';
import type { Drop } from './verdict.ts';

export type PacketIn = Extract<Message, { type: 'packetIn' }>;

/** Unused rules leave the table after this; a drop that is asked for again soon is kept, as it is cheaper than asking. */
const IDLE_TIMEOUT_SEC = 60;
/** A rule that forwards by where a host was seen lasts no longer than that knowledge. */
const FORWARD_HARD_TIMEOUT_SEC = HOST_TTL_MS / 1000;

/** A policy drops this frame. */
export type NoteDrop = (drop: Drop, frame: Frame) => void;

/** The sender of this fate is bound to the MAC it used: whoever keeps the job table carries it out. */
export type BindMac = (binding: NonNullable<Fate['binds']>) => void;

export function handlePacketIn(
  managed: ManagedSwitch,
  message: PacketIn,
  bindMac: BindMac,
  noteDrop: NoteDrop = () => {},
): PacketInOutcome {
  const inPort = inPortOf(message);
  const packet = { inPort, bufferId: message.bufferId, data: message.data };
  const frame = parseFrame(message.data);
  const fate = decide(managed.view, frame, inPort);
  if (fate.dropReason === 'policy' && fate.verdict?.action === 'drop') noteDrop(fate.verdict, frame);
  if (fate.binds !== undefined) bindMac(fate.binds);
  if (fate.learned !== undefined) managed.learn(fate.learned, inPort);
  // Not for a frame to its own sender: that was decided on where the sender was before this frame told where it is.
  if (fate.match !== undefined && frame.ethDst !== frame.ethSrc)
    managed.rules.install(ruleFor(fate), { frame, inPort }, fate.isWide);
  const isBuffered = message.bufferId !== NO_BUFFER;
  const goesOn = fate.outputs.length > 0 && message.data.length <= MOST_PACKET_BYTES;
  if (goesOn || isBuffered) {
    managed.send(packet, { outputs: fate.outputs, dscp: fate.dscp, connection: connectionOf(fate) });
  }
  return outcomeOf(frame, fate);
}

const NO_BUFFER = 0xffffffff;

/** A reply is looked up by the same table as those that never came to the controller. */
function connectionOf({ connection }: Fate): PacketConnection | undefined {
  if (connection === undefined) return undefined;
  return connection === 'opening' ? { is: 'opening' } : { is: 'reply', lookUpFor: Table.REPLIES };
}

function inPortOf(message: PacketIn): number {
  if (message.version === 1) return widenPort(message.inPort);
  return Number(getOxm(message.match, 'inPort')?.value ?? 0);
}

function ruleFor(fate: Fate): FlowRule {
  const forwards = fate.outputs.length > 0;
  return {
    priority: Priority.DECIDED,
    match: fate.match ?? {},
    outputs: fate.outputs,
    dscp: fate.dscp,
    origin: fate.verdict?.origin,
    cookie: makeCookie(forwards ? RuleKind.FORWARD : RuleKind.DROP),
    idleTimeoutSec: IDLE_TIMEOUT_SEC,
    hardTimeoutSec: forwards ? FORWARD_HARD_TIMEOUT_SEC : 0,
  };
}

function outcomeOf(frame: Frame, fate: Fate): PacketInOutcome {
  if (fate.dropReason === 'malformed' || frame.kind === 'malformed') return 'malformed';
  if (fate.outputs.length > 0) return fate.match === undefined ? 'packet-out' : 'flow';
  return fate.match === undefined ? 'dropped' : 'drop-flow';
}
