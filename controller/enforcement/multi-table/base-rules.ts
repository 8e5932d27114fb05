// The rules that follow from the file alone: what goes to the controller because only a packet's body can tell, and the
// classes of the addresses that are no jobs', by longest prefix.

import { isIpv4, type Prefix, parsePrefix } from '../../../protocols/packet/address.ts';
import { EtherType, IpProto } from '../../../protocols/packet/protocol-numbers.ts';
import type { FlowMatch, FlowRule } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import { tracksConnections } from '../tracks-connections.ts';
import { ADVERTISEMENT, addressRules, discovery } from './addresses.ts';
import { drop, type MultiTableContext, type RuleBody, ruleMaker, toController } from './context.ts';
import {
  destinationClass,
  FROM_HOST,
  FROM_JOB_PORT,
  FROM_REMOTE_JOB,
  HAS_OUT_PORT,
  sourceClass,
  Table,
} from './layout.ts';
import { Delivery, Level } from './levels.ts';
import { repliesRules } from './reply-rules.ts';

const IPV4 = { ethType: EtherType.IPV4 } as const;
const IPV6 = { ethType: EtherType.IPV6 } as const;
const UDP4 = { ...IPV4, ipProto: IpProto.UDP } as const;
const UDP6 = { ...IPV6, ipProto: IpProto.UDP } as const;

/** Addresses that mean something on their link alone, or nothing (see isLocalAddress). */
const LOCAL_PREFIXES = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fe80::/10',
  'ff00::/8',
].map((text) => parsePrefix(text) as Prefix);

const rule = ruleMaker(RuleKind.BASE);

export function baseRules(context: MultiTableContext): FlowRule[] {
  const { hasRegisters, asksAboutUnknown } = context;
  const tables = Object.values(Table).filter((table) => hasRegisters || table !== Table.ADDRESSES);
  const nobody = asksAboutUnknown ? toController : drop;
  return [
    ...tables.map((table) => rule(table, Level.MISS, {}, missOf(context, table))),
    ...(hasRegisters
      ? [...addressRules(), rule(Table.OUTPUT, Delivery.NOBODY, { metadata: HAS_OUT_PORT }, nobody)]
      : []),
    ...ingressRules(),
    ...senderRules(context),
    ...recipientRules(context),
    ...repliesRules(context),
    ...switchingRules(),
  ];
}

/** All of a switch that `baseRules` looks at: where this is the same, so are the rules. */
export function baseKey({ view, known, hasRegisters, asksAboutUnknown }: MultiTableContext): string {
  return [hasRegisters, asksAboutUnknown, known.isAll, tracksConnections(view)].join();
}

/** Where there is room for nothing else. */
export function askAboutAll(): FlowRule {
  return rule(Table.INGRESS, Level.MISS, {}, toController);
}

/** What the controller sends as a reply is looked up there: if it came back as a miss, it would do so for ever. */
function missOf({ view }: MultiTableContext, table: number): RuleBody {
  return table === Table.REPLIES && tracksConnections(view) ? drop : toController;
}

function ingressRules(): FlowRule[] {
  return [
    rule(Table.INGRESS, 200, { ethType: EtherType.LLDP }, drop),
    rule(Table.INGRESS, 200, { isReserved: true }, drop),
  ];
}

function senderRules({ view, asksAboutUnknown }: MultiTableContext): FlowRule[] {
  const unknown = asksAboutUnknown ? toController : drop;
  const sender = (priority: number, match: FlowMatch, body: Parameters<typeof rule>[3]) =>
    rule(Table.SENDER, priority, match, body);
  return [
    // Neighbour discovery says in its body whose address it speaks of; what a job's own rules do not know goes up.
    ...discovery().map((match) => sender(Level.DISCOVERY, match, toController)),
    ...LOCAL_PREFIXES.map((ipSrc) => sender(Level.LOCAL, { ...ofVersion(ipSrc), ipSrc }, toController)),
    // A job's ARP probe, before it uses its address.
    sender(
      Level.LOCAL,
      { ethType: EtherType.ARP, metadata: FROM_JOB_PORT, arpSpa: parsePrefix('0.0.0.0/32') as Prefix },
      toController,
    ),
    sender(
      Level.LOCAL,
      { ethType: EtherType.ARP, metadata: FROM_JOB_PORT, arpSpa: parsePrefix('169.254.0.0/16') as Prefix },
      toController,
    ),
    sender(Level.REST, { metadata: FROM_JOB_PORT }, unknown),
    sender(Level.REST, { metadata: FROM_REMOTE_JOB }, toController),
    ...view.policy.config.jobs.ranges.flatMap((ipSrc) => [
      sender(Level.BOOTSTRAP, { ...request(ipSrc), metadata: FROM_HOST, ipSrc }, toController),
      sender(Level.RANGE, { ...ofVersion(ipSrc), metadata: FROM_HOST, ipSrc }, unknown),
    ]),
    ...view.policy.blocks().map(({ prefix, endpointClass }) =>
      sender(
        Level.ZONE + prefix.length,
        { ...ofVersion(prefix), metadata: FROM_HOST, ...sourceIn(prefix) },
        {
          writeMetadata: sourceClass(endpointClass.id),
          goto: Table.RECIPIENT,
        },
      ),
    ),
  ];
}

function recipientRules({ view, known, asksAboutUnknown }: MultiTableContext): FlowRule[] {
  const unknown = asksAboutUnknown ? toController : drop;
  const recipient = (priority: number, match: FlowMatch, body: Parameters<typeof rule>[3]) =>
    rule(Table.RECIPIENT, priority, match, body);
  return [
    // An advertisement has passed only if its sender owns what it speaks of: a job may have it, others are asked for.
    ...discovery().map((match) =>
      recipient(match === ADVERTISEMENT ? Level.LOCAL : Level.DISCOVERY, match, toController),
    ),
    recipient(Level.GROUP, { isGroup: true }, toController),
    ...LOCAL_PREFIXES.map((ipDst) => recipient(Level.LOCAL, { ...ofVersion(ipDst), ipDst }, toController)),
    recipient(Level.LOCAL, { ethType: EtherType.ARP }, toController),
    ...view.policy.config.jobs.ranges.flatMap((ipDst) => [
      recipient(Level.BOOTSTRAP, { ...reply(ipDst), ipDst }, toController),
      recipient(Level.RANGE, { ...ofVersion(ipDst), ipDst }, unknown),
      // It may be a job's that only those who are no jobs can reach from here.
      ...(known.isAll
        ? []
        : [recipient(Level.RANGE + 1, { ...ofVersion(ipDst), metadata: FROM_HOST, ipDst }, toController)]),
    ]),
    ...view.policy.blocks().map(({ prefix, endpointClass }) =>
      recipient(
        Level.ZONE + prefix.length,
        { ...ofVersion(prefix), ...destinationIn(prefix) },
        {
          writeMetadata: destinationClass(endpointClass.id),
          goto: Table.VERDICT,
        },
      ),
    ),
  ];
}

function switchingRules(): FlowRule[] {
  return [rule(Table.SWITCHING, Level.JOB, { metadata: HAS_OUT_PORT }, { goto: Table.OUTPUT })];
}

function ofVersion({ network }: Prefix): FlowMatch {
  return isIpv4(network) ? IPV4 : IPV6;
}

/** DHCP to a server, and from one. */
function request({ network }: Prefix): FlowMatch {
  return isIpv4(network) ? { ...UDP4, udpSrc: 68, udpDst: 67 } : { ...UDP6, udpSrc: 546, udpDst: 547 };
}

function reply({ network }: Prefix): FlowMatch {
  return isIpv4(network) ? { ...UDP4, udpSrc: 67, udpDst: 68 } : { ...UDP6, udpSrc: 547, udpDst: 546 };
}

/** The block of all addresses is matched by the EtherType alone. */
const sourceIn = (prefix: Prefix): FlowMatch => (prefix.length === 0 ? {} : { ipSrc: prefix });
const destinationIn = (prefix: Prefix): FlowMatch => (prefix.length === 0 ? {} : { ipDst: prefix });
