// What somebody would write who needs only this: the fields of an OpenFlow 1.0 PacketIn with an IPv4 TCP frame, and the
// FlowMod that answers it, at fixed offsets. No checks, no tags, no options. It is the measure for the codec, which
// reads and writes the same fields of any message.

/** The fields that the FlowMod needs, and those that a controller looks at on the way. */
export interface HandReadPacketIn {
  readonly xid: number;
  readonly bufferId: number;
  readonly totalLen: number;
  readonly inPort: number;
  readonly reason: number;
  readonly ethDst: number;
  readonly ethSrc: number;
  readonly ethType: number;
  readonly ipTos: number;
  readonly ipTtl: number;
  readonly ipProto: number;
  readonly ipv4Src: number;
  readonly ipv4Dst: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly tcpFlags: number;
}

const FRAME = 18;
const IP = FRAME + 14;
const TCP = IP + 20;
/** OFPFW_DL_VLAN and OFPFW_DL_VLAN_PCP: all other fields are matched. */
const ANY_VLAN = 0x100002;

const readU16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
const readU48 = (bytes: Uint8Array, at: number): number => readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);

export function readPacketInByHand(bytes: Uint8Array): HandReadPacketIn {
  return {
    xid: readU32(bytes, 4),
    bufferId: readU32(bytes, 8),
    totalLen: readU16(bytes, 12),
    inPort: readU16(bytes, 14),
    reason: bytes[16]!,
    ethDst: readU48(bytes, FRAME),
    ethSrc: readU48(bytes, FRAME + 6),
    ethType: readU16(bytes, FRAME + 12),
    ipTos: bytes[IP + 1]!,
    ipTtl: bytes[IP + 8]!,
    ipProto: bytes[IP + 9]!,
    ipv4Src: readU32(bytes, IP + 12),
    ipv4Dst: readU32(bytes, IP + 16),
    srcPort: readU16(bytes, TCP),
    dstPort: readU16(bytes, TCP + 2),
    tcpFlags: readU16(bytes, TCP + 12) & 0xfff,
  };
}

function writeU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

function writeU48(out: Uint8Array, at: number, value: number): void {
  writeU16(out, at, value / 0x1_0000_0000);
  writeU32(out, at + 2, value >>> 0);
}

export interface HandWrittenAnswer {
  readonly cookie: bigint;
  readonly idleTimeout: number;
  readonly priority: number;
  readonly outPort: number;
}

/** The FlowMod: an exact match on what was read, and one output. */
export function writeFlowModByHand(packet: HandReadPacketIn, answer: HandWrittenAnswer): Uint8Array {
  // From node's pool, as the codec takes it from its own: a fresh Uint8Array of 80 bytes costs more than filling it.
  const out = Buffer.allocUnsafe(80);
  out[0] = 1;
  out[1] = 14;
  writeU16(out, 2, 80);
  writeU32(out, 4, packet.xid);
  writeU32(out, 8, ANY_VLAN);
  writeU16(out, 12, packet.inPort);
  writeU48(out, 14, packet.ethSrc);
  writeU48(out, 20, packet.ethDst);
  writeU32(out, 26, 0);
  writeU16(out, 30, packet.ethType);
  out[32] = packet.ipTos & 0xfc;
  out[33] = packet.ipProto;
  writeU16(out, 34, 0);
  writeU32(out, 36, packet.ipv4Src);
  writeU32(out, 40, packet.ipv4Dst);
  writeU16(out, 44, packet.srcPort);
  writeU16(out, 46, packet.dstPort);
  out.writeBigUInt64BE(answer.cookie, 48);
  writeU16(out, 56, 0);
  writeU16(out, 58, answer.idleTimeout);
  writeU16(out, 60, 0);
  writeU16(out, 62, answer.priority);
  writeU32(out, 64, packet.bufferId);
  writeU16(out, 68, 0xffff);
  writeU16(out, 70, 1);
  writeU16(out, 72, 0);
  writeU16(out, 74, 8);
  writeU16(out, 76, answer.outPort);
  writeU16(out, 78, 0);
  return out;
}
