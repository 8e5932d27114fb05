// The rules that a switch has before any packet is seen: what goes to the controller, and the gate in front of every
// job's port. What a job's port may send at all is listed; all else it sends is dropped by the switch itself, so that
// neither tags nor spoofed addresses nor unknown protocols cost the controller anything.
//
//   priority 300  all from a port that is held for a while (port-storms.ts): drop
//   priority 200  LLDP and link-local protocols: drop
//   priority 100  decided packets (single-table.ts)
//   priority  20  at a job's port, from the job's own MAC and addresses: to the controller
//   priority  15  at a job's port, what an interface needs to get an address: to the controller
//   priority  10  at a job's port, all else: drop
//   priority   0  to the controller

import { type IpAddress, isIpv4, type Prefix, parsePrefix } from '../../protocols/packet/address.ts';
import { EtherType, Icmpv6Type, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import type { PlacedJob } from '../network/job-table.ts';
import {
  DROP,
  type FlowMatch,
  type FlowRule,
  hostPrefix,
  type Output,
  TO_CONTROLLER,
} from '../southbound/flow-rule.ts';
import { makeCookie, RuleKind } from './cookie.ts';
import { hasOnlyTenant } from './decide.ts';
import type { ForwardingView } from './ends.ts';

export const Priority = { STORM: 300, RESERVED: 200, DECIDED: 100, JOB: 20, BOOTSTRAP: 15, GATE: 10, MISS: 0 } as const;

const UNSPECIFIED_V4 = hostPrefix(0 as IpAddress);
const UNSPECIFIED_V6 = hostPrefix(0n as IpAddress);
const LINK_LOCAL_V4 = parsePrefix('169.254.0.0/16') as Prefix;
const LINK_LOCAL_V6 = parsePrefix('fe80::/10') as Prefix;

export function baseRules(): FlowRule[] {
  return [askAboutAll(), rule(Priority.RESERVED, { ethType: EtherType.LLDP }, DROP, RuleKind.BASE)];
}

/** Where there is room for nothing else. */
export function askAboutAll(): FlowRule {
  return rule(Priority.MISS, {}, TO_CONTROLLER, RuleKind.BASE);
}

/** The gate in front of one job's port. */
export function gateRules(view: ForwardingView, portNo: number): FlowRule[] {
  const jobs = [...view.jobs.at(view.state.dpid, portNo)];
  const passes = (priority: number) => (match: FlowMatch) =>
    rule(priority, { inPort: portNo, vlan: 'none', ...match }, TO_CONTROLLER, RuleKind.GATE);
  // One job to an interface of its own has the whole port; a machine's port may have others starting beside it.
  return [
    rule(Priority.GATE, { inPort: portNo }, DROP, RuleKind.GATE),
    ...jobs.flatMap((placed) => jobMatches(view, placed)).map(passes(Priority.JOB)),
    ...(hasOnlyTenant(view, portNo) ? [] : bootstrapMatches(view).map(passes(Priority.BOOTSTRAP))),
  ];
}

/** What a job may send: IPv4, ARP and IPv6 from its own addresses, and from the local addresses of its interface. */
function jobMatches(view: ForwardingView, placed: PlacedJob): FlowMatch[] {
  const own = placed.mac === undefined ? {} : { ethSrc: placed.mac };
  const ipv4 = [...placed.job.addresses.filter(isIpv4).map(hostPrefix), UNSPECIFIED_V4, LINK_LOCAL_V4];
  const ipv6 = [
    ...placed.job.addresses.filter((address) => !isIpv4(address)).map(hostPrefix),
    UNSPECIFIED_V6,
    LINK_LOCAL_V6,
  ];
  const arp = view.state.canMatchArp
    ? ipv4.map((arpSpa) => ({ ...own, ethType: EtherType.ARP, arpSpa }))
    : [{ ...own, ethType: EtherType.ARP }];
  return [
    ...ipv4.map((ipSrc) => ({ ...own, ethType: EtherType.IPV4, ipSrc })),
    ...arp,
    ...ipv6Matches(view, placed, own, ipv6),
  ];
}

function ipv6Matches(view: ForwardingView, placed: PlacedJob, own: FlowMatch, sources: readonly Prefix[]): FlowMatch[] {
  if (view.state.version === 4) return sources.map((ipSrc) => ({ ...own, ethType: EtherType.IPV6, ipSrc }));
  // 1.0 cannot match IPv6 addresses: nothing passes, unless nothing is denied to this job.
  return view.policy.allowsAll(placed) ? [{ ...own, ethType: EtherType.IPV6 }] : [];
}

/** DHCP, ARP, router solicitation and duplicate address detection of whoever has no registered address yet. */
function bootstrapMatches(view: ForwardingView): FlowMatch[] {
  const ipv4 = { ethType: EtherType.IPV4, ipProto: IpProto.UDP, udpSrc: 68, udpDst: 67 };
  const arp = { ethType: EtherType.ARP };
  if (view.state.version === 1) return [ipv4, arp];
  const icmpv6 = { ethType: EtherType.IPV6, ipProto: IpProto.ICMPV6 };
  return [
    ipv4,
    arp,
    { ethType: EtherType.IPV6, ipProto: IpProto.UDP, udpSrc: 546, udpDst: 547 },
    { ...icmpv6, icmpv6Type: Icmpv6Type.ROUTER_SOLICITATION },
    { ...icmpv6, icmpv6Type: Icmpv6Type.NEIGHBOR_SOLICITATION, ipSrc: UNSPECIFIED_V6 },
  ];
}

function rule(priority: number, match: FlowMatch, outputs: readonly Output[], kind: RuleKind): FlowRule {
  return { priority, match, outputs, cookie: makeCookie(kind), idleTimeoutSec: 0, hardTimeoutSec: 0 };
}
