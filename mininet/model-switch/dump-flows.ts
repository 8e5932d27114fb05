// The flow tables as text, a flow a line, in the notation of `ovs-ofctl dump-flows`: for people, for a demonstration's
// tables, and for tests that compare.

import { formatActions, formatInstructions, formatMatch10, formatMatch13 } from 'node-openflow';
import type { Datapath } from './datapath.ts';
import type { FlowEntry } from './flow-table.ts';
import { instructionsTo10, matchTo10 } from './openflow10.ts';
import { instructionsTo13 } from './openflow13.ts';
import { matchTo13 } from './oxm.ts';

/** Every flow, in table order and highest priority first, in the terms of the version that is spoken. */
export function dumpFlows(datapath: Datapath, now: number): string {
  return Array.from(datapath.state.tables.entries(), (flow) => flowLine(flow, datapath.version, now)).join('\n');
}

function flowLine(flow: FlowEntry, version: 1 | 4, now: number): string {
  const counters = [
    `cookie=0x${flow.cookie.toString(16)}`,
    `duration=${((now - flow.createdAt) / 1000).toFixed(3)}s`,
    `table=${flow.tableId}`,
    `n_packets=${flow.packets}`,
    `n_bytes=${flow.bytes}`,
    ...(flow.idleTimeout === 0 ? [] : [`idle_timeout=${flow.idleTimeout}`]),
    ...(flow.hardTimeout === 0 ? [] : [`hard_timeout=${flow.hardTimeout}`]),
    ...(flow.flags.sendFlowRemoved ? ['send_flow_rem'] : []),
  ].join(', ');
  return `${counters}, ${flowText(flow, version)}`;
}

/** A flow without its counters: `priority=10,ip,nw_src=10.0.0.1 actions=output:2`. */
export function flowText(flow: FlowEntry, version: 1 | 4): string {
  const match = version === 1 ? formatMatch10(matchTo10(flow.match)) : formatMatch13(matchTo13(flow.match));
  const actions =
    version === 1
      ? formatActions(instructionsTo10(flow.instructions))
      : formatInstructions(instructionsTo13(flow.instructions));
  return `${[`priority=${flow.priority}`, ...(match === '' ? [] : [match])].join()} actions=${actions}`;
}
