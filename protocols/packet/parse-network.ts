// The network layer of a frame: ARP (RFC 826), IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200 §4). Fills
// in a frame's draft; what runs beyond the bytes is a fault and ends the reading there. IPv6 extension headers are
// walked within the datagram only, so the walk is bounded by the frame's length.

import { readIpv4, readIpv6, readMac, readU16, readU32 } from './bytes.ts';
import { type FrameDraft, malformed } from './frame-draft.ts';
import { parseTransport } from './parse-transport.ts';
import { EtherType, IpProto } from './protocol-numbers.ts';

const ARP_LENGTH = 28;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
/** Every extension header has at least this many bytes. */
const EXTENSION_UNIT = 8;

export function parseNetwork(frame: FrameDraft): void {
  if (frame.ethType === EtherType.IPV4) parseIpv4(frame);
  else if (frame.ethType === EtherType.IPV6) parseIpv6(frame);
  else if (frame.ethType === EtherType.ARP) parseArp(frame);
}

function parseArp(frame: FrameDraft): void {
  const { bytes, l3Offset } = frame;
  if (bytes.length < l3Offset + ARP_LENGTH) {
    malformed(frame, 'ARP_TRUNCATED');
    return;
  }
  // Hardware Ethernet, protocol IPv4, address lengths 6 and 4.
  if (readU32(bytes, l3Offset) !== 0x0001_0800 || readU16(bytes, l3Offset + 4) !== 0x0604) {
    malformed(frame, 'ARP_BAD_HEADER');
    return;
  }
  frame.kind = 'arp';
  frame.arpOp = readU16(bytes, l3Offset + 6);
  frame.arpSha = readMac(bytes, l3Offset + 8);
  frame.arpSpa = readIpv4(bytes, l3Offset + 14);
  frame.arpTha = readMac(bytes, l3Offset + 18);
  frame.arpTpa = readIpv4(bytes, l3Offset + 24);
}

function parseIpv4(frame: FrameDraft): void {
  const { bytes, l3Offset } = frame;
  const available = bytes.length - l3Offset;
  if (available < IPV4_HEADER) {
    malformed(frame, 'IPV4_TRUNCATED');
    return;
  }
  const headerLength = (bytes[l3Offset]! & 0xf) * 4;
  const totalLength = readU16(bytes, l3Offset + 2);
  if (headerLength < IPV4_HEADER || totalLength < headerLength) {
    malformed(frame, 'IPV4_BAD_HEADER');
    return;
  }
  if (totalLength > available) {
    malformed(frame, 'IPV4_TRUNCATED');
    return;
  }
  frame.kind = 'ipv4';
  // Read on all the same: a switch does not look at the version.
  if (bytes[l3Offset]! >>> 4 !== 4) malformed(frame, 'IPV4_BAD_HEADER');
  frame.ipTos = bytes[l3Offset + 1];
  frame.ipTtl = bytes[l3Offset + 8];
  frame.ipProto = bytes[l3Offset + 9];
  frame.ipv4Src = readIpv4(bytes, l3Offset + 12);
  frame.ipv4Dst = readIpv4(bytes, l3Offset + 16);
  const flagsAndOffset = readU16(bytes, l3Offset + 6);
  frame.fragmentOffset = (flagsAndOffset & 0x1fff) * 8;
  if (frame.fragmentOffset !== 0) frame.fragment = 'later';
  else if ((flagsAndOffset & 0x2000) !== 0) frame.fragment = 'first';
  frame.l4Offset = l3Offset + headerLength;
  frame.l4End = l3Offset + totalLength;
  parseTransport(frame);
}

function parseIpv6(frame: FrameDraft): void {
  const { bytes, l3Offset } = frame;
  if (bytes.length < l3Offset + IPV6_HEADER) {
    malformed(frame, 'IPV6_TRUNCATED');
    return;
  }
  const end = l3Offset + IPV6_HEADER + readU16(bytes, l3Offset + 4);
  if (end > bytes.length) {
    malformed(frame, 'IPV6_TRUNCATED');
    return;
  }
  frame.kind = 'ipv6';
  if (bytes[l3Offset]! >>> 4 !== 6) malformed(frame, 'IPV6_BAD_HEADER');
  const firstWord = readU32(bytes, l3Offset);
  frame.ipv6FlowLabel = firstWord & 0xfffff;
  frame.ipv6Src = readIpv6(bytes, l3Offset + 8);
  frame.ipv6Dst = readIpv6(bytes, l3Offset + 24);
  frame.l4End = end;
  if (!walkExtensionHeaders(frame, end)) {
    malformed(frame, 'IPV6_EXTENSION_TRUNCATED');
    return;
  }
  frame.ipTos = (firstWord >>> 20) & 0xff;
  frame.ipTtl = bytes[l3Offset + 7];
  parseTransport(frame);
}

/** Sets `ipProto`, `fragment` and `l4Offset`; false if a header is cut. Stops at a later fragment. */
function walkExtensionHeaders(frame: FrameDraft, end: number): boolean {
  const { bytes } = frame;
  let next = bytes[frame.l3Offset + 6]!;
  let at = frame.l3Offset + IPV6_HEADER;
  while (isExtensionHeader(next)) {
    if (end - at < EXTENSION_UNIT) return false;
    const length = extensionLength(next, bytes[at + 1]!);
    if (end - at < length) return false;
    if (next === IpProto.FRAGMENT) {
      const offsetAndMore = readU16(bytes, at + 2);
      frame.fragmentOffset = offsetAndMore & 0xfff8;
      if (frame.fragmentOffset !== 0) {
        frame.fragment = 'later';
        frame.ipProto = IpProto.FRAGMENT;
        frame.l4Offset = at + length;
        return true;
      }
      // Offset 0 and nothing to follow is an atomic fragment (RFC 6946): a whole datagram.
      if ((offsetAndMore & 1) !== 0) frame.fragment = 'first';
    }
    next = bytes[at]!;
    at += length;
  }
  frame.ipProto = next;
  frame.l4Offset = at;
  return true;
}

function isExtensionHeader(proto: number): boolean {
  return (
    proto === IpProto.HOP_BY_HOP ||
    proto === IpProto.ROUTING ||
    proto === IpProto.FRAGMENT ||
    proto === IpProto.AUTHENTICATION ||
    proto === IpProto.DESTINATION_OPTIONS
  );
}

function extensionLength(proto: number, lengthField: number): number {
  if (proto === IpProto.FRAGMENT) return EXTENSION_UNIT;
  // RFC 4302 §2.2 counts in words of four, less two.
  if (proto === IpProto.AUTHENTICATION) return (lengthField + 2) * 4;
  return (lengthField + 1) * EXTENSION_UNIT;
}
