// What kinds of traffic the forwarding decision tells apart, beyond addresses: what an interface needs to get an address,
// what answers it, who is asked for by ARP and neighbour discovery, and what opens no connection.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import { Icmpv6Type, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { isNeighbourDiscovery } from './ends.ts';

/** RFC 9293 §3.1. */
const TCP_ACK_OR_RST = 0x14;

/** What an interface sends to get an address: DHCP, ARP probes and announcements, duplicate address detection. */
export function isBootstrapRequest(frame: Frame): boolean {
  if (frame.kind === 'arp') return frame.arpSpa === 0 || frame.arpSpa === frame.arpTpa;
  if (frame.ipProto === IpProto.UDP && frame.fragment === 'none') {
    return frame.kind === 'ipv4'
      ? frame.srcPort === 68 && frame.dstPort === 67
      : frame.srcPort === 546 && frame.dstPort === 547;
  }
  if (!isNeighbourDiscovery(frame)) return false;
  if (frame.icmpType === Icmpv6Type.ROUTER_SOLICITATION) return true;
  return frame.icmpType === Icmpv6Type.NEIGHBOR_SOLICITATION && frame.ipv6Src === 0n;
}

/** What answers it: from a DHCP server or a router. */
export function isBootstrapReply(frame: Frame): boolean {
  if (frame.ipProto === IpProto.UDP && frame.fragment === 'none') {
    return frame.kind === 'ipv4'
      ? frame.srcPort === 67 && frame.dstPort === 68
      : frame.srcPort === 547 && frame.dstPort === 546;
  }
  return isRouterMessage(frame);
}

/** A router's own announcements: no job is a router (RFC 6105). */
export function isRouterMessage(frame: Frame): boolean {
  return (
    isNeighbourDiscovery(frame) &&
    (frame.icmpType === Icmpv6Type.ROUTER_ADVERTISEMENT || frame.icmpType === Icmpv6Type.REDIRECT)
  );
}

/**
 * What is no opening of a connection, as far as one packet can tell: TCP that acknowledges or resets. Nothing else has
 * replies that could be told from questions, and later fragments say nothing; who has which MAC may be asked and said.
 */
export function mayBeReply(frame: Frame): boolean {
  if (frame.kind === 'arp' || isNeighbourDiscovery(frame)) return true;
  return frame.ipProto === IpProto.TCP && frame.tcpFlags !== undefined && (frame.tcpFlags & TCP_ACK_OR_RST) !== 0;
}

/** The address that an ARP request or a neighbour solicitation wants the MAC of. */
export function askedAddress(frame: Frame): IpAddress | undefined {
  if (frame.kind === 'arp') return frame.arpTpa;
  return frame.icmpType === Icmpv6Type.NEIGHBOR_SOLICITATION ? frame.ndTarget : undefined;
}

/** Gratuitous ARP: it tells everybody, and asks nobody. */
export function isAnnouncement(frame: Frame): boolean {
  return frame.kind === 'arp' && frame.arpSpa === frame.arpTpa;
}

/** 01:80:c2:00:00:00 to :0f are for the link alone (IEEE 802.1Q §8.6.3). */
export function isReserved(frame: Frame): boolean {
  return Math.floor(frame.ethDst / 16) === 0x0180c200000;
}
