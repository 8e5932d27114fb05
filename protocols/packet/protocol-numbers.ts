// The numbers by which Ethernet, IP and ICMPv6 name what they carry, as far as Lark speaks of them. Names are those of
// the registries (IEEE 802 Numbers, IANA Protocol Numbers, IANA ICMPv6 Parameters).

export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  RARP: 0x8035,
  /** 802.1Q customer tag. */
  VLAN: 0x8100,
  IPV6: 0x86dd,
  /** 802.1ad service tag. */
  VLAN_SERVICE: 0x88a8,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  LLDP: 0x88cc,
  /** What OpenFlow calls a frame that has no EtherType (OF1.0 §5.2.3, `OFP_DL_TYPE_NOT_ETH_TYPE`). */
  NONE: 0x05ff,
} as const;

/** Values of a length/type field below this are 802.3 lengths. */
export const FIRST_ETHER_TYPE = 0x0600;

export const IpProto = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  NO_NEXT_HEADER: 59,
  DESTINATION_OPTIONS: 60,
  SCTP: 132,
} as const;

export const IcmpType = { ECHO_REPLY: 0, ECHO_REQUEST: 8 } as const;

export const Icmpv6Type = {
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  REDIRECT: 137,
} as const;

export const ArpOp = { REQUEST: 1, REPLY: 2 } as const;

/** True for the EtherTypes that open a VLAN tag. */
export function isVlanTag(etherType: number): boolean {
  return etherType === EtherType.VLAN || etherType === EtherType.VLAN_SERVICE;
}
