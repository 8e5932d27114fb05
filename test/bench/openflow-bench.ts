// How fast OpenFlow is read and written: the codec against code written by hand for the one message, and the framing of a
// stream. Each subject first shows that it does the same as its measure.

import { encodeMessage, FrameSplitter } from 'node-openflow';
import { answerWithCodec, COOKIE, IDLE_TIMEOUT_SEC, OUT_PORT, PRIORITY, packetIns } from './answer-packet-in.ts';
import { readPacketInByHand, writeFlowModByHand } from './hand-written.ts';
import { compare, keep, perSecond } from './measure.ts';
import type { Result } from './result.ts';

const DIFFERENT_PACKETS = 256;
const MESSAGES_PER_CHUNK = 1000;

/** Decoding a PacketIn with its frame's headers, and encoding the FlowMod that answers it. */
export function answerPacketIn(): Result {
  const messages = packetIns(DIFFERENT_PACKETS);
  const fields = { cookie: COOKIE, idleTimeout: IDLE_TIMEOUT_SEC, priority: PRIORITY, outPort: OUT_PORT };
  const byHand = (bytes: Uint8Array): Uint8Array => writeFlowModByHand(readPacketInByHand(bytes), fields);
  for (const bytes of messages) {
    if (Buffer.compare(answerWithCodec(bytes), byHand(bytes)) !== 0) throw new Error('the two answers differ');
  }
  // Two loops, not one with a function as its argument: that would be compiled once, for both.
  const { ratio, subject } = compare(
    () => {
      for (const bytes of messages) keep(answerWithCodec(bytes)[5]!);
      return messages.length;
    },
    () => {
      for (const bytes of messages) keep(byHand(bytes)[5]!);
      return messages.length;
    },
  );
  return {
    name: 'openflow: decode a PacketIn and its frame, encode the FlowMod',
    value: ratio,
    unit: 'times a hand-written version',
    goal: { atMost: 3 },
    perSecond: subject,
  };
}

/** Cutting a chunk of 1,000 messages: each must be a view of the chunk's own memory. */
export function frameStream(): Result {
  const small = encodeMessage({ version: 1, type: 'barrierReply', xid: 7 });
  const chunk = Buffer.concat(Array.from({ length: MESSAGES_PER_CHUNK }, () => small));
  const splitter = new FrameSplitter();
  const frames = [...splitter.push(chunk)];
  const copied = frames.filter(
    ({ buffer, byteOffset }, i) => buffer !== chunk.buffer || byteOffset !== chunk.byteOffset + i * small.length,
  );
  if (frames.length !== MESSAGES_PER_CHUNK) throw new Error(`${frames.length} messages came of ${MESSAGES_PER_CHUNK}`);
  return {
    name: 'openflow: frame a chunk of 1,000 messages',
    value: copied.length,
    unit: 'messages copied',
    goal: { atMost: 0 },
    perSecond: perSecond(() => {
      for (const frame of splitter.push(chunk)) keep(frame.length);
      return MESSAGES_PER_CHUNK;
    }),
  };
}
