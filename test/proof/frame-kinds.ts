// The few kinds of frames that the reference evaluator treats apart, by what they say on the wire.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';

const UDP = 17;
const ICMPV6 = 58;
const TCP_RST = 4;
const TCP_ACK = 16;

/** RFC 4861: router and neighbour solicitation and advertisement, and redirect. */
export function isNeighbourDiscovery({ ipProto, icmpType }: Frame): boolean {
  return ipProto === ICMPV6 && icmpType !== undefined && icmpType >= 133 && icmpType <= 137;
}

/** Router advertisement or redirect. */
export function isRouterMessage(frame: Frame): boolean {
  return isNeighbourDiscovery(frame) && (frame.icmpType === 134 || frame.icmpType === 137);
}

/** What an interface sends to get an address, or to find out whether it may use one. */
export function isBootstrapRequest(frame: Frame): boolean {
  if (frame.kind === 'arp') return frame.arpSpa === 0 || frame.arpSpa === frame.arpTpa;
  if (isUdp(frame, 68, 67, 546, 547)) return true;
  if (!isNeighbourDiscovery(frame)) return false;
  return frame.icmpType === 133 || (frame.icmpType === 135 && frame.ipv6Src === 0n);
}

/** TCP that acknowledges or resets, and who has which MAC: it opens no connection, as far as one packet can tell. */
export function opensNothing(frame: Frame): boolean {
  if (frame.kind === 'arp' || isNeighbourDiscovery(frame)) return true;
  return frame.tcpFlags !== undefined && ((frame.tcpFlags & TCP_ACK) !== 0 || (frame.tcpFlags & TCP_RST) !== 0);
}

/** What answers that. */
export function isBootstrapReply(frame: Frame): boolean {
  return isUdp(frame, 67, 68, 547, 546) || isRouterMessage(frame);
}

function isUdp(frame: Frame, from4: number, to4: number, from6: number, to6: number): boolean {
  if (frame.ipProto !== UDP || frame.fragment !== 'none') return false;
  const [from, to] = frame.kind === 'ipv4' ? [from4, to4] : [from6, to6];
  return frame.srcPort === from && frame.dstPort === to;
}

/** Whose MAC an ARP message or a neighbour solicitation wants to know. */
export function asksAddress(frame: Frame): IpAddress | undefined {
  if (frame.kind === 'arp') return frame.arpTpa;
  return frame.icmpType === 135 ? frame.ndTarget : undefined;
}
