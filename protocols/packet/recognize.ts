// Which of the protocols that Lark treats apart a frame belongs to. Each question is answered from the frame's own
// headers and counts tags away: a caller that must not be fooled by tags asks `tagCount` first.

import type { Frame } from './frame.ts';
import { EtherType, Icmpv6Type, IpProto } from './protocol-numbers.ts';

const DHCPV4_SERVER = 67;
const DHCPV4_CLIENT = 68;
const DHCPV6_CLIENT = 546;
const DHCPV6_SERVER = 547;

export function isLldp(frame: Frame): boolean {
  return frame.ethType === EtherType.LLDP && frame.kind !== 'malformed';
}

/** DHCP from a client to servers and relays: BOOTP (RFC 2131 §4.1) or DHCPv6 (RFC 8415 §7.2). */
export function isDhcpFromClient(frame: Frame): boolean {
  return (
    hasUdpPorts(frame, 'ipv4', DHCPV4_CLIENT, DHCPV4_SERVER) || hasUdpPorts(frame, 'ipv6', DHCPV6_CLIENT, DHCPV6_SERVER)
  );
}

/** DHCP from a server or relay to a client. */
export function isDhcpFromServer(frame: Frame): boolean {
  return (
    hasUdpPorts(frame, 'ipv4', DHCPV4_SERVER, DHCPV4_CLIENT) || hasUdpPorts(frame, 'ipv6', DHCPV6_SERVER, DHCPV6_CLIENT)
  );
}

function hasUdpPorts(frame: Frame, kind: 'ipv4' | 'ipv6', srcPort: number, dstPort: number): boolean {
  return frame.kind === kind && frame.ipProto === IpProto.UDP && frame.srcPort === srcPort && frame.dstPort === dstPort;
}

/** Router and neighbour solicitations and advertisements, and redirects (RFC 4861 §4). */
export function isNeighborDiscovery(frame: Frame): boolean {
  return (
    frame.kind === 'ipv6' &&
    frame.ipProto === IpProto.ICMPV6 &&
    frame.icmpType !== undefined &&
    frame.icmpType >= Icmpv6Type.ROUTER_SOLICITATION &&
    frame.icmpType <= Icmpv6Type.REDIRECT
  );
}
