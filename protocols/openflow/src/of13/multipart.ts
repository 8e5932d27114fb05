// Multipart bodies of OpenFlow 1.3 (OF1.3.5 §7.3.5). The type stands eight bytes before the body, with flags and padding
// between: `tagOf('body')` in the message leaves its place, the codecs here read and write it.

import { readU16, writeU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import { struct } from '../wire/compile.ts';
import {
  type Codec,
  type Layout,
  length,
  list,
  type Named,
  pad,
  part,
  rest,
  text,
  u8,
  u16,
  u32,
  u32s,
  u64,
  type ValueOf,
} from '../wire/layout.ts';
import { instruction13 } from './instructions.ts';
import { checkedMatch13, match13 } from './match.ts';
import { bucket13, meterBand13, port13 } from './structures.ts';
import { tableFeatures13 } from './table-features.ts';

const DESC = 0;
const FLOW = 1;
const AGGREGATE = 2;
const TABLE = 3;
const PORT_STATS = 4;
const QUEUE = 5;
const GROUP = 6;
const GROUP_DESC = 7;
const GROUP_FEATURES = 8;
const METER = 9;
const METER_CONFIG = 10;
const METER_FEATURES = 11;
const TABLE_FEATURES = 12;
const PORT_DESC = 13;
const EXPERIMENTER = 0xffff;
const TAG_OFFSET = -8;

function body<const L extends Layout>(number: number, ...fields: L): Variant<L> {
  return { number, head: [], body: fields };
}

const options = {
  key: 'multipart',
  least: 0,
  numberAt: (bytes: Uint8Array, at: number) => readU16(bytes, at + TAG_OFFSET),
  // BAD_STAT in 1.0, BAD_MULTIPART in 1.3.
  unknownAnswer: { type: 1, code: 2 },
  writeNumber: (out: Uint8Array, at: number, number: number) => writeU16(out, at + TAG_OFFSET, number),
} as const;

const flowRequest = [
  u8('tableId'),
  pad(3),
  u32('outPort'),
  u32('outGroup'),
  pad(4),
  u64('cookie'),
  u64('cookieMask'),
  part('match', checkedMatch13),
] as const;

const experimenter = body(EXPERIMENTER, u32('experimenter'), u32('expType'), rest('data'));

const requests = choice(
  { name: 'multipartRequest', ...options },
  {
    desc: body(DESC),
    flow: body(FLOW, ...flowRequest),
    aggregate: body(AGGREGATE, ...flowRequest),
    table: body(TABLE),
    portStats: body(PORT_STATS, u32('portNo'), pad(4)),
    queue: body(QUEUE, u32('portNo'), u32('queueId')),
    group: body(GROUP, u32('groupId'), pad(4)),
    groupDesc: body(GROUP_DESC),
    groupFeatures: body(GROUP_FEATURES),
    meter: body(METER, u32('meterId'), pad(4)),
    meterConfig: body(METER_CONFIG, u32('meterId'), pad(4)),
    meterFeatures: body(METER_FEATURES),
    /** No entries: asks for the features; else sets them. */
    tableFeatures: body(TABLE_FEATURES, list('entries', tableFeatures13)),
    portDesc: body(PORT_DESC),
    experimenter,
  },
);

export type Of13MultipartRequestBody = Named<ValueOf<typeof requests>>;
export const multipartRequest13: Codec<Of13MultipartRequestBody> = requests;

export const flowStats13 = struct('flowStats', [
  length(),
  u8('tableId'),
  pad(1),
  u32('durationSec'),
  u32('durationNsec'),
  u16('priority'),
  u16('idleTimeout'),
  u16('hardTimeout'),
  u16('flags'),
  pad(4),
  u64('cookie'),
  u64('packetCount'),
  u64('byteCount'),
  part('match', match13),
  list('instructions', instruction13),
]);
export type Of13FlowStats = ValueOf<typeof flowStats13>;

const tableStats13 = struct('tableStats', [
  u8('tableId'),
  pad(3),
  u32('activeCount'),
  u64('lookupCount'),
  u64('matchedCount'),
]);

export const portStats13 = struct('portStats', [
  u32('portNo'),
  pad(4),
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
  u32('durationSec'),
  u32('durationNsec'),
]);
export type Of13PortStats = ValueOf<typeof portStats13>;

const queueStats13 = struct('queueStats', [
  u32('portNo'),
  u32('queueId'),
  u64('txBytes'),
  u64('txPackets'),
  u64('txErrors'),
  u32('durationSec'),
  u32('durationNsec'),
]);

const counter = struct('counter', [u64('packetCount'), u64('byteCount')]);

const groupStats13 = struct('groupStats', [
  length(),
  pad(2),
  u32('groupId'),
  u32('refCount'),
  pad(4),
  u64('packetCount'),
  u64('byteCount'),
  u32('durationSec'),
  u32('durationNsec'),
  list('bucketStats', counter),
]);

const groupDesc13 = struct('groupDesc', [length(), u8('groupType'), pad(1), u32('groupId'), list('buckets', bucket13)]);

const meterStats13 = struct('meterStats', [
  u32('meterId'),
  length(),
  pad(6),
  u32('flowCount'),
  u64('packetInCount'),
  u64('byteInCount'),
  u32('durationSec'),
  u32('durationNsec'),
  list('bandStats', struct('bandStats', [u64('packetBandCount'), u64('byteBandCount')])),
]);

const meterConfig13 = struct('meterConfig', [length(), u16('flags'), u32('meterId'), list('bands', meterBand13)]);

const replies = choice(
  { name: 'multipartReply', ...options },
  {
    desc: body(
      DESC,
      text('mfrDesc', 256),
      text('hwDesc', 256),
      text('swDesc', 256),
      text('serialNum', 32),
      text('dpDesc', 256),
    ),
    flow: body(FLOW, list('entries', flowStats13)),
    aggregate: body(AGGREGATE, u64('packetCount'), u64('byteCount'), u32('flowCount'), pad(4)),
    table: body(TABLE, list('entries', tableStats13)),
    portStats: body(PORT_STATS, list('entries', portStats13)),
    queue: body(QUEUE, list('entries', queueStats13)),
    group: body(GROUP, list('entries', groupStats13)),
    groupDesc: body(GROUP_DESC, list('entries', groupDesc13)),
    /** The four of `maxGroups` and `actions` are for the group types all, select, indirect and fast failover. */
    groupFeatures: body(GROUP_FEATURES, u32('types'), u32('capabilities'), u32s('maxGroups', 4), u32s('actions', 4)),
    meter: body(METER, list('entries', meterStats13)),
    meterConfig: body(METER_CONFIG, list('entries', meterConfig13)),
    meterFeatures: body(
      METER_FEATURES,
      u32('maxMeter'),
      u32('bandTypes'),
      u32('capabilities'),
      u8('maxBands'),
      u8('maxColor'),
      pad(2),
    ),
    tableFeatures: body(TABLE_FEATURES, list('entries', tableFeatures13)),
    portDesc: body(PORT_DESC, list('entries', port13)),
    experimenter,
  },
);

export type Of13MultipartReplyBody = Named<ValueOf<typeof replies>>;
export const multipartReply13: Codec<Of13MultipartReplyBody> = replies;
