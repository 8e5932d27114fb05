// The rules that follow from one job: as a sender its own addresses with its own MAC from its own port (or, if it is at
// another switch, from the fabric), and as a recipient its addresses with its MAC. Of an address that is a job's, all
// that these do not match falls to the ranges' drop or goes to the controller.

import { type IpAddress, isIpv4 } from '../../../protocols/packet/address.ts';
import { EtherType, Icmpv6Type, IpProto } from '../../../protocols/packet/protocol-numbers.ts';
import type { PlacedJob } from '../../network/job-table.ts';
import { type FlowMatch, type FlowRule, hostPrefix, joined } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import { addressedTo, claiming, destinationsOf, expectMac, ownSourcesOf, sourcesOf } from './addresses.ts';
import { drop, type MultiTableContext, ruleMaker, toController } from './context.ts';
import {
  both,
  destinationClass,
  FROM_HOST,
  FROM_REMOTE_JOB,
  HAS_OUT_PORT,
  outPort,
  sourceClass,
  Table,
} from './layout.ts';
import { Delivery, Level } from './levels.ts';

const rule = ruleMaker(RuleKind.JOB);
const SOLICITATION = {
  ethType: EtherType.IPV6,
  ipProto: IpProto.ICMPV6,
  icmpv6Type: Icmpv6Type.NEIGHBOR_SOLICITATION,
} as const;
const ADVERTISEMENT = { ...SOLICITATION, icmpv6Type: Icmpv6Type.NEIGHBOR_ADVERTISEMENT } as const;

export function jobRules(context: MultiTableContext, placed: PlacedJob): FlowRule[] {
  const { mac } = placed;
  // Another address behind the job's MAC is nobody's.
  const contradiction = mac === undefined ? [] : [rule(Table.RECIPIENT, Level.REST, { ethDst: mac }, drop)];
  const ofAddresses = placed.job.addresses.flatMap((address) => {
    const { id } = context.view.policy.classOf({ kind: 'job', job: placed.job, address });
    // A host that was seen has no job's address, nor is a job that it hides: the ranges drop what they know of by themselves.
    const isDropped = mac !== undefined && context.view.policy.isInRanges(address);
    const fromHosts = isDropped
      ? []
      : packetsFrom(context, address).map((match) => ({ metadata: FROM_HOST, ...match }));
    return [
      ...senderRules(context, placed, address, id),
      ...fromHosts.map((match) => rule(Table.SENDER, Level.JOB - 1, match, toController)),
      ...recipientRules(context, placed, address, id),
    ];
  });
  return [...ofAddresses, ...contradiction, ...deliveryRules(context, placed)];
}

/** With registers, whom an address is for is told without its MAC: a frame leaves for the job only if it is addressed to it. */
function deliveryRules(context: MultiTableContext, placed: PlacedJob): FlowRule[] {
  const portNo = context.outPortOf(placed);
  const index = portNo === undefined ? undefined : context.portIndex(portNo);
  const { mac } = placed;
  if (!context.hasRegisters || portNo === undefined || index === undefined || mac === undefined) return [];
  const metadata = both(HAS_OUT_PORT, outPort(index));
  return [rule(Table.OUTPUT, Delivery.JOB, { metadata, ...addressedTo(mac) }, { outputs: [{ port: portNo }] })];
}

function senderRules(context: MultiTableContext, placed: PlacedJob, address: IpAddress, classId: number): FlowRule[] {
  const { view, hasRegisters } = context;
  const { location, mac } = placed;
  // Without a port, or a MAC, each packet is the controller's: ingress lets none of them pass by a rule of its host.
  if (location === undefined) return [];
  const isHere = location.dpid === view.state.dpid;
  const at: FlowMatch = isHere ? { inPort: location.portNo } : { metadata: FROM_REMOTE_JOB };
  if (mac === undefined)
    return isHere
      ? packetsFrom(context, address).map((match) => rule(Table.SENDER, Level.JOB, joined(at, match), toController))
      : [];
  const own = { ...at, ethSrc: mac };
  const known = { writeMetadata: sourceClass(classId), goto: Table.RECIPIENT };
  const sender = (match: FlowMatch, priority: number = Level.EXACT) =>
    rule(Table.SENDER, priority, joined(own, match), known);
  const prefix = hostPrefix(address);
  if (isIpv4(address)) {
    const senders = ownSourcesOf(context, address, mac);
    // An announcement is for everybody who may hear it. With registers the port's own rule tells it: see port-rules.ts.
    const announcements = hasRegisters ? [] : senders.filter(({ ethType }) => ethType === EtherType.ARP);
    return [
      ...senders.map((match) => sender(match)),
      ...announcements.map((match) =>
        rule(Table.SENDER, Level.EXACT + 1, joined(own, match, { arpTpa: prefix }), toController),
      ),
    ];
  }
  const ip = { ethType: EtherType.IPV6, ipSrc: prefix };
  return [
    ...(hasRegisters
      ? [sender(joined(ip, claiming(mac)))]
      : [sender(ip, Level.JOB), sender({ ipSrc: prefix, ndSll: mac, ...SOLICITATION })]),
    sender({ ipSrc: prefix, ndTarget: address, ndTll: mac, ...ADVERTISEMENT }),
  ];
}

function recipientRules(
  context: MultiTableContext,
  placed: PlacedJob,
  address: IpAddress,
  classId: number,
): FlowRule[] {
  const portNo = context.outPortOf(placed);
  const index = portNo === undefined ? undefined : context.portIndex(portNo);
  const { mac } = placed;
  const prefix = hostPrefix(address);
  if (index === undefined || mac === undefined) {
    return packetsTo(context, address).map((match) => rule(Table.RECIPIENT, Level.JOB, match, toController));
  }
  const known = {
    ...(context.hasRegisters && { loads: expectMac(mac) }),
    writeMetadata: both(destinationClass(classId), HAS_OUT_PORT, outPort(index)),
    goto: Table.VERDICT,
  };
  const recipient = (match: FlowMatch, priority: number = Level.EXACT) => rule(Table.RECIPIENT, priority, match, known);
  // Its address behind another's MAC: in the ranges that is dropped as any unknown address is.
  const otherwise = context.view.policy.isInRanges(address)
    ? []
    : packetsTo(context, address).map((match) => rule(Table.RECIPIENT, Level.JOB, match, toController));
  if (isIpv4(address) && context.hasRegisters) return [recipient({ reg1: address }), ...otherwise];
  if (isIpv4(address)) {
    return [
      recipient({ ethDst: mac, ethType: EtherType.IPV4, ipDst: prefix }),
      recipient({ ethDst: mac, ethType: EtherType.ARP, arpTpa: prefix }),
      recipient({ isGroup: true, ethType: EtherType.ARP, arpTpa: prefix }),
      ...otherwise,
    ];
  }
  return [
    recipient({ ethDst: mac, ethType: EtherType.IPV6, ipDst: prefix }, Level.JOB + 1),
    recipient({ ethDst: mac, ...SOLICITATION, ipDst: prefix, ndTarget: address }),
    recipient({ isGroup: true, ...SOLICITATION, ndTarget: address }),
    ...otherwise,
  ];
}

function packetsFrom(context: MultiTableContext, address: IpAddress): FlowMatch[] {
  if (isIpv4(address)) return sourcesOf(context, address);
  return [{ ethType: EtherType.IPV6, ipSrc: hostPrefix(address) }];
}

function packetsTo(context: MultiTableContext, address: IpAddress): FlowMatch[] {
  if (isIpv4(address)) return destinationsOf(context, address);
  return [{ ethType: EtherType.IPV6, ipDst: hostPrefix(address) }];
}
