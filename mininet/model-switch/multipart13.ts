// The multipart answers of the model switch in OpenFlow 1.3 (OF1.3.5 §7.3.5): descriptions and statistics.

import {
  MORE,
  type Of13FlowStats,
  type Of13Message,
  type Of13MultipartReply,
  type Of13MultipartRequest,
  type Of13Port,
} from 'node-openflow';
import { ALL_GROUPS, type Instructions, Port } from './action.ts';
import type { FlowEntry } from './flow-table.ts';
import { type Group, GroupType } from './groups.ts';
import { actionsTo13, flagsTo13, instructionsTo13 } from './openflow13.ts';
import { matchFrom13, matchTo13 } from './oxm.ts';
import { PortConfig, portCounters, type SwitchPort } from './ports.ts';
import { Refusal, refuse } from './refusal.ts';
import { aggregate, DESCRIPTION, duration, replyParts, type SwitchState } from './switch-state.ts';

const VERSION = 4;
const LINK_DOWN = 1;
const LIVE = 4;
const SPEED_10GB_FD = 64;
const KBPS_10GB = 10_000_000;
const ANY = 0xffffffff;

type Body = Of13MultipartReply['body'];

export function multipart(state: SwitchState, request: Of13MultipartRequest, now: number): readonly Of13Message[] {
  const { body, xid } = request;
  const reply = (answer: Body, flags = 0): Of13Message => ({
    version: VERSION,
    type: 'multipartReply',
    xid,
    flags,
    body: answer,
  });
  const list = <T>(entries: readonly T[], sizeOf: (entry: T) => number, bodyOf: (part: readonly T[]) => Body) =>
    replyParts(entries, state.entriesPerReply, sizeOf).map((part) =>
      reply(bodyOf(part.entries), part.isLast ? 0 : MORE),
    );
  switch (body.multipart) {
    case 'desc':
      return [reply({ multipart: 'desc', ...DESCRIPTION })];
    case 'flow':
      return list(selected(state, body), flowSize, (flows) => ({
        multipart: 'flow',
        entries: flows.map((flow) => flowTo(flow, now)),
      }));
    case 'aggregate':
      return [reply({ multipart: 'aggregate', ...aggregate(selected(state, body)) })];
    case 'table':
      return list(
        tableStatistics(state),
        () => 24,
        (entries) => ({ multipart: 'table', entries }),
      );
    case 'portStats': {
      const ports = chosenPorts(state, body.portNo);
      return list(
        ports,
        () => 112,
        (part) => ({
          multipart: 'portStats',
          entries: part.map((port) => ({
            portNo: port.spec.portNo,
            ...portCounters(port),
            ...duration(port.addedAt, now),
          })),
        }),
      );
    }
    case 'queue':
      return list(
        queueStatistics(state, body.portNo, body.queueId, now),
        () => 40,
        (entries) => ({
          multipart: 'queue',
          entries,
        }),
      );
    case 'group': {
      const groups = state.groups
        .all()
        .filter(({ groupId }) => body.groupId === ALL_GROUPS || body.groupId === groupId);
      return list(groups, groupSize, (part) => ({
        multipart: 'group',
        entries: part.map((group) => groupStatistics(state, group, now)),
      }));
    }
    case 'groupDesc':
      return list(state.groups.all(), groupSize, (part) => ({ multipart: 'groupDesc', entries: part.map(groupTo) }));
    case 'groupFeatures':
      return [reply({ multipart: 'groupFeatures', ...GROUP_FEATURES })];
    case 'portDesc':
      return list(
        state.ports.all(),
        () => 64,
        (ports) => ({ multipart: 'portDesc', entries: ports.map(portTo) }),
      );
    default:
      throw refuse(VERSION, 'badStat', `this switch has no multipart ${body.multipart}`);
  }
}

export function portTo(port: SwitchPort): Of13Port {
  return {
    portNo: port.spec.portNo,
    hwAddr: port.spec.mac,
    name: port.spec.name,
    // NO_FLOOD is 1.0's alone.
    config: port.config & ~PortConfig.NO_FLOOD,
    state: port.isUp ? LIVE : LINK_DOWN,
    curr: SPEED_10GB_FD,
    advertised: 0,
    supported: 0,
    peer: 0,
    currSpeed: KBPS_10GB,
    maxSpeed: KBPS_10GB,
  };
}

function selected(
  state: SwitchState,
  body: Extract<Of13MultipartRequest['body'], { multipart: 'flow' | 'aggregate' }>,
): readonly FlowEntry[] {
  const { tableId, outPort, outGroup, cookie, cookieMask } = body;
  if (tableId !== 0xff && tableId >= state.tables.tableCount) throw new Refusal(1, 9, `there is no table ${tableId}`);
  return state.tables.select({
    tableId,
    match: matchFrom13(body.match, state.hasRegisters),
    outPort,
    outGroup,
    cookie,
    cookieMask,
  });
}

/** An upper bound: the widest match field takes 36 bytes, the longest action 32, an instruction's header 24. */
function flowSize({ match, instructions }: FlowEntry): number {
  return 64 + 36 * match.fields.size + 24 * 6 + 32 * actionCount(instructions);
}

function actionCount({ apply, write }: Instructions): number {
  return apply.length + write.length;
}

function flowTo(flow: FlowEntry, now: number): Of13FlowStats {
  return {
    tableId: flow.tableId,
    ...duration(flow.createdAt, now),
    priority: flow.priority,
    idleTimeout: flow.idleTimeout,
    hardTimeout: flow.hardTimeout,
    flags: flagsTo13(flow.flags),
    cookie: flow.cookie,
    packetCount: flow.packets,
    byteCount: flow.bytes,
    match: matchTo13(flow.match),
    instructions: instructionsTo13(flow.instructions),
  };
}

function tableStatistics(state: SwitchState) {
  return state.tables.tableStatistics().map(({ active, lookups, matched }, tableId) => ({
    tableId,
    activeCount: active,
    lookupCount: lookups,
    matchedCount: matched,
  }));
}

function chosenPorts(state: SwitchState, portNo: number): readonly SwitchPort[] {
  if (portNo === Port.ANY) return state.ports.all();
  // As Open vSwitch does: no entry rather than an error for a port that is not there.
  const port = state.ports.get(portNo);
  return port === undefined ? [] : [port];
}

function queueStatistics(state: SwitchState, portNo: number, queueId: number, now: number) {
  const ports = portNo === Port.ANY ? state.ports.all() : [state.ports.get(portNo)];
  return ports.flatMap((port) => {
    if (port === undefined) throw refuse(VERSION, 'badQueuePort', `there is no port ${portNo}`);
    if (portNo !== Port.ANY && queueId !== ANY && !port.queues.has(queueId)) {
      throw refuse(VERSION, 'badQueue', `port ${portNo} has no queue ${queueId}`);
    }
    return Array.from(port.queues)
      .filter(([id]) => queueId === ANY || queueId === id)
      .map(([id, counters]) => ({
        portNo: port.spec.portNo,
        queueId: id,
        ...counters,
        txErrors: 0n,
        ...duration(port.addedAt, now),
      }));
  });
}

function groupSize(group: Group): number {
  return 40 + group.buckets.reduce((bytes, actions) => bytes + 16 + 32 * actions.length, 0);
}

function groupStatistics(state: SwitchState, group: Group, now: number) {
  const isUser = ({ instructions }: FlowEntry) =>
    [...instructions.apply, ...instructions.write].some(
      (action) => action.do === 'group' && action.groupId === group.groupId,
    );
  return {
    groupId: group.groupId,
    refCount: state.tables.entries().filter(isUser).length,
    packetCount: group.packets,
    byteCount: group.bytes,
    ...duration(group.createdAt, now),
    bucketStats: group.bucketCounters.map(({ packets, bytes }) => ({ packetCount: packets, byteCount: bytes })),
  };
}

function groupTo(group: Group) {
  return {
    groupType: group.groupType,
    groupId: group.groupId,
    buckets: group.buckets.map((actions) => ({
      weight: 0,
      watchPort: ANY,
      watchGroup: ANY,
      actions: actionsTo13(actions),
    })),
  };
}

/** OUTPUT, PUSH_VLAN, POP_VLAN, SET_QUEUE, GROUP, SET_NW_TTL, DEC_NW_TTL, SET_FIELD, by their numbers. */
const GROUP_ACTIONS = [0, 17, 18, 21, 22, 23, 24, 25].reduce((bits, number) => bits | (1 << number), 0) >>> 0;
const MAX_GROUPS = 0xffffff00;
const CHAINING = 4;
const GROUP_FEATURES = {
  types: (1 << GroupType.ALL) | (1 << GroupType.INDIRECT),
  capabilities: CHAINING,
  maxGroups: [MAX_GROUPS, 0, MAX_GROUPS, 0],
  actions: [GROUP_ACTIONS, 0, GROUP_ACTIONS, 0],
} as const;
