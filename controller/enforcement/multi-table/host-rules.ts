// The rules that follow from where one MAC address was seen: what it sends from there may go on, and what is for it goes
// there. They last as long as the host is heard of: the switch's idle time-out is the ageing of its place.

import type { MacAddress } from '../../../protocols/packet/address.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import { type MultiTableContext, ruleMaker } from './context.ts';
import { FROM_REMOTE_JOB, outPort, Table } from './layout.ts';
import { Ingress, Level } from './levels.ts';

/** A host that was silent for so long is asked about anew. */
export const HOST_IDLE_TIMEOUT_SEC = 300;

const rule = ruleMaker(RuleKind.HOST);

export function hostRules(context: MultiTableContext, mac: MacAddress): FlowRule[] {
  const { jobs, state } = context.view;
  const portNo = state.hosts.portOf(mac);
  const role = portNo === undefined ? undefined : state.roleOf(portNo);
  // What is seen at a job's port is nobody's that is known: the job itself has rules of its own.
  if (portNo === undefined || role === undefined || role === 'job') return [];
  const placed = jobs.byMac(mac);
  const from = { inPort: portNo, ethSrc: mac, vlan: 'none' } as const;
  const next = context.hasRegisters ? Table.ADDRESSES : Table.SENDER;
  const idle = { idleTimeoutSec: HOST_IDLE_TIMEOUT_SEC, goto: next };
  if (placed !== undefined) {
    const isRemote = placed.location !== undefined && placed.location.dpid !== state.dpid && role === 'fabric';
    return isRemote ? [rule(Table.INGRESS, Ingress.HOST, from, { ...idle, writeMetadata: FROM_REMOTE_JOB })] : [];
  }
  const index = context.portIndex(portNo);
  if (index === undefined) return [];
  return [
    rule(Table.INGRESS, Ingress.HOST, from, idle),
    rule(Table.SWITCHING, Level.ZONE, { ethDst: mac }, { writeMetadata: outPort(index), goto: Table.OUTPUT }),
  ];
}
