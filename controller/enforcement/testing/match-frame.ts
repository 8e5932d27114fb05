// Whether a rule's match matches a frame, as a switch would say: the test's own reading of OF1.3.5 §7.2.3 and of what Open
// vSwitch does with tags and fragments. Shares no code with the pipeline or the model switch.

import { prefixContains } from '../../../protocols/packet/address.ts';
import type { Frame } from '../../../protocols/packet/frame.ts';
import type { FlowMatch } from '../../southbound/flow-rule.ts';

export function matchesFrame(match: FlowMatch, frame: Frame, inPort: number): boolean {
  const addressed = frame.tagCount <= 1 ? frame : undefined;
  const source = addressed?.ipv4Src ?? addressed?.ipv6Src;
  const destination = addressed?.ipv4Dst ?? addressed?.ipv6Dst;
  const checks: (boolean | undefined)[] = [
    match.inPort === undefined || match.inPort === inPort,
    match.ethSrc === undefined || match.ethSrc === frame.ethSrc,
    match.ethDst === undefined || match.ethDst === frame.ethDst,
    match.vlan === undefined || (match.vlan === 'none' ? frame.tagCount === 0 : frame.vlanVid === match.vlan),
    match.ethType === undefined || match.ethType === frame.matchType,
    match.ipSrc === undefined || (source !== undefined && prefixContains(match.ipSrc, source)),
    match.ipDst === undefined || (destination !== undefined && prefixContains(match.ipDst, destination)),
    match.arpSpa === undefined || (addressed?.arpSpa !== undefined && prefixContains(match.arpSpa, addressed.arpSpa)),
    match.arpTpa === undefined || (addressed?.arpTpa !== undefined && prefixContains(match.arpTpa, addressed.arpTpa)),
    match.ipProto === undefined || match.ipProto === addressed?.ipProto,
    match.icmpv6Type === undefined || match.icmpv6Type === addressed?.icmpType,
    match.udpSrc === undefined || match.udpSrc === addressed?.srcPort,
    match.udpDst === undefined || match.udpDst === addressed?.dstPort,
  ];
  return checks.every(Boolean);
}
