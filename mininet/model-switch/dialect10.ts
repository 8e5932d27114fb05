// OpenFlow 1.0 as the model switch speaks it: which request means what, and how things are told (OF1.0.1 §5).

import { NO_BUFFER, type Of10Message } from 'node-openflow';
import { actionFrom10, changeFrom10, matchTo10, portFrom10, portTo10 } from './openflow10.ts';
import { Packet } from './packet.ts';
import { isSourcePort, PortConfig, type SwitchPort } from './ports.ts';
import { refuse } from './refusal.ts';
import { portTo, statistics10 } from './stats10.ts';
import {
  type Dialect,
  duration,
  type Effect,
  effectsOf,
  packetInData,
  removalEffects,
  type SwitchState,
} from './switch-state.ts';

const VERSION = 1;
/** FLOW_STATS, TABLE_STATS, PORT_STATS, QUEUE_STATS, ARP_MATCH_IP. */
const CAPABILITIES = 0xc7;
/** Every standard action, by its number. */
const ACTIONS = 0xfff;
const CONFIGURABLE =
  PortConfig.PORT_DOWN | PortConfig.NO_RECV | PortConfig.NO_FLOOD | PortConfig.NO_FWD | PortConfig.NO_PACKET_IN;
const PORT_MODIFIED = 2;

function handle(state: SwitchState, message: Of10Message, now: number): readonly Effect[] {
  const { xid } = message;
  const reply = (answer: Of10Message): readonly Effect[] => [{ kind: 'send', message: answer }];
  switch (message.type) {
    case 'echoRequest':
      return reply({ version: VERSION, type: 'echoReply', xid, data: message.data });
    case 'echoReply':
    case 'error':
      return [];
    case 'featuresRequest':
      return reply(features(state, xid));
    case 'getConfigRequest':
      return reply({ version: VERSION, type: 'getConfigReply', xid, ...state.config });
    case 'setConfig':
      state.config = { flags: message.flags, missSendLen: message.missSendLen };
      return [];
    case 'barrierRequest':
      return reply({ version: VERSION, type: 'barrierReply', xid });
    case 'packetOut':
      return packetOut(state, message, now);
    case 'flowMod':
      return flowMod(state, message, now);
    case 'portMod':
      return portMod(state, message);
    case 'statsRequest':
      return statistics10(state, message, now).map((answer) => ({ kind: 'send', message: answer }));
    case 'queueGetConfigRequest':
      return reply(queueConfig(state, message));
    case 'vendor':
    case 'nxRoleRequest':
      throw refuse(VERSION, 'badVendor', 'this switch has no vendor extensions');
    default:
      throw refuse(VERSION, 'badType', `${message.type} is not for a switch`);
  }
}

function features(state: SwitchState, xid: number): Of10Message {
  return {
    version: VERSION,
    type: 'featuresReply',
    xid,
    datapathId: state.dpid,
    nBuffers: 0,
    nTables: state.tables.tableCount,
    capabilities: CAPABILITIES,
    actions: ACTIONS,
    ports: state.ports.all().map(portTo),
  };
}

function packetOut(
  state: SwitchState,
  message: Extract<Of10Message, { type: 'packetOut' }>,
  now: number,
): readonly Effect[] {
  if (message.bufferId !== NO_BUFFER) throw refuse(VERSION, 'bufferUnknown', 'this switch buffers no packets');
  if (!isSourcePort(portFrom10(message.inPort))) {
    throw refuse(VERSION, 'badRequestPort', `no packet comes in by ${message.inPort}`);
  }
  const actions = message.actions.map(actionFrom10);
  const packet = new Packet(message.data.slice(), portFrom10(message.inPort));
  return effectsOf(state, dialect10, state.pipeline.perform(packet, actions, { now, missToController: true }));
}

function flowMod(
  state: SwitchState,
  message: Extract<Of10Message, { type: 'flowMod' }>,
  now: number,
): readonly Effect[] {
  const change = changeFrom10(message);
  if (message.bufferId !== NO_BUFFER && change.command !== 'delete' && change.command !== 'deleteStrict') {
    throw refuse(VERSION, 'bufferUnknown', 'this switch buffers no packets');
  }
  const outcome = state.tables.change(change, now);
  if (outcome.refused !== undefined) throw refuse(VERSION, outcome.refused, `the flow was refused: ${outcome.refused}`);
  return removalEffects(state, dialect10, outcome.removed, now);
}

function portMod(state: SwitchState, message: Extract<Of10Message, { type: 'portMod' }>): readonly Effect[] {
  const port = state.ports.get(portFrom10(message.portNo));
  if (port === undefined) throw refuse(VERSION, 'badPort', `there is no port ${message.portNo}`);
  if (message.hwAddr !== port.spec.mac)
    throw refuse(VERSION, 'badHwAddr', `port ${message.portNo} has another address`);
  const mask = message.mask & CONFIGURABLE;
  const config = (port.config & ~mask) | (message.config & mask);
  if (config === port.config) return [];
  port.config = config;
  return [{ kind: 'send', message: portStatus(state, PORT_MODIFIED, port) }];
}

function queueConfig(
  state: SwitchState,
  message: Extract<Of10Message, { type: 'queueGetConfigRequest' }>,
): Of10Message {
  const port = state.ports.get(portFrom10(message.port));
  if (port === undefined) throw refuse(VERSION, 'badQueuePort', `there is no port ${message.port}`);
  const queues = Array.from(port.queues.keys(), (queueId) => ({ queueId, properties: [] }));
  return { version: VERSION, type: 'queueGetConfigReply', xid: message.xid, port: message.port, queues };
}

function portStatus(_state: SwitchState, reason: number, port: SwitchPort): Of10Message {
  return { version: VERSION, type: 'portStatus', xid: 0, reason, port: portTo(port) };
}

export const dialect10: Dialect = {
  version: VERSION,
  missToController: true,
  handle: (state, message, now) => handle(state, message as Of10Message, now),
  packetIn: (state, { frame, inPort, reason, maxLen }) => ({
    version: VERSION,
    type: 'packetIn',
    xid: 0,
    bufferId: NO_BUFFER,
    totalLen: frame.length,
    inPort: portTo10(inPort),
    reason,
    data: packetInData(state, frame, maxLen),
  }),
  flowRemoved: (_state, { flow, reason }, now) => ({
    version: VERSION,
    type: 'flowRemoved',
    xid: 0,
    match: matchTo10(flow.match),
    cookie: flow.cookie,
    priority: flow.priority,
    // 1.0 has no reason of its own for a group's end.
    reason: Math.min(reason, 2),
    ...duration(flow.createdAt, now),
    idleTimeout: flow.idleTimeout,
    packetCount: flow.packets,
    byteCount: flow.bytes,
  }),
  portStatus,
};
