// OpenFlow 1.0 as the model switch speaks it: which request means what, and how things are told (OF1.0.1 §5).

import {
  MORE,
  NO_BUFFER,
  type Of10FlowStats,
  type Of10Message,
  type Of10Port,
  type Of10StatsReply,
} from 'node-openflow';
import { ANY_GROUP, Port } from './action.ts';
import type { FlowEntry } from './flow-table.ts';
import {
  actionFrom10,
  changeFrom10,
  instructionsTo10,
  matchFrom10,
  matchTo10,
  portFrom10,
  portTo10,
} from './openflow10.ts';
import { Packet } from './packet.ts';
import { isSourcePort, PortConfig, type SwitchPort } from './ports.ts';
import { refuse } from './refusal.ts';
import {
  aggregate,
  type Dialect,
  duration,
  type Effect,
  effectsOf,
  packetInData,
  removalEffects,
  replyParts,
  type SwitchState,
} from './switch-state.ts';

const VERSION = 1;
/** FLOW_STATS, TABLE_STATS, PORT_STATS, QUEUE_STATS, ARP_MATCH_IP. */
const CAPABILITIES = 0xc7;
/** Every standard action, by its number. */
const ACTIONS = 0xfff;
const LINK_DOWN = 1;
const SPEED_10GB_FD = 64;
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
      return statistics(state, message, now).map((answer) => ({ kind: 'send', message: answer }));
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

function portTo(port: SwitchPort): Of10Port {
  return {
    portNo: portTo10(port.spec.portNo),
    hwAddr: port.spec.mac,
    name: port.spec.name,
    config: port.config,
    state: port.isUp ? 0 : LINK_DOWN,
    curr: SPEED_10GB_FD,
    advertised: 0,
    supported: 0,
    peer: 0,
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

function statistics(
  state: SwitchState,
  { xid, body }: Extract<Of10Message, { type: 'statsRequest' }>,
  now: number,
): readonly Of10Message[] {
  const whole = (answer: Of10StatsReply['body'], flags = 0): Of10Message => ({
    version: VERSION,
    type: 'statsReply',
    xid,
    flags,
    body: answer,
  });
  switch (body.stats) {
    case 'desc':
      return [whole({ stats: 'desc', ...DESCRIPTION })];
    case 'flow': {
      const parts = replyParts(selected(state, body), state.entriesPerReply, flowSize);
      return parts.map(({ entries, isLast }) =>
        whole({ stats: 'flow', entries: entries.map((flow) => flowTo(flow, now)) }, isLast ? 0 : MORE),
      );
    }
    case 'aggregate':
      return [whole({ stats: 'aggregate', ...aggregate(selected(state, body)) })];
    case 'table':
      return [whole({ stats: 'table', entries: tableStatistics(state) })];
    case 'port': {
      const entries = chosenPorts(state, body.portNo).map(portStatistics);
      return replyParts(entries, state.entriesPerReply, () => 104).map((part) =>
        whole({ stats: 'port', entries: part.entries }, part.isLast ? 0 : MORE),
      );
    }
    case 'queue':
      return [whole({ stats: 'queue', entries: queueStatistics(state, body.portNo, body.queueId) })];
    default:
      throw refuse(VERSION, 'badStat', `this switch has no statistics of kind ${body.stats}`);
  }
}

export const DESCRIPTION = {
  mfrDesc: 'Lark',
  hwDesc: 'model switch',
  swDesc: 'a flow table in memory',
  serialNum: 'None',
  dpDesc: 'None',
} as const;

function selected(
  state: SwitchState,
  body: { match: Parameters<typeof matchFrom10>[0]; tableId: number; outPort: number },
): readonly FlowEntry[] {
  const { tableId, outPort } = body;
  const match = matchFrom10(body.match);
  return state.tables.select({
    tableId,
    match,
    outPort: portFrom10(outPort),
    outGroup: ANY_GROUP,
    cookie: 0n,
    cookieMask: 0n,
  });
}

/** Bytes of a flow's entry: its fixed part, and 16 for the longest action. */
function flowSize(flow: FlowEntry): number {
  return 88 + 16 * flow.instructions.apply.length;
}

function flowTo(flow: FlowEntry, now: number): Of10FlowStats {
  return {
    tableId: flow.tableId,
    match: matchTo10(flow.match),
    ...duration(flow.createdAt, now),
    priority: flow.priority,
    idleTimeout: flow.idleTimeout,
    hardTimeout: flow.hardTimeout,
    cookie: flow.cookie,
    packetCount: flow.packets,
    byteCount: flow.bytes,
    actions: instructionsTo10(flow.instructions),
  };
}

function tableStatistics(state: SwitchState) {
  return state.tables.tableStatistics().map(({ active, lookups, matched }, tableId) => ({
    tableId,
    name: `table${tableId}`,
    wildcards: 0x3fffff,
    maxEntries: state.tables.maxEntries,
    activeCount: active,
    lookupCount: lookups,
    matchedCount: matched,
  }));
}

function chosenPorts(state: SwitchState, portNo: number): readonly SwitchPort[] {
  if (portFrom10(portNo) === Port.ANY) return state.ports.all();
  const port = state.ports.get(portFrom10(portNo));
  return port === undefined ? [] : [port];
}

export function portCounters({ counters }: SwitchPort) {
  return { ...counters, rxErrors: 0n, txErrors: 0n, rxFrameErr: 0n, rxOverErr: 0n, rxCrcErr: 0n, collisions: 0n };
}

function portStatistics(port: SwitchPort) {
  return { portNo: portTo10(port.spec.portNo), ...portCounters(port) };
}

const ALL_QUEUES = 0xffffffff;

function queueStatistics(state: SwitchState, portNo: number, queueId: number) {
  const isAllPorts = portFrom10(portNo) === Port.ALL || portFrom10(portNo) === Port.ANY;
  const ports = isAllPorts ? state.ports.all() : chosenPorts(state, portNo);
  if (ports.length === 0) throw refuse(VERSION, 'badQueuePort', `there is no port ${portNo}`);
  const entries = ports.flatMap((port) =>
    Array.from(port.queues)
      .filter(([id]) => queueId === ALL_QUEUES || queueId === id)
      .map(([id, counters]) => ({ portNo: portTo10(port.spec.portNo), queueId: id, ...counters, txErrors: 0n })),
  );
  if (entries.length === 0 && queueId !== ALL_QUEUES) throw refuse(VERSION, 'badQueue', `there is no queue ${queueId}`);
  return entries;
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
