// How Open vSwitch calls each match field: in a flow (`nw_src`), in a set_field action (`ip_src`) and in a move or load
// (`NXM_OF_IP_SRC`), and in which style it prints the value.

import type { OxmName } from '../of13/oxm-fields.ts';

export type Style =
  | 'decimal'
  | 'hex'
  | 'mac'
  | 'ipv4'
  | 'ipv6'
  | 'port'
  | 'flags'
  | 'dscp'
  | 'label'
  | 'transport'
  | 'fragment';

export interface FieldText {
  /** In a flow; '' for what a flow shows in another way. */
  readonly flow: string;
  readonly style: Style;
  readonly set: string;
  readonly register: string;
}

const text = (flow: string, style: Style, set: string, register: string): FieldText => ({ flow, style, set, register });
const numbered = (name: string, style: Style, register: string): FieldText => ({
  flow: name,
  style,
  set: name,
  register,
});

const ethDst = text('dl_dst', 'mac', 'eth_dst', 'NXM_OF_ETH_DST');
const ethSrc = text('dl_src', 'mac', 'eth_src', 'NXM_OF_ETH_SRC');
const ethType = text('', 'hex', 'eth_type', 'NXM_OF_ETH_TYPE');
const ipProto = text('', 'decimal', 'nw_proto', 'NXM_OF_IP_PROTO');
const ipSrc = text('nw_src', 'ipv4', 'ip_src', 'NXM_OF_IP_SRC');
const ipDst = text('nw_dst', 'ipv4', 'ip_dst', 'NXM_OF_IP_DST');
const ecn = text('nw_ecn', 'decimal', 'nw_ecn', 'NXM_NX_IP_ECN');
const tcpSrc = text('tp_src', 'transport', 'tcp_src', 'NXM_OF_TCP_SRC');
const tcpDst = text('tp_dst', 'transport', 'tcp_dst', 'NXM_OF_TCP_DST');
const udpSrc = text('tp_src', 'transport', 'udp_src', 'NXM_OF_UDP_SRC');
const udpDst = text('tp_dst', 'transport', 'udp_dst', 'NXM_OF_UDP_DST');
const icmpType = text('icmp_type', 'decimal', 'icmp_type', 'NXM_OF_ICMP_TYPE');
const icmpCode = text('icmp_code', 'decimal', 'icmp_code', 'NXM_OF_ICMP_CODE');
const icmp6Type = text('icmp_type', 'decimal', 'icmpv6_type', 'NXM_NX_ICMPV6_TYPE');
const icmp6Code = text('icmp_code', 'decimal', 'icmpv6_code', 'NXM_NX_ICMPV6_CODE');
const arpOp = numbered('arp_op', 'decimal', 'NXM_OF_ARP_OP');
const arpSpa = numbered('arp_spa', 'ipv4', 'NXM_OF_ARP_SPA');
const arpTpa = numbered('arp_tpa', 'ipv4', 'NXM_OF_ARP_TPA');
const arpSha = numbered('arp_sha', 'mac', 'NXM_NX_ARP_SHA');
const arpTha = numbered('arp_tha', 'mac', 'NXM_NX_ARP_THA');
const ipv6Src = numbered('ipv6_src', 'ipv6', 'NXM_NX_IPV6_SRC');
const ipv6Dst = numbered('ipv6_dst', 'ipv6', 'NXM_NX_IPV6_DST');
const ipv6Label = numbered('ipv6_label', 'label', 'NXM_NX_IPV6_LABEL');
const ndTarget = numbered('nd_target', 'ipv6', 'NXM_NX_ND_TARGET');
const ndSll = numbered('nd_sll', 'mac', 'NXM_NX_ND_SLL');
const ndTll = numbered('nd_tll', 'mac', 'NXM_NX_ND_TLL');
const inPort = text('in_port', 'port', 'in_port_oxm', 'OXM_OF_IN_PORT');
const tunId = numbered('tun_id', 'hex', 'NXM_NX_TUN_ID');
const tcpFlags = numbered('tcp_flags', 'flags', 'NXM_NX_TCP_FLAGS');

const reg = (n: number) => numbered(`reg${n}`, 'hex', `NXM_NX_REG${n}`);
/** A flow shows the 32-bit registers that they are made of. */
const xreg = (n: number) => text('', 'hex', `xreg${n}`, `OXM_OF_PKT_REG${n}`);
const xxreg = (n: number) => text('', 'hex', `xxreg${n}`, `NXM_NX_XXREG${n}`);

export const fieldTexts: Readonly<Record<OxmName, FieldText>> = {
  inPort,
  inPhyPort: numbered('in_phy_port', 'port', 'OXM_OF_IN_PHY_PORT'),
  metadata: numbered('metadata', 'hex', 'OXM_OF_METADATA'),
  ethDst,
  ethSrc,
  ethType,
  vlanVid: text('', 'decimal', 'vlan_vid', 'OXM_OF_VLAN_VID'),
  vlanPcp: text('', 'decimal', 'vlan_pcp', 'OXM_OF_VLAN_PCP'),
  ipDscp: text('nw_tos', 'dscp', 'ip_dscp', 'OXM_OF_IP_DSCP'),
  ipEcn: ecn,
  ipProto,
  ipv4Src: ipSrc,
  ipv4Dst: ipDst,
  tcpSrc,
  tcpDst,
  udpSrc,
  udpDst,
  sctpSrc: text('tp_src', 'transport', 'sctp_src', 'OXM_OF_SCTP_SRC'),
  sctpDst: text('tp_dst', 'transport', 'sctp_dst', 'OXM_OF_SCTP_DST'),
  icmpv4Type: icmpType,
  icmpv4Code: icmpCode,
  arpOp,
  arpSpa,
  arpTpa,
  arpSha,
  arpTha,
  ipv6Src,
  ipv6Dst,
  ipv6Flabel: ipv6Label,
  icmpv6Type: icmp6Type,
  icmpv6Code: icmp6Code,
  ipv6NdTarget: ndTarget,
  ipv6NdSll: ndSll,
  ipv6NdTll: ndTll,
  mplsLabel: numbered('mpls_label', 'decimal', 'OXM_OF_MPLS_LABEL'),
  mplsTc: numbered('mpls_tc', 'decimal', 'OXM_OF_MPLS_TC'),
  mplsBos: numbered('mpls_bos', 'decimal', 'OXM_OF_MPLS_BOS'),
  pbbIsid: numbered('pbb_isid', 'hex', 'OXM_OF_PBB_ISID'),
  tunnelId: tunId,
  ipv6Exthdr: numbered('ipv6_exthdr', 'hex', 'OXM_OF_IPV6_EXTHDR'),
  onfTcpFlags: tcpFlags,
  onfActsetOutput: numbered('actset_output', 'port', 'ONFOXM_ET_ACTSET_OUTPUT'),
  nxmInPort: text('in_port', 'port', 'in_port', 'NXM_OF_IN_PORT'),
  nxmEthDst: ethDst,
  nxmEthSrc: ethSrc,
  nxmEthType: ethType,
  nxmVlanTci: text('', 'hex', 'vlan_tci', 'NXM_OF_VLAN_TCI'),
  nxmIpTos: text('nw_tos', 'decimal', 'nw_tos', 'NXM_OF_IP_TOS'),
  nxmIpProto: ipProto,
  nxmIpSrc: ipSrc,
  nxmIpDst: ipDst,
  nxmTcpSrc: tcpSrc,
  nxmTcpDst: tcpDst,
  nxmUdpSrc: udpSrc,
  nxmUdpDst: udpDst,
  nxmIcmpType: icmpType,
  nxmIcmpCode: icmpCode,
  nxmArpOp: arpOp,
  nxmArpSpa: arpSpa,
  nxmArpTpa: arpTpa,
  reg0: reg(0),
  reg1: reg(1),
  reg2: reg(2),
  reg3: reg(3),
  reg4: reg(4),
  reg5: reg(5),
  reg6: reg(6),
  reg7: reg(7),
  reg8: reg(8),
  reg9: reg(9),
  reg10: reg(10),
  reg11: reg(11),
  reg12: reg(12),
  reg13: reg(13),
  reg14: reg(14),
  reg15: reg(15),
  xreg0: xreg(0),
  xreg1: xreg(1),
  xreg2: xreg(2),
  xreg3: xreg(3),
  xreg4: xreg(4),
  xreg5: xreg(5),
  xreg6: xreg(6),
  xreg7: xreg(7),
  xxreg0: xxreg(0),
  xxreg1: xxreg(1),
  xxreg2: xxreg(2),
  xxreg3: xxreg(3),
  nxmTunId: tunId,
  nxmArpSha: arpSha,
  nxmArpTha: arpTha,
  nxmIpv6Src: ipv6Src,
  nxmIpv6Dst: ipv6Dst,
  nxmIcmpv6Type: icmp6Type,
  nxmIcmpv6Code: icmp6Code,
  nxmNdTarget: ndTarget,
  nxmNdSll: ndSll,
  nxmNdTll: ndTll,
  ipFrag: text('nw_frag', 'fragment', 'ip_frag', 'NXM_NX_IP_FRAG'),
  nxmIpv6Label: ipv6Label,
  nxmIpEcn: ecn,
  ipTtl: text('nw_ttl', 'decimal', 'nw_ttl', 'NXM_NX_IP_TTL'),
  mplsTtl: numbered('mpls_ttl', 'decimal', 'NXM_NX_MPLS_TTL'),
  tunIpv4Src: numbered('tun_src', 'ipv4', 'NXM_NX_TUN_IPV4_SRC'),
  tunIpv4Dst: numbered('tun_dst', 'ipv4', 'NXM_NX_TUN_IPV4_DST'),
  pktMark: numbered('pkt_mark', 'hex', 'NXM_NX_PKT_MARK'),
  tcpFlags,
  conjId: numbered('conj_id', 'decimal', 'NXM_NX_CONJ_ID'),
  ctState: numbered('ct_state', 'flags', 'NXM_NX_CT_STATE'),
  ctZone: numbered('ct_zone', 'decimal', 'NXM_NX_CT_ZONE'),
  ctMark: numbered('ct_mark', 'hex', 'NXM_NX_CT_MARK'),
  ctLabel: numbered('ct_label', 'hex', 'NXM_NX_CT_LABEL'),
  tunIpv6Src: numbered('tun_ipv6_src', 'ipv6', 'NXM_NX_TUN_IPV6_SRC'),
  tunIpv6Dst: numbered('tun_ipv6_dst', 'ipv6', 'NXM_NX_TUN_IPV6_DST'),
  ctNwProto: numbered('ct_nw_proto', 'decimal', 'NXM_NX_CT_NW_PROTO'),
  ctNwSrc: numbered('ct_nw_src', 'ipv4', 'NXM_NX_CT_NW_SRC'),
  ctNwDst: numbered('ct_nw_dst', 'ipv4', 'NXM_NX_CT_NW_DST'),
  ctIpv6Src: numbered('ct_ipv6_src', 'ipv6', 'NXM_NX_CT_IPV6_SRC'),
  ctIpv6Dst: numbered('ct_ipv6_dst', 'ipv6', 'NXM_NX_CT_IPV6_DST'),
  ctTpSrc: numbered('ct_tp_src', 'transport', 'NXM_NX_CT_TP_SRC'),
  ctTpDst: numbered('ct_tp_dst', 'transport', 'NXM_NX_CT_TP_DST'),
};

/** The order in which a flow shows its fields. PROTO and VLAN stand for what is made of several. */
export const flowOrder: readonly string[] = [
  ...['pkt_mark', 'conj_id', 'actset_output', 'ct_state', 'ct_zone', 'ct_mark', 'ct_label'],
  ...['ct_nw_src', 'ct_ipv6_src', 'ct_nw_dst', 'ct_ipv6_dst', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', 'PROTO'],
  ...Array.from({ length: 16 }, (_, n) => `reg${n}`),
  ...['tun_id', 'tun_src', 'tun_dst', 'tun_ipv6_src', 'tun_ipv6_dst', 'metadata', 'in_port', 'in_phy_port', 'VLAN'],
  ...['dl_src', 'dl_dst', 'dl_type', 'ipv6_src', 'ipv6_dst', 'ipv6_label', 'ipv6_exthdr', 'nw_src', 'nw_dst'],
  ...['arp_spa', 'arp_tpa', 'nw_proto', 'arp_op', 'arp_sha', 'arp_tha', 'nw_tos', 'nw_ecn', 'nw_ttl'],
  ...['mpls_label', 'mpls_tc', 'mpls_ttl', 'mpls_bos', 'pbb_isid', 'nw_frag', 'icmp_type', 'icmp_code'],
  ...['nd_target', 'nd_sll', 'nd_tll', 'tp_src', 'tp_dst', 'tcp_flags', 'UNKNOWN'],
];
