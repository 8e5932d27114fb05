// How much has gone through each queue of a switch's ports, in either version. 1.3 has a duration, too, which Open vSwitch
// 3.1 fills with whatever: it is not read.

import { widenPort } from '../network/port-numbers.ts';
import type { WireVersion } from './negotiation.ts';
import type { Outgoing, StatsReply } from './switch-connection.ts';

export interface SwitchQueue {
  /** Of 32 bits, as in 1.3. */
  readonly portNo: number;
  readonly queueId: number;
  readonly txBytes: bigint;
  readonly txPackets: bigint;
  /** Packets that were dropped for want of room. */
  readonly txErrors: bigint;
}

/** OFPP_ALL (OF1.0 §5.3.5), OFPP_ANY (OF1.3.5 §7.3.5.8) and OFPQ_ALL. */
const ALL_PORTS_10 = 0xfffc;
const ANY_PORT_13 = 0xffffffff;
const ALL_QUEUES = 0xffffffff;

export function queueStatsRequest(version: WireVersion): Outgoing {
  if (version === 1) {
    const body = { stats: 'queue' as const, portNo: ALL_PORTS_10, queueId: ALL_QUEUES };
    return { version, type: 'statsRequest', flags: 0, body };
  }
  const body = { multipart: 'queue' as const, portNo: ANY_PORT_13, queueId: ALL_QUEUES };
  return { version, type: 'multipartRequest', flags: 0, body };
}

export function readQueueStats(reply: StatsReply): SwitchQueue[] {
  if (reply.type === 'statsReply') {
    if (reply.body.stats !== 'queue') return [];
    return reply.body.entries.map((entry) => ({ ...counts(entry), portNo: widenPort(entry.portNo) }));
  }
  if (reply.body.multipart !== 'queue') return [];
  return reply.body.entries.map((entry) => ({ ...counts(entry), portNo: entry.portNo }));
}

function counts({ queueId, txBytes, txPackets, txErrors }: Omit<SwitchQueue, 'portNo'>) {
  return { queueId, txBytes, txPackets, txErrors };
}
