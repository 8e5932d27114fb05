// The transport layer of a frame, as far as policies and switches look: TCP, UDP and SCTP ports, ICMP type and code, and
// neighbour discovery (RFC 4861 §4). A later fragment has no transport header; a header that is cut is a fault.

import { readIpv6, readMac, readU16 } from './bytes.ts';
import type { FrameDraft } from './frame-draft.ts';
import { Icmpv6Type, IpProto } from './protocol-numbers.ts';

const TCP_HEADER = 20;
const UDP_HEADER = 8;
const SCTP_HEADER = 12;
const ICMP_HEADER = 8;
const ND_OPTION_UNIT = 8;
const ND_SOURCE_LINK_LAYER = 1;
const ND_TARGET_LINK_LAYER = 2;

export function parseTransport(frame: FrameDraft): void {
  if (frame.fragment === 'later') return;
  switch (frame.ipProto) {
    case IpProto.TCP:
      if (!hasHeader(frame, TCP_HEADER)) return;
      readPorts(frame);
      frame.tcpFlags = readU16(frame.bytes, frame.l4Offset! + 12) & 0xfff;
      return;
    case IpProto.UDP:
      if (hasHeader(frame, UDP_HEADER)) readPorts(frame);
      return;
    case IpProto.SCTP:
      if (hasHeader(frame, SCTP_HEADER)) readPorts(frame);
      return;
    case IpProto.ICMP:
      if (frame.ipv4Src !== undefined && hasHeader(frame, ICMP_HEADER)) readTypeAndCode(frame);
      return;
    case IpProto.ICMPV6:
      if (frame.ipv6Src !== undefined && hasHeader(frame, ICMP_HEADER)) {
        readTypeAndCode(frame);
        parseNeighborDiscovery(frame);
      }
  }
}

function hasHeader(frame: FrameDraft, length: number): boolean {
  const isWhole = frame.l4End! - frame.l4Offset! >= length;
  if (!isWhole) frame.fault ??= 'TRANSPORT_TRUNCATED';
  return isWhole;
}

function readPorts(frame: FrameDraft): void {
  frame.srcPort = readU16(frame.bytes, frame.l4Offset!);
  frame.dstPort = readU16(frame.bytes, frame.l4Offset! + 2);
}

function readTypeAndCode(frame: FrameDraft): void {
  frame.icmpType = frame.bytes[frame.l4Offset!];
  frame.icmpCode = frame.bytes[frame.l4Offset! + 1];
}

/** Where the options begin after the ICMPv6 header's start, by message type; undefined for other messages. */
function ndOptionsOffset(type: number): number | undefined {
  switch (type) {
    case Icmpv6Type.ROUTER_SOLICITATION:
      return 8;
    case Icmpv6Type.ROUTER_ADVERTISEMENT:
      return 16;
    case Icmpv6Type.NEIGHBOR_SOLICITATION:
    case Icmpv6Type.NEIGHBOR_ADVERTISEMENT:
      return 24;
    case Icmpv6Type.REDIRECT:
      return 40;
  }
  return undefined;
}

function parseNeighborDiscovery(frame: FrameDraft): void {
  if (frame.icmpCode !== 0) return;
  const optionsOffset = ndOptionsOffset(frame.icmpType!);
  if (optionsOffset === undefined) return;
  const { bytes } = frame;
  const start = frame.l4Offset!;
  const end = frame.l4End!;
  const optionsAt = start + optionsOffset;
  if (end < optionsAt) {
    frame.fault ??= 'ND_BAD_MESSAGE';
    return;
  }
  if (optionsOffset >= 24) frame.ndTarget = readIpv6(bytes, start + 8);
  for (let at = optionsAt; at < end; ) {
    const length = end - at < ND_OPTION_UNIT ? 0 : bytes[at + 1]! * ND_OPTION_UNIT;
    if (length === 0 || length > end - at) {
      frame.fault ??= 'ND_BAD_MESSAGE';
      return;
    }
    if (length === ND_OPTION_UNIT && !noteLinkLayerOption(frame, at)) {
      // Which of two addresses a receiver believes is anyone's guess: neither is reported, nor the target they are for.
      frame.ndTarget = undefined;
      frame.ndSll = undefined;
      frame.ndTll = undefined;
      frame.fault ??= 'ND_BAD_MESSAGE';
      return;
    }
    at += length;
  }
}

/** False if the option repeats one that was already there. */
function noteLinkLayerOption(frame: FrameDraft, at: number): boolean {
  const type = frame.bytes[at];
  const address = readMac(frame.bytes, at + 2);
  if (type === ND_SOURCE_LINK_LAYER) {
    if (frame.ndSll !== undefined) return false;
    frame.ndSll = address;
  } else if (type === ND_TARGET_LINK_LAYER) {
    if (frame.ndTll !== undefined) return false;
    frame.ndTll = address;
  }
  return true;
}
