// The rules that follow from one port: what it lets in at all if it is a job's, and how a frame leaves by it.

import type { IpAddress } from '../../../protocols/packet/address.ts';
import { EtherType, Icmpv6Type, IpProto } from '../../../protocols/packet/protocol-numbers.ts';
import { type FlowMatch, type FlowRule, hostPrefix, joined } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import { hasOnlyTenant } from '../decide.ts';
import { drop, type MultiTableContext, ruleMaker, toController } from './context.ts';
import { both, FROM_JOB_PORT, HAS_OUT_PORT, IS_QUESTION, outPort, queue, Table } from './layout.ts';
import { Delivery, Ingress, Level, VerdictLevel } from './levels.ts';

const rule = ruleMaker(RuleKind.GATE);

export function portRules(context: MultiTableContext, portNo: number): FlowRule[] {
  const role = context.view.state.roleOf(portNo);
  if (role === undefined) return [];
  const gate = role === 'job' ? gateRules(context, portNo) : [];
  const leadsToJobs = context.hasRegisters && (role === 'job' || role === 'fabric');
  return [
    ...gate,
    ...(leadsToJobs ? questionRules(context, portNo) : []),
    ...(context.hasRegisters && role === 'job' ? [] : outputRules(context, portNo)),
  ];
}

/**
 * With registers: a question for a job leaves by the job's port. One that came in by that same port may be a job's own
 * announcement, which is for everybody who may hear it, whatever the verdict between the job and itself.
 */
function questionRules(context: MultiTableContext, portNo: number): FlowRule[] {
  const index = context.portIndex(portNo);
  if (index === undefined) return [];
  const metadata = both(IS_QUESTION, HAS_OUT_PORT, outPort(index));
  return [
    rule(Table.VERDICT, VerdictLevel.ANNOUNCEMENT, { inPort: portNo, ethType: EtherType.ARP, metadata }, toController),
    rule(Table.OUTPUT, Delivery.JOB, { metadata }, { outputs: [{ port: portNo }] }),
  ];
}

/** Untagged IPv4, ARP and IPv6 go on; tags, MPLS and every other EtherType end here. */
function gateRules({ view, hasRegisters }: MultiTableContext, portNo: number): FlowRule[] {
  const untagged = { inPort: portNo, vlan: 'none' } as const;
  const enter = (match: FlowMatch, goto: number) =>
    rule(Table.INGRESS, Ingress.JOB_PORT, joined(untagged, match), { writeMetadata: FROM_JOB_PORT, goto });
  // With registers the next table tells the EtherTypes apart, and drops the rest.
  const entries = hasRegisters
    ? [enter({}, Table.ADDRESSES)]
    : [EtherType.IPV4, EtherType.ARP, EtherType.IPV6].map((ethType) => enter({ ethType }, Table.SENDER));
  const strangers = hasOnlyTenant(view, portNo)
    ? []
    : bootstrap().map((match) => rule(Table.SENDER, Level.BOOTSTRAP, { inPort: portNo, ...match }, toController));
  return [rule(Table.INGRESS, Ingress.GATE, { inPort: portNo }, drop), ...entries, ...strangers];
}

/** What an interface sends to get an address. Neighbour discovery goes to the controller anyway. */
function bootstrap(): FlowMatch[] {
  return [
    { ethType: EtherType.IPV4, ipProto: IpProto.UDP, udpSrc: 68, udpDst: 67 },
    { ethType: EtherType.ARP },
    { ethType: EtherType.IPV6, ipProto: IpProto.UDP, udpSrc: 546, udpDst: 547 },
    {
      ethType: EtherType.IPV6,
      ipProto: IpProto.ICMPV6,
      icmpv6Type: Icmpv6Type.NEIGHBOR_SOLICITATION,
      ipSrc: hostPrefix(0n as IpAddress),
    },
  ];
}

function outputRules(context: MultiTableContext, portNo: number): FlowRule[] {
  const index = context.portIndex(portNo);
  if (index === undefined) return [];
  const { wan } = context.view.state;
  const queues = wan?.portNo === portNo ? [...wan.queues] : [];
  return [
    rule(Table.OUTPUT, Delivery.PORT, { metadata: outPort(index) }, { outputs: [{ port: portNo }] }),
    ...queues.flatMap(([name, { id }]) => {
      const queueIndex = context.queueIndex(name);
      if (queueIndex === undefined) return [];
      const metadata = both(outPort(index), queue(queueIndex));
      return [rule(Table.OUTPUT, Delivery.QUEUE, { metadata }, { outputs: [{ port: portNo, queueId: id }] })];
    }),
  ];
}
