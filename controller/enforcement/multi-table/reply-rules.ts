// The table REPLIES: what a verdict with `connections: replies` lets through. ARP and neighbour discovery are spoken in both
// directions. For the rest, where the switch tracks connections, the packets of the side that may open them come here too
// and are committed; the other side's are looked up, and pass only as replies within a connection, of whatever protocol,
// or as ICMP errors about one. Elsewhere TCP that acknowledges or resets passes, since it opens no connection; a switch
// that cannot even match TCP flags refuses those rules, and asks about every packet that may only be a reply.

import { EtherType, IpProto } from '../../../protocols/packet/protocol-numbers.ts';
import type { FlowMatch, FlowRule } from '../../southbound/flow-rule.ts';
import { REPLY_MARK, REPLY_PORT } from '../../southbound/rule-messages.ts';
import { RuleKind } from '../cookie.ts';
import { needsConnections, tracksConnections } from '../tracks-connections.ts';
import { discovery } from './addresses.ts';
import { drop, type MultiTableContext, type RuleBody, ruleMaker, toController } from './context.ts';
import { Table } from './layout.ts';
import { ReplyLevel } from './levels.ts';

/** Marks the packets of the side that may open connections. */
export const OPENING = { value: 1, to: 'reg6' } as const;

const IP = [{ ethType: EtherType.IPV4 }, { ethType: EtherType.IPV6 }] as const;
const TCP_ACK = 0x10;
const TCP_RST = 0x04;

const rule = ruleMaker(RuleKind.BASE);
const replies = (priority: number, match: FlowMatch, body: RuleBody) => rule(Table.REPLIES, priority, match, body);
const pass = { goto: Table.SWITCHING } as const;

export function repliesRules({ view }: MultiTableContext): FlowRule[] {
  if (!needsConnections(view)) return [];
  const arp = replies(ReplyLevel.DISCOVERY, { ethType: EtherType.ARP }, pass);
  return [arp, ...(tracksConnections(view) ? trackingRules() : flagRules())];
}

function flagRules(): FlowRule[] {
  const tcp = IP.map((version) => ({ ...version, ipProto: IpProto.TCP }));
  return [TCP_ACK, TCP_RST].flatMap((tcpFlag) =>
    tcp.map((match) => ({ ...replies(ReplyLevel.REPLY, { ...match, tcpFlag }, pass), isOptional: true })),
  );
}

function trackingRules(): FlowRule[] {
  const found = ['reply', 'error'] as const;
  return [
    ...IP.map((version) =>
      replies(ReplyLevel.OPENING, { ...version, [OPENING.to]: OPENING.value }, { ...pass, tracking: 'commit' }),
    ),
    ...discovery().map((match) => replies(ReplyLevel.DISCOVERY, match, toController)),
    // What the controller sends as a reply has its port with it.
    ...found.map((connection) =>
      replies(ReplyLevel.PACKET_OUT, { connection, [REPLY_MARK]: 1 }, { outputTo: REPLY_PORT }),
    ),
    ...found.map((connection) => replies(ReplyLevel.REPLY, { connection }, pass)),
    ...IP.map((version) =>
      replies(ReplyLevel.LOOK_UP, { ...version, connection: 'untracked' }, { tracking: { lookUpFor: Table.REPLIES } }),
    ),
    replies(ReplyLevel.NO_REPLY, { connection: 'tracked' }, drop),
  ];
}
