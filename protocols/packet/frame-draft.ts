// What a frame is read into: the record of everything Lark or a switch may ask of it, and the draft that the parsers fill
// in layer by layer. Every field is always there, so a frame's shape never depends on what it carries.

import type { Ipv4Address, Ipv6Address, MacAddress } from './address.ts';

/** What is wrong with a frame. Those up to `IPV6_*` make its kind `malformed`; the last two do not. */
export type FrameFault =
  /** Shorter than an Ethernet header. */
  | 'ETH_TRUNCATED'
  /** A VLAN tag is not followed by another type field. */
  | 'TAG_TRUNCATED'
  /** An 802.3 length runs beyond the frame, or has no room for an LLC header. */
  | 'LLC_TRUNCATED'
  | 'ARP_TRUNCATED'
  /** Not ARP for IPv4 over Ethernet. */
  | 'ARP_BAD_HEADER'
  /** The header, or the datagram by its total length, runs beyond the frame. */
  | 'IPV4_TRUNCATED'
  /** A version other than 4, a header length under 20, or a total length under the header's. */
  | 'IPV4_BAD_HEADER'
  | 'IPV6_TRUNCATED'
  /** A version other than 6. */
  | 'IPV6_BAD_HEADER'
  | 'IPV6_EXTENSION_TRUNCATED'
  /** The transport header is not whole: of a first fragment too. Ports, ICMP type and the like are undefined. */
  | 'TRANSPORT_TRUNCATED'
  /** A neighbour discovery message without its target, or with a link-layer option that is cut, empty or repeated. */
  | 'ND_BAD_MESSAGE';

export type FrameKind = 'arp' | 'ipv4' | 'ipv6' | 'other' | 'malformed';

export interface Frame {
  /** The frame as it was received, without its frame check sequence. */
  readonly bytes: Uint8Array;
  readonly kind: FrameKind;
  readonly fault: FrameFault | undefined;
  readonly ethDst: MacAddress;
  readonly ethSrc: MacAddress;
  /** How many 802.1Q and 802.1ad tags stand one after the other. */
  readonly tagCount: number;
  /** The first tag's VLAN id, 0 to 4095 (0 is a tag with a priority only); undefined without a tag. */
  readonly vlanVid: number | undefined;
  readonly vlanPcp: number | undefined;
  /** The type field after the MAC addresses: a tag's TPID, an EtherType, or `EtherType.NONE` for 802.3. */
  readonly outerType: number;
  /** The EtherType as a switch matches it, after at most one tag: a second tag shows as 0x8100 or 0x88a8. */
  readonly matchType: number;
  /** The EtherType after all tags; of SNAP the EtherType in it, of other 802.3 frames `EtherType.NONE`. */
  readonly ethType: number;
  /** True where the EtherType was in a SNAP header: a switch matches it like any other, few hosts accept it. */
  readonly isSnap: boolean;
  /** Where the ARP, IP or other payload begins. */
  readonly l3Offset: number;

  readonly arpOp: number | undefined;
  readonly arpSha: MacAddress | undefined;
  readonly arpSpa: Ipv4Address | undefined;
  readonly arpTha: MacAddress | undefined;
  readonly arpTpa: Ipv4Address | undefined;

  readonly ipv4Src: Ipv4Address | undefined;
  readonly ipv4Dst: Ipv4Address | undefined;
  readonly ipv6Src: Ipv6Address | undefined;
  readonly ipv6Dst: Ipv6Address | undefined;
  /** The traffic class octet: DSCP in its upper six bits, ECN in its lower two. */
  readonly ipTos: number | undefined;
  readonly ipTtl: number | undefined;
  /** The upper protocol, after IPv6 extension headers; `IpProto.FRAGMENT` for a later IPv6 fragment, as switches say. */
  readonly ipProto: number | undefined;
  readonly ipv6FlowLabel: number | undefined;
  /** `first`: offset 0 with more to come; it has a transport header. `later`: it has none. */
  readonly fragment: 'none' | 'first' | 'later';
  /** In bytes. */
  readonly fragmentOffset: number;

  /** Where the transport header begins, and the end of the datagram (padding lies beyond); undefined if not reached. */
  readonly l4Offset: number | undefined;
  readonly l4End: number | undefined;
  /** Of TCP, UDP and SCTP. */
  readonly srcPort: number | undefined;
  readonly dstPort: number | undefined;
  readonly tcpFlags: number | undefined;
  /** Of ICMP and ICMPv6. */
  readonly icmpType: number | undefined;
  readonly icmpCode: number | undefined;
  /** The target address of a neighbour solicitation, advertisement or redirect. */
  readonly ndTarget: Ipv6Address | undefined;
  /** The source link-layer address option of any neighbour discovery message. */
  readonly ndSll: MacAddress | undefined;
  /** The target link-layer address option. */
  readonly ndTll: MacAddress | undefined;
}

/** A frame while it is being read. */
export type FrameDraft = { -readonly [K in keyof Frame]: Frame[K] };

/** Notes a fault that makes the frame malformed. The first fault stays. */
export function malformed(frame: FrameDraft, fault: FrameFault): FrameDraft {
  frame.kind = 'malformed';
  frame.fault ??= fault;
  return frame;
}

/** A frame of which nothing is known yet. */
export function blankFrame(bytes: Uint8Array): FrameDraft {
  // Always the same properties in the same order: all frames share one hidden class and stay fast to read.
  return {
    bytes,
    kind: 'other',
    fault: undefined,
    ethDst: 0 as MacAddress,
    ethSrc: 0 as MacAddress,
    tagCount: 0,
    vlanVid: undefined,
    vlanPcp: undefined,
    outerType: 0,
    matchType: 0,
    ethType: 0,
    isSnap: false,
    l3Offset: 0,
    arpOp: undefined,
    arpSha: undefined,
    arpSpa: undefined,
    arpTha: undefined,
    arpTpa: undefined,
    ipv4Src: undefined,
    ipv4Dst: undefined,
    ipv6Src: undefined,
    ipv6Dst: undefined,
    ipTos: undefined,
    ipTtl: undefined,
    ipProto: undefined,
    ipv6FlowLabel: undefined,
    fragment: 'none',
    fragmentOffset: 0,
    l4Offset: undefined,
    l4End: undefined,
    srcPort: undefined,
    dstPort: undefined,
    tcpFlags: undefined,
    icmpType: undefined,
    icmpCode: undefined,
    ndTarget: undefined,
    ndSll: undefined,
    ndTll: undefined,
  };
}
