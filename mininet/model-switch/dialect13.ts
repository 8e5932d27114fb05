// OpenFlow 1.3 as the model switch speaks it: which request means what, and how things are told (OF1.3.5 §7). Statistics
// and descriptions stand in multipart13.ts.

import { type Match13, NO_BUFFER, type Of13Message, type OxmField } from 'node-openflow';
import { addToBundle, controlBundle } from './bundles.ts';
import { multipart, portTo } from './multipart13.ts';
import { actionsFrom13, changeFrom13, type RuleContext } from './openflow13.ts';
import { matchTo13 } from './oxm.ts';
import { Packet } from './packet.ts';
import type { Outcome } from './pipeline.ts';
import { isSourcePort, PortConfig, type SwitchPort } from './ports.ts';
import { Refusal, refuse } from './refusal.ts';
import {
  type Dialect,
  duration,
  type Effect,
  effectsOf,
  packetInData,
  removalEffects,
  type SwitchState,
} from './switch-state.ts';

const VERSION = 4;
/** FLOW_STATS, TABLE_STATS, PORT_STATS, GROUP_STATS, QUEUE_STATS. */
const CAPABILITIES = 0x4f;
const CONFIGURABLE = PortConfig.PORT_DOWN | PortConfig.NO_RECV | PortConfig.NO_FWD | PortConfig.NO_PACKET_IN;
const PORT_MODIFIED = 2;
const Role = { NOCHANGE: 0, EQUAL: 1, MASTER: 2, SLAVE: 3 } as const;
/** What a slave may not send (OF1.3.5 §6.3.4). */
const CHANGES: readonly string[] = ['packetOut', 'flowMod', 'groupMod', 'portMod', 'tableMod', 'meterMod'];

type Of<Type extends Of13Message['type']> = Extract<Of13Message, { readonly type: Type }>;

function handle(state: SwitchState, message: Of13Message, now: number): readonly Effect[] {
  const { xid } = message;
  const reply = (answer: Of13Message): readonly Effect[] => [{ kind: 'send', message: answer }];
  if (state.controller.role === Role.SLAVE && CHANGES.includes(message.type)) {
    throw new Refusal(1, 10, `a slave cannot send ${message.type}`);
  }
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
    case 'groupMod':
      return groupMod(state, message, now);
    case 'portMod':
      return portMod(state, message);
    case 'multipartRequest':
      return multipart(state, message, now).map((answer) => ({ kind: 'send', message: answer }));
    case 'queueGetConfigRequest':
      return reply(queueConfig(state, message));
    case 'roleRequest':
      return reply(setRole(state, message));
    case 'getAsyncRequest':
      return reply({ version: VERSION, type: 'getAsyncReply', xid, ...state.controller.asyncMasks });
    case 'setAsync': {
      const { packetInMask, portStatusMask, flowRemovedMask } = message;
      state.controller.asyncMasks = { packetInMask, portStatusMask, flowRemovedMask };
      return [];
    }
    case 'tableMod':
      if (message.tableId !== 0xff && message.tableId >= state.tables.tableCount) {
        throw new Refusal(8, 0, `there is no table ${message.tableId}`);
      }
      return [];
    case 'bundleControl':
      if (state.hasBundles) return controlBundle(state, message, (added) => flowMod(state, added, now));
      throw refuse(VERSION, 'badVendor', 'this switch has no bundles');
    case 'bundleAdd':
      if (state.hasBundles) return addToBundle(state, message);
      throw refuse(VERSION, 'badVendor', 'this switch has no bundles');
    case 'experimenter':
      throw refuse(VERSION, 'badVendor', 'this switch has no experimenter extensions');
    default:
      throw refuse(VERSION, 'badType', `this switch does not understand ${message.type}`);
  }
}

function features(state: SwitchState, xid: number): Of13Message {
  return {
    version: VERSION,
    type: 'featuresReply',
    xid,
    datapathId: state.dpid,
    nBuffers: 0,
    nTables: state.tables.tableCount,
    auxiliaryId: 0,
    capabilities: CAPABILITIES,
    reserved: 0,
  };
}

function ruleContext(state: SwitchState): RuleContext {
  return {
    tableCount: state.tables.tableCount,
    hasGroup: (groupId) => state.groups.get(groupId) !== undefined,
    hasMeter: () => false,
    hasRegisters: state.hasRegisters,
  };
}

function packetOut(state: SwitchState, message: Of<'packetOut'>, now: number): readonly Effect[] {
  if (message.bufferId !== NO_BUFFER) throw refuse(VERSION, 'bufferUnknown', 'this switch buffers no packets');
  if (!isSourcePort(message.inPort)) throw refuse(VERSION, 'badRequestPort', `no packet comes in by ${message.inPort}`);
  const actions = actionsFrom13(message.actions, undefined, ruleContext(state));
  const packet = new Packet(message.data.slice(), message.inPort);
  return effectsOf(state, dialect13, state.pipeline.perform(packet, actions, { now, missToController: false }));
}

function flowMod(state: SwitchState, message: Of<'flowMod'>, now: number): readonly Effect[] {
  const change = changeFrom13(message, ruleContext(state));
  if (message.bufferId !== NO_BUFFER && change.command !== 'delete' && change.command !== 'deleteStrict') {
    throw refuse(VERSION, 'bufferUnknown', 'this switch buffers no packets');
  }
  const outcome = state.tables.change(change, now);
  if (outcome.refused !== undefined) throw refuse(VERSION, outcome.refused, `the flow was refused: ${outcome.refused}`);
  return removalEffects(state, dialect13, outcome.removed, now);
}

function groupMod(state: SwitchState, message: Of<'groupMod'>, now: number): readonly Effect[] {
  const { command, groupType, groupId } = message;
  const context = ruleContext(state);
  const buckets = message.buckets.map(({ actions }) => actionsFrom13(actions, undefined, context));
  const gone = state.groups.change({ command, groupType, groupId, buckets }, now);
  return gone.flatMap((id) => removalEffects(state, dialect13, state.tables.removeUsersOfGroup(id), now));
}

function portMod(state: SwitchState, message: Of<'portMod'>): readonly Effect[] {
  const port = state.ports.get(message.portNo);
  if (port === undefined) throw refuse(VERSION, 'badPort', `there is no port ${message.portNo}`);
  if (message.hwAddr !== port.spec.mac)
    throw refuse(VERSION, 'badHwAddr', `port ${message.portNo} has another address`);
  if ((message.mask & ~CONFIGURABLE) !== 0) throw new Refusal(7, 2, `no such port configuration ${message.mask}`);
  const config = (port.config & ~message.mask) | (message.config & message.mask);
  if (config === port.config) return [];
  port.config = config;
  const status = portStatus(state, PORT_MODIFIED, port);
  return status === undefined ? [] : [{ kind: 'send', message: status }];
}

function queueConfig(state: SwitchState, message: Of<'queueGetConfigRequest'>): Of13Message {
  const port = state.ports.get(message.port);
  if (port === undefined) throw refuse(VERSION, 'badQueuePort', `there is no port ${message.port}`);
  const queues = Array.from(port.queues.keys(), (queueId) => ({ queueId, port: message.port, properties: [] }));
  return { version: VERSION, type: 'queueGetConfigReply', xid: message.xid, port: message.port, queues };
}

/** OF1.3.5 §6.3.5: generation ids only go up, compared as a signed distance. */
function setRole(state: SwitchState, { xid, role, generationId }: Of<'roleRequest'>): Of13Message {
  const { controller } = state;
  if (role > Role.SLAVE) throw new Refusal(11, 2, `there is no role ${role}`);
  if (role === Role.MASTER || role === Role.SLAVE) {
    const known = controller.generationId;
    if (known !== undefined && BigInt.asIntN(64, generationId - known) < 0n) {
      throw new Refusal(11, 0, `generation ${generationId} is older than ${known}`);
    }
    controller.generationId = generationId;
  }
  if (role !== Role.NOCHANGE) controller.role = role;
  return {
    version: VERSION,
    type: 'roleReply',
    xid,
    role: controller.role,
    generationId: controller.generationId ?? 0xffff_ffff_ffff_ffffn,
  };
}

/** True if this controller, in its role, wants messages with this reason. */
function isWanted(state: SwitchState, masks: readonly number[], reason: number): boolean {
  const mask = masks[state.controller.role === Role.SLAVE ? 1 : 0] ?? 0;
  return (mask & (1 << reason)) !== 0;
}

function portStatus(state: SwitchState, reason: number, port: SwitchPort): Of13Message | undefined {
  if (!isWanted(state, state.controller.asyncMasks.portStatusMask, reason)) return undefined;
  return { version: VERSION, type: 'portStatus', xid: 0, reason, port: portTo(port) };
}

function packetInMatch({ inPort, metadata, registers }: Extract<Outcome, { kind: 'controller' }>): Match13 {
  const inPortField: OxmField = { field: 'inPort', value: inPort };
  return [
    inPortField,
    ...registers.map(([field, value]) => ({ field, value: Number(value) }) as OxmField),
    ...(metadata === 0n ? [] : [{ field: 'metadata' as const, value: metadata }]),
  ];
}

export const dialect13: Dialect = {
  version: VERSION,
  missToController: false,
  handle: (state, message, now) => handle(state, message as Of13Message, now),
  packetIn: (state, outcome) => {
    const { frame, reason, maxLen, tableId, cookie } = outcome;
    if (!isWanted(state, state.controller.asyncMasks.packetInMask, reason)) return undefined;
    return {
      version: VERSION,
      type: 'packetIn',
      xid: 0,
      bufferId: NO_BUFFER,
      totalLen: frame.length,
      reason,
      tableId,
      cookie,
      match: packetInMatch(outcome),
      data: packetInData(state, frame, maxLen),
    };
  },
  flowRemoved: (state, { flow, reason }, now) => {
    if (!isWanted(state, state.controller.asyncMasks.flowRemovedMask, reason)) return undefined;
    return {
      version: VERSION,
      type: 'flowRemoved',
      xid: 0,
      cookie: flow.cookie,
      priority: flow.priority,
      reason,
      tableId: flow.tableId,
      ...duration(flow.createdAt, now),
      idleTimeout: flow.idleTimeout,
      hardTimeout: flow.hardTimeout,
      packetCount: flow.packets,
      byteCount: flow.bytes,
      match: matchTo13(flow.match),
    };
  },
  portStatus,
};
