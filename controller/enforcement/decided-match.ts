// The match of a rule that stands for a decision: every field that the decision was made on, and with them the fields that
// OpenFlow needs to look at those.

import { isLocalAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import { IpProto } from '../../protocols/packet/protocol-numbers.ts';
import type { PortRole } from '../network/switch-state.ts';
import { type FlowMatch, hostPrefix } from '../southbound/flow-rule.ts';
import { destinationAddress, type ForwardingView, sourceAddress } from './ends.ts';

/** A frame and where it came in. */
export interface Arrival {
  readonly frame: Frame;
  readonly inPort: number;
  readonly role: PortRole;
}

type LinkMatch = Required<Pick<FlowMatch, 'inPort' | 'ethSrc' | 'ethDst' | 'vlan' | 'ethType'>>;

export function linkMatch(frame: Frame, inPort: number): LinkMatch {
  const { ethSrc, ethDst, matchType: ethType } = frame;
  return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };
}

/** For drops that spare DHCP and the like: no match that such a packet could have, too. Registration deletes the rule. */
export function matchWithoutBootstrap(view: ForwardingView, packet: Arrival): FlowMatch | undefined {
  const { ipProto } = packet.frame;
  const source = sourceAddress(packet.frame);
  if (source === undefined || isLocalAddress(source) || ipProto === IpProto.UDP) return undefined;
  const match = addressMatch(view, packet);
  return match === undefined || ipProto === undefined ? match : { ipProto, ...match };
}

/**
 * All that a sender sends of this EtherType, whoever it is for: where everything is denied to a job that is at this port, so
 * that it takes one rule a job and not one a peer. Undefined where this switch cannot match the address.
 */
export function senderMatch(view: ForwardingView, { frame, inPort }: Arrival): FlowMatch | undefined {
  const source = sourceAddress(frame);
  if (source === undefined || isLocalAddress(source)) return undefined;
  const { ethSrc, matchType: ethType } = frame;
  const link: FlowMatch = { inPort, ethSrc, vlan: 'none', ethType };
  if (frame.kind === 'arp') return view.state.canMatchArp ? { arpSpa: hostPrefix(source), ...link } : undefined;
  return frame.kind === 'ipv6' && view.state.version === 1 ? undefined : { ipSrc: hostPrefix(source), ...link };
}

/** The match that names both ends in full; undefined where this switch cannot match the addresses. */
export function addressMatch(view: ForwardingView, { frame, inPort }: Arrival): FlowMatch | undefined {
  const source = sourceAddress(frame);
  const destination = destinationAddress(frame);
  if (source === undefined || destination === undefined) return undefined;
  const link = linkMatch(frame, inPort);
  if (frame.kind === 'arp') {
    if (!view.state.canMatchArp) return undefined;
    return { ...link, arpSpa: hostPrefix(source), arpTpa: hostPrefix(destination) };
  }
  const { ethSrc, ethDst, vlan, ethType } = link;
  // In one piece: most new flows take this way.
  const match = { inPort, ethSrc, ethDst, vlan, ethType, ipSrc: hostPrefix(source), ipDst: hostPrefix(destination) };
  if (frame.kind === 'ipv4') return match;
  // With the protocol, so that neighbour discovery between the two stays with the controller.
  if (view.state.version === 1 || frame.ipProto === undefined) return undefined;
  if (frame.ipProto !== IpProto.ICMPV6) return { ipProto: frame.ipProto, ...match };
  if (frame.icmpType === undefined) return undefined;
  return { ipProto: frame.ipProto, icmpv6Type: frame.icmpType, ...match };
}
