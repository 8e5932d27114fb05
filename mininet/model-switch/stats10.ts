// The statistics and port descriptions of the model switch in OpenFlow 1.0 (OF1.0.1 §5.2.1, §5.3.5).

import { MORE, type Of10FlowStats, type Of10Message, type Of10Port, type Of10StatsReply } from 'node-openflow';
import { ANY_GROUP, Port } from './action.ts';
import type { FlowEntry } from './flow-table.ts';
import { instructionsTo10, matchFrom10, matchTo10, portFrom10, portTo10 } from './openflow10.ts';
import { portCounters, type SwitchPort } from './ports.ts';
import { refuse } from './refusal.ts';
import { aggregate, DESCRIPTION, duration, replyParts, type SwitchState } from './switch-state.ts';

const VERSION = 1;
const LINK_DOWN = 1;
const SPEED_10GB_FD = 64;

export function portTo(port: SwitchPort): Of10Port {
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

export function statistics10(
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
