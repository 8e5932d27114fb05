// The codec's side of the comparison: decode a PacketIn, read its frame, encode the FlowMod that answers it. The rule says
// the same as the hand-written one, byte for byte (protocols.ts checks that before it measures).

import { decodeMessage, encodeMessage, FlowModCommand, type Message, Port10 } from 'node-openflow';
import type { MacAddress } from '../../protocols/packet/address.ts';
import { parseIp } from '../../protocols/packet/address.ts';
import { buildTcp } from '../../protocols/packet/build.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';

export const COOKIE = 0x1a2b_0000_0000_0007n;
export const IDLE_TIMEOUT_SEC = 30;
export const PRIORITY = 0x8000;
export const OUT_PORT = 2;

/** PacketIns of 64-byte frames, all different, so that nothing can be remembered from one to the next. */
export function packetIns(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const ethernet = { ethDst: 0x0200_0000_0000 + 7 * i, ethSrc: (0x0200_0000_1000 + i) as MacAddress };
    const ip = { src: parseIp(`10.1.${i % 256}.11`)!, dst: parseIp(`203.0.113.${i % 250}`)!, tos: (i % 64) * 4 };
    const data = buildTcp(ethernet, ip, { srcPort: 1024 + i, dstPort: 443, data: new Uint8Array(10) });
    const message: Message = {
      version: 1,
      type: 'packetIn',
      xid: i,
      bufferId: 256 + i,
      totalLen: data.length,
      inPort: 1 + (i % 48),
      reason: 0,
      data,
    };
    return encodeMessage(message).slice();
  });
}

export function answerWithCodec(bytes: Uint8Array): Uint8Array {
  const message = decodeMessage(bytes);
  if (message.type !== 'packetIn' || message.version !== 1) throw new Error('expected a PacketIn of OpenFlow 1.0');
  const frame = parseFrame(message.data);
  return encodeMessage({
    version: 1,
    type: 'flowMod',
    xid: message.xid,
    match: {
      inPort: message.inPort,
      dlSrc: frame.ethSrc,
      dlDst: frame.ethDst,
      dlType: frame.ethType,
      nwTos: frame.ipTos! & 0xfc,
      nwProto: frame.ipProto!,
      nwSrc: { address: frame.ipv4Src!, prefixLength: 32 },
      nwDst: { address: frame.ipv4Dst!, prefixLength: 32 },
      tpSrc: frame.srcPort!,
      tpDst: frame.dstPort!,
    },
    cookie: COOKIE,
    command: FlowModCommand.ADD,
    idleTimeout: IDLE_TIMEOUT_SEC,
    hardTimeout: 0,
    priority: PRIORITY,
    bufferId: message.bufferId,
    outPort: Port10.NONE,
    flags: 1,
    actions: [{ type: 'output', port: OUT_PORT, maxLen: 0 }],
  });
}
