// The table of match fields: OpenFlow's own (OF1.3.5 §7.2.3.8), the ONF's, and those of Nicira that Open vSwitch adds to
// both versions (registers, connection tracking, TCP flags). A Nicira field that says the same as one of OpenFlow's has
// the prefix `nxm`: the two are different bytes, and a register move needs the one that the switch's version speaks.

import type { Prerequisite } from './oxm-prerequisites.ts';

export type OxmWidth = 1 | 2 | 3 | 4 | 6 | 8 | 16;

export interface OxmDefinition<Width extends OxmWidth = OxmWidth> {
  readonly oxmClass: number;
  readonly oxmField: number;
  /** Of class 0xffff only. */
  readonly experimenter: number;
  /** Bytes of the value. Values of more than 6 bytes are bigints. */
  readonly width: Width;
  /** Bits that may be set. */
  readonly bits: number;
  readonly isMaskable: boolean;
  readonly needs: Prerequisite | undefined;
}

interface Rule {
  readonly bits?: number;
  readonly mask?: boolean;
  readonly needs?: Prerequisite;
}

export const OxmClass = {
  NXM_0: 0x0000,
  NXM_1: 0x0001,
  OPENFLOW_BASIC: 0x8000,
  PACKET_REGS: 0x8001,
  EXPERIMENTER: 0xffff,
} as const;
export const ONF = 0x4f4e4600;

const inClass =
  (oxmClass: number, experimenter = 0) =>
  <W extends OxmWidth>(oxmField: number, width: W, rule: Rule = {}): OxmDefinition<W> => ({
    oxmClass,
    oxmField,
    experimenter,
    width,
    bits: rule.bits ?? 8 * width,
    isMaskable: rule.mask ?? false,
    needs: rule.needs,
  });

const basic = inClass(OxmClass.OPENFLOW_BASIC);
const nxm0 = inClass(OxmClass.NXM_0);
const nxm1 = inClass(OxmClass.NXM_1);
const packetRegs = inClass(OxmClass.PACKET_REGS);
const onf = inClass(OxmClass.EXPERIMENTER, ONF);
const mask = true;

export const oxmFields = {
  inPort: basic(0, 4),
  inPhyPort: basic(1, 4, { needs: 'inPort' }),
  metadata: basic(2, 8, { mask }),
  ethDst: basic(3, 6, { mask }),
  ethSrc: basic(4, 6, { mask }),
  ethType: basic(5, 2),
  vlanVid: basic(6, 2, { bits: 13, mask }),
  vlanPcp: basic(7, 1, { bits: 3, needs: 'vlan' }),
  ipDscp: basic(8, 1, { bits: 6, needs: 'ip' }),
  ipEcn: basic(9, 1, { bits: 2, needs: 'ip' }),
  ipProto: basic(10, 1, { needs: 'ip' }),
  ipv4Src: basic(11, 4, { mask, needs: 'ipv4' }),
  ipv4Dst: basic(12, 4, { mask, needs: 'ipv4' }),
  // The specification has no masks on ports; Open vSwitch takes and sends them.
  tcpSrc: basic(13, 2, { mask, needs: 'tcp' }),
  tcpDst: basic(14, 2, { mask, needs: 'tcp' }),
  udpSrc: basic(15, 2, { mask, needs: 'udp' }),
  udpDst: basic(16, 2, { mask, needs: 'udp' }),
  sctpSrc: basic(17, 2, { mask, needs: 'sctp' }),
  sctpDst: basic(18, 2, { mask, needs: 'sctp' }),
  icmpv4Type: basic(19, 1, { needs: 'icmpv4' }),
  icmpv4Code: basic(20, 1, { needs: 'icmpv4' }),
  arpOp: basic(21, 2, { needs: 'arp' }),
  arpSpa: basic(22, 4, { mask, needs: 'arp' }),
  arpTpa: basic(23, 4, { mask, needs: 'arp' }),
  arpSha: basic(24, 6, { mask, needs: 'arp' }),
  arpTha: basic(25, 6, { mask, needs: 'arp' }),
  ipv6Src: basic(26, 16, { mask, needs: 'ipv6' }),
  ipv6Dst: basic(27, 16, { mask, needs: 'ipv6' }),
  ipv6Flabel: basic(28, 4, { bits: 20, mask, needs: 'ipv6' }),
  icmpv6Type: basic(29, 1, { needs: 'icmpv6' }),
  icmpv6Code: basic(30, 1, { needs: 'icmpv6' }),
  // Open vSwitch takes masks on the three of neighbour discovery too.
  ipv6NdTarget: basic(31, 16, { mask, needs: 'nd' }),
  ipv6NdSll: basic(32, 6, { mask, needs: 'ndSolicit' }),
  ipv6NdTll: basic(33, 6, { mask, needs: 'ndAdvert' }),
  mplsLabel: basic(34, 4, { bits: 20, needs: 'mpls' }),
  mplsTc: basic(35, 1, { bits: 3, needs: 'mpls' }),
  mplsBos: basic(36, 1, { bits: 1, needs: 'mpls' }),
  pbbIsid: basic(37, 3, { mask, needs: 'pbb' }),
  tunnelId: basic(38, 8, { mask }),
  ipv6Exthdr: basic(39, 2, { bits: 9, mask, needs: 'ipv6' }),

  onfTcpFlags: onf(42, 2, { mask, needs: 'tcp' }),
  onfActsetOutput: onf(43, 4),

  nxmInPort: nxm0(0, 2),
  nxmEthDst: nxm0(1, 6, { mask }),
  nxmEthSrc: nxm0(2, 6, { mask }),
  nxmEthType: nxm0(3, 2),
  nxmVlanTci: nxm0(4, 2, { mask }),
  nxmIpTos: nxm0(5, 1, { needs: 'ip' }),
  nxmIpProto: nxm0(6, 1, { needs: 'ip' }),
  nxmIpSrc: nxm0(7, 4, { mask, needs: 'ipv4' }),
  nxmIpDst: nxm0(8, 4, { mask, needs: 'ipv4' }),
  nxmTcpSrc: nxm0(9, 2, { mask, needs: 'tcp' }),
  nxmTcpDst: nxm0(10, 2, { mask, needs: 'tcp' }),
  nxmUdpSrc: nxm0(11, 2, { mask, needs: 'udp' }),
  nxmUdpDst: nxm0(12, 2, { mask, needs: 'udp' }),
  nxmIcmpType: nxm0(13, 1, { needs: 'icmpv4' }),
  nxmIcmpCode: nxm0(14, 1, { needs: 'icmpv4' }),
  nxmArpOp: nxm0(15, 2, { needs: 'arp' }),
  nxmArpSpa: nxm0(16, 4, { mask, needs: 'arp' }),
  nxmArpTpa: nxm0(17, 4, { mask, needs: 'arp' }),

  reg0: nxm1(0, 4, { mask }),
  reg1: nxm1(1, 4, { mask }),
  reg2: nxm1(2, 4, { mask }),
  reg3: nxm1(3, 4, { mask }),
  reg4: nxm1(4, 4, { mask }),
  reg5: nxm1(5, 4, { mask }),
  reg6: nxm1(6, 4, { mask }),
  reg7: nxm1(7, 4, { mask }),
  reg8: nxm1(8, 4, { mask }),
  reg9: nxm1(9, 4, { mask }),
  reg10: nxm1(10, 4, { mask }),
  reg11: nxm1(11, 4, { mask }),
  reg12: nxm1(12, 4, { mask }),
  reg13: nxm1(13, 4, { mask }),
  reg14: nxm1(14, 4, { mask }),
  reg15: nxm1(15, 4, { mask }),
  xreg0: packetRegs(0, 8, { mask }),
  xreg1: packetRegs(1, 8, { mask }),
  xreg2: packetRegs(2, 8, { mask }),
  xreg3: packetRegs(3, 8, { mask }),
  xreg4: packetRegs(4, 8, { mask }),
  xreg5: packetRegs(5, 8, { mask }),
  xreg6: packetRegs(6, 8, { mask }),
  xreg7: packetRegs(7, 8, { mask }),
  xxreg0: nxm1(111, 16, { mask }),
  xxreg1: nxm1(112, 16, { mask }),
  xxreg2: nxm1(113, 16, { mask }),
  xxreg3: nxm1(114, 16, { mask }),

  nxmTunId: nxm1(16, 8, { mask }),
  nxmArpSha: nxm1(17, 6, { mask, needs: 'arp' }),
  nxmArpTha: nxm1(18, 6, { mask, needs: 'arp' }),
  nxmIpv6Src: nxm1(19, 16, { mask, needs: 'ipv6' }),
  nxmIpv6Dst: nxm1(20, 16, { mask, needs: 'ipv6' }),
  nxmIcmpv6Type: nxm1(21, 1, { needs: 'icmpv6' }),
  nxmIcmpv6Code: nxm1(22, 1, { needs: 'icmpv6' }),
  nxmNdTarget: nxm1(23, 16, { mask, needs: 'nd' }),
  nxmNdSll: nxm1(24, 6, { mask, needs: 'ndSolicit' }),
  nxmNdTll: nxm1(25, 6, { mask, needs: 'ndAdvert' }),
  ipFrag: nxm1(26, 1, { bits: 2, mask, needs: 'ip' }),
  nxmIpv6Label: nxm1(27, 4, { bits: 20, mask, needs: 'ipv6' }),
  nxmIpEcn: nxm1(28, 1, { bits: 2, needs: 'ip' }),
  ipTtl: nxm1(29, 1, { needs: 'ip' }),
  mplsTtl: nxm1(30, 1, { needs: 'mpls' }),
  tunIpv4Src: nxm1(31, 4, { mask }),
  tunIpv4Dst: nxm1(32, 4, { mask }),
  pktMark: nxm1(33, 4, { mask }),
  tcpFlags: nxm1(34, 2, { bits: 12, mask, needs: 'tcp' }),
  conjId: nxm1(37, 4),
  ctState: nxm1(105, 4, { mask }),
  ctZone: nxm1(106, 2),
  ctMark: nxm1(107, 4, { mask }),
  ctLabel: nxm1(108, 16, { mask }),
  tunIpv6Src: nxm1(109, 16, { mask }),
  tunIpv6Dst: nxm1(110, 16, { mask }),
  ctNwProto: nxm1(119, 1),
  ctNwSrc: nxm1(120, 4, { mask, needs: 'ipv4' }),
  ctNwDst: nxm1(121, 4, { mask, needs: 'ipv4' }),
  ctIpv6Src: nxm1(122, 16, { mask, needs: 'ipv6' }),
  ctIpv6Dst: nxm1(123, 16, { mask, needs: 'ipv6' }),
  ctTpSrc: nxm1(124, 2, { mask }),
  ctTpDst: nxm1(125, 2, { mask }),
} as const;

type Fields = typeof oxmFields;
export type OxmName = keyof Fields;
/** The names whose values are bigints. */
export type WideOxmName = { [N in OxmName]: Fields[N] extends OxmDefinition<8 | 16> ? N : never }[OxmName];
export type NarrowOxmName = Exclude<OxmName, WideOxmName>;

/** One number for each field: class and field, or the experimenter and its field. */
export function oxmKey(oxmClass: number, oxmField: number, experimenter: number): number {
  return oxmClass === OxmClass.EXPERIMENTER ? experimenter * 0x10000 + oxmField : -1 - (oxmClass * 128 + oxmField);
}

const names = new Map<number, OxmName>();
for (const name of Object.keys(oxmFields) as OxmName[]) {
  const { oxmClass, oxmField, experimenter } = oxmFields[name];
  names.set(oxmKey(oxmClass, oxmField, experimenter), name);
}

export function oxmNameOf(key: number): OxmName | undefined {
  return names.get(key);
}
