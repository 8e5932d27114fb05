// A received Ethernet frame, read once into a flat record: `parseFrame` never throws and copies nothing. What a frame
// is too short or too odd to say is `undefined`, and `fault` names the first thing wrong with it.
//
// It looks through every VLAN tag, where a switch looks through one: `kind`, addresses and ports are what a receiver
// that strips all tags would see, while `matchType` is the EtherType that a switch's match sees. With `tagCount` above
// 1 the two differ, and no IP match of a switch applies.

import type { Ipv4Address, MacAddress } from './address.ts';
import { readMac, readU16, readU32 } from './bytes.ts';
import { blankFrame, type Frame, type FrameDraft, malformed } from './frame-draft.ts';
import { parseNetwork } from './parse-network.ts';
import { EtherType, FIRST_ETHER_TYPE, IpProto, isVlanTag } from './protocol-numbers.ts';

export type { Frame, FrameFault, FrameKind } from './frame-draft.ts';

const ETHERNET_HEADER = 14;
const TAG_LENGTH = 4;
const LLC_HEADER = 3;
const SNAP_HEADER = 8;

/** Reads a frame. Accepts any bytes at all; never throws. */
export function parseFrame(bytes: Uint8Array): Frame {
  const frame = blankFrame(bytes);
  if (bytes.length < ETHERNET_HEADER) return malformed(frame, 'ETH_TRUNCATED');
  frame.ethDst = readMac(bytes, 0);
  frame.ethSrc = readMac(bytes, 6);
  let typeAt = 12;
  frame.outerType = readU16(bytes, typeAt);
  frame.matchType = frame.outerType;
  while (isVlanTag(readU16(bytes, typeAt))) {
    if (bytes.length < typeAt + TAG_LENGTH + 2) return malformed(frame, 'TAG_TRUNCATED');
    frame.tagCount++;
    if (frame.tagCount === 1) {
      const tagControl = readU16(bytes, typeAt + 2);
      frame.vlanVid = tagControl & 0xfff;
      frame.vlanPcp = tagControl >>> 13;
      frame.matchType = readU16(bytes, typeAt + TAG_LENGTH);
    }
    typeAt += TAG_LENGTH;
  }
  readEtherType(frame, typeAt);
  if (frame.tagCount === 0) frame.outerType = frame.ethType;
  if (frame.tagCount < 2) frame.matchType = frame.ethType;
  if (frame.kind !== 'malformed') parseNetwork(frame);
  return frame;
}

const NO_BYTES = new Uint8Array(0);
const IPV4_HEADER = 20;
const TTL = 64;

/** As of a TCP packet without a tag, whole and with nothing in it, of which only the ends are known. It has no bytes. */
export function plainIpv4Frame(
  link: { readonly ethSrc: MacAddress; readonly ethDst: MacAddress },
  src: Ipv4Address,
  dst: Ipv4Address,
): Frame {
  const frame = blankFrame(NO_BYTES);
  frame.kind = 'ipv4';
  frame.ethSrc = link.ethSrc;
  frame.ethDst = link.ethDst;
  frame.outerType = EtherType.IPV4;
  frame.matchType = EtherType.IPV4;
  frame.ethType = EtherType.IPV4;
  frame.l3Offset = ETHERNET_HEADER;
  frame.ipv4Src = src;
  frame.ipv4Dst = dst;
  frame.ipTos = 0;
  frame.ipTtl = TTL;
  frame.ipProto = IpProto.TCP;
  frame.l4Offset = ETHERNET_HEADER + IPV4_HEADER;
  frame.l4End = frame.l4Offset;
  frame.fault = 'TRANSPORT_TRUNCATED';
  return frame;
}

/** Sets `ethType` and `l3Offset` from the type or length field at `typeAt` (IEEE 802.3 §3.2.6, IEEE 802 §9). */
function readEtherType(frame: FrameDraft, typeAt: number): void {
  const { bytes } = frame;
  const typeOrLength = readU16(bytes, typeAt);
  const payloadAt = typeAt + 2;
  frame.l3Offset = payloadAt;
  frame.ethType = typeOrLength;
  if (typeOrLength >= FIRST_ETHER_TYPE) return;
  frame.ethType = EtherType.NONE;
  if (bytes.length >= payloadAt + SNAP_HEADER && isSnapWithEtherType(bytes, payloadAt)) {
    frame.ethType = readU16(bytes, payloadAt + 6);
    frame.isSnap = true;
    frame.l3Offset = payloadAt + SNAP_HEADER;
  }
  if (typeOrLength < LLC_HEADER || bytes.length < payloadAt + typeOrLength) malformed(frame, 'LLC_TRUNCATED');
}

/** LLC `aa aa 03`, OUI `00 00 00`, and a number that is an EtherType. */
function isSnapWithEtherType(bytes: Uint8Array, at: number): boolean {
  return (
    readU32(bytes, at) === 0xaaaa0300 && readU16(bytes, at + 4) === 0 && readU16(bytes, at + 6) >= FIRST_ETHER_TYPE
  );
}
