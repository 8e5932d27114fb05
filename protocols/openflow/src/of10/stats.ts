// Statistics bodies of OpenFlow 1.0 (OF1.0.1 §5.3.5). The type stands four bytes before the body, with the flags between:
// `tagOf('body')` in the message leaves its place, the codecs here read and write it.

import { readU16, writeU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import { struct } from '../wire/compile.ts';
import {
  type Codec,
  fixed,
  type Layout,
  length,
  list,
  type Named,
  pad,
  rest,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from '../wire/layout.ts';
import { action10 } from './actions.ts';
import { checkedMatch10, match10 } from './match.ts';

const DESC = 0;
const FLOW = 1;
const AGGREGATE = 2;
const TABLE = 3;
const PORT = 4;
const QUEUE = 5;
const VENDOR = 0xffff;
const TAG_OFFSET = -4;

function body<const L extends Layout>(number: number, ...fields: L): Variant<L> {
  return { number, head: [], body: fields };
}

const options = {
  key: 'stats',
  least: 0,
  numberAt: (bytes: Uint8Array, at: number) => readU16(bytes, at + TAG_OFFSET),
  // BAD_STAT in 1.0, BAD_MULTIPART in 1.3.
  unknownAnswer: { type: 1, code: 2 },
  writeNumber: (out: Uint8Array, at: number, number: number) => writeU16(out, at + TAG_OFFSET, number),
} as const;

const flowRequest = [fixed('match', checkedMatch10), u8('tableId'), pad(1), u16('outPort')] as const;
const vendor = body(VENDOR, u32('vendor'), rest('data'));

const requests = choice(
  { name: 'statsRequest', ...options },
  {
    desc: body(DESC),
    flow: body(FLOW, ...flowRequest),
    aggregate: body(AGGREGATE, ...flowRequest),
    table: body(TABLE),
    port: body(PORT, u16('portNo'), pad(6)),
    queue: body(QUEUE, u16('portNo'), pad(2), u32('queueId')),
    vendor,
  },
);

export type Of10StatsRequestBody = Named<ValueOf<typeof requests>>;
export const statsRequest10: Codec<Of10StatsRequestBody> = requests;

export const flowStats10 = struct('flowStats', [
  length(),
  u8('tableId'),
  pad(1),
  fixed('match', match10),
  u32('durationSec'),
  u32('durationNsec'),
  u16('priority'),
  u16('idleTimeout'),
  u16('hardTimeout'),
  pad(6),
  u64('cookie'),
  u64('packetCount'),
  u64('byteCount'),
  list('actions', action10),
]);
export type Of10FlowStats = ValueOf<typeof flowStats10>;

const tableStats10 = struct('tableStats', [
  u8('tableId'),
  pad(3),
  text('name', 32),
  u32('wildcards'),
  u32('maxEntries'),
  u32('activeCount'),
  u64('lookupCount'),
  u64('matchedCount'),
]);

export const portStats10 = struct('portStats', [
  u16('portNo'),
  pad(6),
  u64('rxPackets'),
  u64('txPackets'),
  u64('rxBytes'),
  u64('txBytes'),
  u64('rxDropped'),
  u64('txDropped'),
  u64('rxErrors'),
  u64('txErrors'),
  u64('rxFrameErr'),
  u64('rxOverErr'),
  u64('rxCrcErr'),
  u64('collisions'),
]);
export type Of10PortStats = ValueOf<typeof portStats10>;

const queueStats10 = struct('queueStats', [
  u16('portNo'),
  pad(2),
  u32('queueId'),
  u64('txBytes'),
  u64('txPackets'),
  u64('txErrors'),
]);

const replies = choice(
  { name: 'statsReply', ...options },
  {
    desc: body(
      DESC,
      text('mfrDesc', 256),
      text('hwDesc', 256),
      text('swDesc', 256),
      text('serialNum', 32),
      text('dpDesc', 256),
    ),
    flow: body(FLOW, list('entries', flowStats10)),
    aggregate: body(AGGREGATE, u64('packetCount'), u64('byteCount'), u32('flowCount'), pad(4)),
    table: body(TABLE, list('entries', tableStats10)),
    port: body(PORT, list('entries', portStats10)),
    queue: body(QUEUE, list('entries', queueStats10)),
    vendor,
  },
);

export type Of10StatsReplyBody = Named<ValueOf<typeof replies>>;
export const statsReply10: Codec<Of10StatsReplyBody> = replies;
