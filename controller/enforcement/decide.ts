// The forwarding decision: the fate of one frame at one switch, as a pure function of what Lark knows. It is the
// general path of the single-table pipeline, and what a rule may be held against: the match that it returns names every
// field that the fate was decided on, so every packet of the rule would have had this fate.
//
// ARP, neighbour discovery and all broadcasts are decided packet by packet: their bodies matter, and who may hear them
// changes with every job. OpenFlow 1.0 cannot match IPv6 addresses, so there IPv6 is, too.

import { isGroupMac, isLocalAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import { EtherType, Icmpv6Type } from '../../protocols/packet/protocol-numbers.ts';
import type { FlowMatch, Output } from '../southbound/flow-rule.ts';
import { type Arrival, addressMatch, linkMatch, matchWithoutBootstrap, senderMatch } from './decided-match.ts';
import { broadcastOutputs, floodPastJobs, floodToFabric, isUnheard, outputsToJobs, outputTo } from './delivery.ts';
import type { JudgedEndpoint } from './endpoint-classes.ts';
import {
  addressee,
  destinationAddress,
  type ForwardingView,
  identifyRecipient,
  identifySender,
  isNeighbourDiscovery,
  type Recipient,
  type Sender,
} from './ends.ts';
import { dropped, type Fate, forwarded, heard } from './fate.ts';
import { inVlan, isInItsVlan, vlanOf } from './tags.ts';
import { tracksConnections } from './tracks-connections.ts';
import {
  askedAddress,
  isAnnouncement,
  isBootstrapReply,
  isBootstrapRequest,
  isReserved,
  isRouterMessage,
  mayBeReply,
} from './traffic.ts';
import type { Verdict } from './verdict.ts';

export function decide(view: ForwardingView, frame: Frame, inPort: number): Fate {
  const role = view.state.roleOf(inPort);
  if (role === undefined || frame.fault === 'ETH_TRUNCATED' || isGroupMac(frame.ethSrc)) return dropped('malformed');
  if (isReserved(frame)) return dropped('reserved', { match: { ethDst: frame.ethDst } });
  if (frame.matchType === EtherType.LLDP) return dropped('reserved');
  const isAddressed = frame.tagCount <= 1 && ['arp', 'ipv4', 'ipv6'].includes(frame.kind);
  if (role === 'job' && (frame.tagCount > 0 || !isAddressed)) return dropped('gate');
  if (frame.kind === 'malformed' || frame.fault === 'ND_BAD_MESSAGE') return dropped('malformed');
  if (!isAddressed) return decideUnaddressed(view, frame, inPort);
  return decideAddressed(view, { frame, inPort, role });
}

/** Neither IP nor ARP, or beneath more than one tag: passes between those who are no jobs, by MAC. */
function decideUnaddressed(view: ForwardingView, frame: Frame, inPort: number): Fate {
  const { jobs, state } = view;
  if (jobs.byMac(frame.ethSrc) !== undefined || jobs.byMac(frame.ethDst) !== undefined) return dropped('gate');
  const learned = frame.ethSrc;
  if (isGroupMac(frame.ethDst)) return orNobody(floodPastJobs(view, inPort, undefined), { learned });
  const port = state.hosts.portOf(frame.ethDst);
  if (port === undefined) return orNobody(floodPastJobs(view, inPort, undefined), { learned });
  if (state.roleOf(port) === 'job') return dropped('delivery', { learned });
  if (port === inPort) return dropped('same-port', { learned });
  // 802.3 frames have no EtherType of their own to match on.
  const match = frame.matchType === EtherType.NONE || frame.isSnap ? undefined : linkMatch(frame, inPort);
  return forwarded([{ port }], { learned, match });
}

function decideAddressed(view: ForwardingView, packet: Arrival): Fate {
  const { frame, inPort, role } = packet;
  const sender = identifySender(view, frame, inPort, role);
  if (sender.kind === 'spoofed') {
    return dropped('spoofed', { match: sender.inBody ? undefined : addressMatch(view, packet) });
  }
  if (sender.kind === 'unregistered') return frame.tagCount > 0 ? dropped('gate') : decideUnregistered(view, packet);
  if (isRouterMessage(frame) && role === 'job') return dropped('gate');

  const learned = sender.kind === 'job' && isLocatedHere(view, sender) ? undefined : frame.ethSrc;
  const binds =
    sender.kind === 'job' && sender.placed.mac === undefined ? { placed: sender.placed, mac: frame.ethSrc } : undefined;
  const narrow = isGroupMac(frame.ethDst)
    ? decideGroup(view, packet, sender.endpoint)
    : decideUnicast(view, packet, sender.endpoint);
  // What is not in the job's VLAN tells nothing of it.
  if (frame.tagCount > 0 && sender.kind === 'job' && narrow.outputs.length === 0) return narrow;
  const fate = isDeniedAll(view, sender, narrow) ? asWideAs(senderMatch(view, packet), narrow) : narrow;
  if (frame.kind === 'ipv6' && view.state.version === 1) {
    return heard(onlyIfFree(view, packet, sender, fate), { learned, binds, dscp: undefined });
  }
  return heard(fate, { learned, binds, dscp: frame.kind === 'arp' ? undefined : markOf(fate) });
}

/** A job that is here, has its MAC, and may talk to nobody: whatever it sends has this fate. */
function isDeniedAll(view: ForwardingView, sender: Sender, fate: Fate): boolean {
  if (sender.kind !== 'job' || fate.dropReason !== 'policy' || sender.placed.mac === undefined) return false;
  return isLocatedHere(view, sender) && view.policy.deniesAllFrom(sender.endpoint);
}

function asWideAs(match: FlowMatch | undefined, fate: Fate): Fate {
  return match === undefined ? fate : { ...fate, match, isWide: true };
}

/** Every switch that a packet crosses writes the same, since the verdict is the same everywhere. OpenFlow 1.0 cannot mark IPv6. */
function markOf({ verdict, outputs }: Fate): number | undefined {
  return verdict?.action === 'forward' && outputs.length > 0 ? verdict.mark?.value : undefined;
}

/** An address of the jobs' that no job holds: DHCP, ARP and neighbour discovery for its own address, to no job's port. */
function decideUnregistered(view: ForwardingView, packet: Arrival): Fate {
  const { frame, inPort, role } = packet;
  if (frame.kind === 'ipv6' && view.state.version === 1) return dropped('gate');
  if (!isBootstrapRequest(frame) || hasOnlyTenant(view, inPort))
    return dropped('unregistered', { match: matchWithoutBootstrap(view, packet) });
  const isKnownHost = view.state.hosts.portOf(frame.ethSrc) !== undefined;
  const learned = role === 'job' && isKnownHost ? undefined : frame.ethSrc;
  const port = isGroupMac(frame.ethDst) ? undefined : view.state.hosts.portOf(frame.ethDst);
  if (port !== undefined && (port === inPort || view.state.roleOf(port) === 'job')) return dropped('delivery');
  const outputs = port === undefined ? floodPastJobs(view, inPort, undefined) : [{ port }];
  return orNobody(outputs, { learned });
}

function decideUnicast(view: ForwardingView, packet: Arrival, sender: JudgedEndpoint): Fate {
  const { frame, inPort } = packet;
  const destination = destinationAddress(frame);
  if (destination === undefined) return dropped('malformed');
  const recipient = identifyRecipient(view, destination, frame.ethDst);
  const match = addressMatch(view, packet);
  if (recipient.kind === 'unregistered') {
    return isBootstrapReply(frame) && sender.kind !== 'job'
      ? toUnregistered(view, frame, inPort)
      : dropped('unregistered', { match: matchWithoutBootstrap(view, packet) });
  }
  if (recipient.kind === 'contradiction') return dropped('delivery', { match });
  if (asksForAnother(view, frame, recipient)) return dropped('spoofed');
  const verdict = view.policy.verdict(sender, recipient.endpoint);
  if (verdict.action === 'drop') return dropped('policy', { verdict, match });
  if (!isInItsVlan(packet, verdict, sender.kind === 'job' || recipient.kind === 'job')) {
    return dropped('gate', { match });
  }
  // By no rule of this packet's own: its addresses do not tell a reply from the opening of a connection.
  const isRepliesOnly = verdict.connections !== undefined;
  const connection = connectionOf(view, frame, verdict, () => view.policy.verdict(recipient.endpoint, sender));
  if (isRepliesOnly && connection === undefined && !mayBeReply(frame)) return dropped('policy', { verdict });
  const fate =
    recipient.kind === 'job'
      ? deliverToJob(view, packet, recipient, verdict)
      : deliverToOther(view, packet, recipient.endpoint, verdict);
  const isPerPacket =
    isRepliesOnly ||
    connection !== undefined ||
    frame.kind === 'arp' ||
    isNeighbourDiscovery(frame) ||
    fate.match === undefined;
  const outputs = inVlan(view, frame, vlanOf(verdict), fate.outputs);
  return { ...fate, outputs, verdict, connection, match: isPerPacket ? undefined : match };
}

/** What the switch is to make of it, where it tracks connections. ARP and neighbour discovery open none. */
function connectionOf(
  view: ForwardingView,
  frame: Frame,
  verdict: Verdict,
  verdictBack: () => Verdict,
): Fate['connection'] {
  if (!tracksConnections(view) || frame.kind === 'arp' || isNeighbourDiscovery(frame)) return undefined;
  if (verdict.action === 'forward' && verdict.connections !== undefined) return 'reply';
  const back = verdictBack();
  return back.action === 'forward' && back.connections !== undefined ? 'opening' : undefined;
}

/** A unicast solicitation asks the one that it is addressed to: none else's address. */
function asksForAnother(view: ForwardingView, frame: Frame, recipient: Recipient): boolean {
  const { ndTarget } = frame;
  if (frame.icmpType !== Icmpv6Type.NEIGHBOR_SOLICITATION || ndTarget === undefined || isLocalAddress(ndTarget))
    return false;
  const asked = addressee(view, ndTarget);
  if (asked.kind === 'unregistered') return true;
  return recipient.kind === 'job' ? asked.kind !== 'job' || asked.placed !== recipient.placed : asked.kind === 'job';
}

// The two functions below mark with an (any) `match` that a rule may stand for the fate; the caller writes the match.
const MATCHABLE: FlowMatch = {};

function deliverToJob(
  view: ForwardingView,
  { frame, inPort }: Arrival,
  { placed }: Extract<Recipient, { kind: 'job' }>,
  verdict: Verdict,
): Fate {
  const { state } = view;
  const isHere = placed.location !== undefined && placed.location.dpid === state.dpid;
  const port = isHere ? placed.location?.portNo : state.hosts.portOf(frame.ethDst);
  if (port === undefined) {
    return orNobody(
      placed.location === undefined ? floodPastJobs(view, inPort, verdict) : floodToFabric(view, inPort),
      {},
    );
  }
  if (port === inPort) return dropped('same-port');
  const role = state.roleOf(port);
  if (!isHere && (placed.location === undefined ? role === 'job' : role !== 'fabric')) return dropped('delivery');
  // Until its MAC is known, one rule would stand for frames to any MAC.
  return forwarded([outputTo(view, port, verdict)], { match: placed.mac === undefined ? undefined : MATCHABLE });
}

function deliverToOther(
  view: ForwardingView,
  { frame, inPort, role }: Arrival,
  recipient: JudgedEndpoint,
  verdict: Extract<Verdict, { action: 'forward' }>,
): Fate {
  const { state } = view;
  if (verdict.via !== undefined && recipient.kind === 'zone' && recipient.zone === 'wan' && frame.kind !== 'arp') {
    const alternate = state.alternates.get(verdict.via.name);
    const isNamedHere = state.config?.wan?.alternates.has(verdict.via.name) === true;
    if (isNamedHere && alternate === undefined) return dropped('alternate-away');
    if (alternate !== undefined && alternate.portNo !== inPort && !isNeighbourDiscovery(frame)) {
      return forwarded([{ port: alternate.portNo, ethDst: alternate.gateway }], { match: MATCHABLE });
    }
  }
  const port = state.hosts.portOf(frame.ethDst);
  if (port === undefined) return orNobody(floodPastJobs(view, inPort, verdict), {});
  if (port === inPort) return dropped('same-port');
  const outRole = state.roleOf(port);
  if (outRole === 'job') {
    const isAnswer = isBootstrapReply(frame) && role !== 'job' && frame.tagCount === 0;
    return isAnswer ? forwarded([{ port }]) : dropped('delivery');
  }
  return forwarded([outputTo(view, port, verdict)], { match: MATCHABLE });
}

function decideGroup(view: ForwardingView, packet: Arrival, sender: JudgedEndpoint): Fate {
  const { frame, inPort } = packet;
  const asked = askedAddress(frame);
  const destination = asked ?? destinationAddress(frame);
  if (destination === undefined) return dropped('malformed');
  if (isLocalAddress(destination) || isAnnouncement(frame)) {
    const verdict = view.policy.verdict(sender, { kind: 'local', address: undefined });
    if (frame.tagCount > 0) return decideTaggedBroadcast(view, packet, sender, verdict);
    if (!isInItsVlan(packet, verdict, false)) return dropped('gate', { verdict });
    const vlan = packet.role === 'job' ? vlanOf(verdict) : undefined;
    const outputs = broadcastOutputs(view, { sender, vlan }, inPort, isBootstrapReply(frame));
    if (outputs.length > 0) return forwarded(inVlan(view, frame, vlan, outputs), { verdict });
    if (!isUnheard(view, sender)) return dropped('no-recipient');
    return dropped('policy', { verdict, match: addressMatch(view, packet) });
  }
  const recipient = addressee(view, destination);
  if (recipient.kind === 'unregistered') return dropped('unregistered');
  const verdict = view.policy.verdict(sender, recipient.endpoint);
  if (verdict.action === 'drop') {
    // In 1.3 as in 1.0 a match sees who is asked by ARP; what a neighbour solicitation asks for is left to the controller.
    return dropped('policy', {
      verdict,
      match: frame.kind === 'ipv6' && asked !== undefined ? undefined : addressMatch(view, packet),
    });
  }
  if (!isInItsVlan(packet, verdict, sender.kind === 'job' || recipient.kind === 'job')) return dropped('gate');
  const withTag = (fate: Fate): Fate => ({
    ...fate,
    verdict,
    outputs: inVlan(view, frame, vlanOf(verdict), fate.outputs),
  });
  if (recipient.kind === 'job') {
    // Only a question is delivered by itself: an IP packet for one address in a broadcast frame is nobody's.
    if (asked === undefined) return dropped('delivery', { verdict });
    return withTag(askJob(view, packet, recipient));
  }
  // A question is no connection; anything else in a frame for everybody answers nobody.
  if (verdict.connections !== undefined && asked === undefined) return dropped('policy', { verdict });
  return withTag(orNobody(floodPastJobs(view, inPort, verdict), {}));
}

/** To those in its VLAN, and past jobs as it is; a job's only in its own. It has a queue and a mark where it has no tag yet. */
function decideTaggedBroadcast(view: ForwardingView, packet: Arrival, sender: JudgedEndpoint, verdict: Verdict): Fate {
  const { frame, inPort } = packet;
  const { vlanVid: vlan } = frame;
  if (sender.kind === 'job' && !isInItsVlan(packet, verdict, true)) return dropped('gate');
  const past = sender.kind === 'job' && verdict.action === 'drop' ? [] : floodPastJobs(view, inPort, undefined);
  const jobs = vlan === undefined ? [] : outputsToJobs(view, { sender, vlan }, inPort);
  return orNobody([...past, ...inVlan(view, frame, vlan, jobs)], {});
}

/** A question for a job goes to its port alone. */
function askJob(view: ForwardingView, { inPort }: Arrival, { placed }: Extract<Recipient, { kind: 'job' }>): Fate {
  if (placed.location === undefined) return orNobody(floodPastJobs(view, inPort, undefined), {});
  if (placed.location.dpid !== view.state.dpid) return orNobody(floodToFabric(view, inPort), {});
  const { portNo } = placed.location;
  return portNo === inPort ? dropped('same-port') : forwarded([{ port: portNo }]);
}

/** To one that has asked for an address by DHCP: where its MAC was seen, and by no rule. */
function toUnregistered(view: ForwardingView, frame: Frame, inPort: number): Fate {
  const port = view.state.hosts.portOf(frame.ethDst);
  if (port === undefined) return orNobody(floodPastJobs(view, inPort, undefined), {});
  // To a job's port nothing goes with a tag.
  if (frame.tagCount > 0 && view.state.roleOf(port) === 'job') return dropped('gate');
  return port === inPort ? dropped('same-port') : forwarded([{ port }]);
}

/** True for an interface of one job's own: whoever else speaks there is that job under another name. */
export function hasOnlyTenant({ jobs, state }: ForwardingView, portNo: number): boolean {
  return jobs.at(state.dpid, portNo).size > 0 && !state.isMachinePort(portNo);
}

/** OpenFlow 1.0: IPv6 passes by no rule, and from or to a job only if nothing at all is denied to it. */
function onlyIfFree(view: ForwardingView, { frame }: Arrival, sender: Sender, fate: Fate): Fate {
  const ends = [
    sender.kind === 'job' ? sender.placed : undefined,
    view.jobs.byMac(frame.ethDst),
    frame.ipv6Dst === undefined ? undefined : view.jobs.byAddress(frame.ipv6Dst),
  ];
  for (const placed of ends) if (placed !== undefined && !view.policy.allowsAll(placed)) return dropped('gate');
  return { ...fate, match: undefined };
}

function isLocatedHere(view: ForwardingView, sender: Extract<Sender, { kind: 'job' }>): boolean {
  return sender.placed.location?.dpid === view.state.dpid;
}

function orNobody(outputs: readonly Output[], rest: Partial<Fate>): Fate {
  return outputs.length > 0 ? forwarded(outputs, rest) : dropped('no-recipient', rest);
}
