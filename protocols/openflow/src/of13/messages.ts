// Every message of OpenFlow 1.3 (OF1.3.5 §7), and the ONF's bundles (extension 230), which 1.3 has as experimenter
// messages.

import {
  constant,
  fixed,
  lengthOf,
  list,
  mac,
  type Named,
  pad,
  part,
  rest,
  tagOf,
  u8,
  u16,
  u32,
  u32s,
  u64,
} from '../wire/layout.ts';
import { extension, type MessageOf, type MessageTable, message, messageTable } from '../wire/message-table.ts';
import { action13 } from './actions.ts';
import { instruction13 } from './instructions.ts';
import { checkedMatch13, match13 } from './match.ts';
import { multipartReply13, multipartRequest13 } from './multipart.ts';
import { ONF } from './oxm-fields.ts';
import { bucket13, meterBand13, packetQueue13, port13 } from './structures.ts';

const EXPERIMENTER = 4;
const BUNDLE_CONTROL = 2300;
const BUNDLE_ADD = 2301;

const config = [u16('flags'), u16('missSendLen')] as const;
const role = [u32('role'), pad(4), u64('generationId')] as const;
/** The first mask is for the roles equal and master, the second for slave. */
const asyncMasks = [u32s('packetInMask', 2), u32s('portStatusMask', 2), u32s('flowRemovedMask', 2)] as const;

const messages = {
  /** With `errorType` 0xffff `code` is the experimenter's type and `data` starts with its 32-bit id. */
  error: message(1, u16('errorType'), u16('code'), rest('data')),
  echoRequest: message(2, rest('data')),
  echoReply: message(3, rest('data')),
  experimenter: message(EXPERIMENTER, u32('experimenter'), u32('expType'), rest('data')),
  featuresRequest: message(5),
  featuresReply: message(
    6,
    u64('datapathId'),
    u32('nBuffers'),
    u8('nTables'),
    u8('auxiliaryId'),
    pad(2),
    u32('capabilities'),
    u32('reserved'),
  ),
  getConfigRequest: message(7),
  getConfigReply: message(8, ...config),
  setConfig: message(9, ...config),
  packetIn: message(
    10,
    u32('bufferId'),
    u16('totalLen'),
    u8('reason'),
    u8('tableId'),
    u64('cookie'),
    part('match', match13),
    pad(2),
    rest('data'),
  ),
  flowRemoved: message(
    11,
    u64('cookie'),
    u16('priority'),
    u8('reason'),
    u8('tableId'),
    u32('durationSec'),
    u32('durationNsec'),
    u16('idleTimeout'),
    u16('hardTimeout'),
    u64('packetCount'),
    u64('byteCount'),
    part('match', match13),
  ),
  portStatus: message(12, u8('reason'), pad(7), fixed('port', port13)),
  packetOut: message(
    13,
    u32('bufferId'),
    u32('inPort'),
    lengthOf('actions'),
    pad(6),
    list('actions', action13),
    rest('data'),
  ),
  flowMod: message(
    14,
    u64('cookie'),
    u64('cookieMask'),
    u8('tableId'),
    u8('command'),
    u16('idleTimeout'),
    u16('hardTimeout'),
    u16('priority'),
    u32('bufferId'),
    u32('outPort'),
    u32('outGroup'),
    u16('flags'),
    pad(2),
    part('match', checkedMatch13),
    list('instructions', instruction13),
  ),
  groupMod: message(15, u16('command'), u8('groupType'), pad(1), u32('groupId'), list('buckets', bucket13)),
  portMod: message(
    16,
    u32('portNo'),
    pad(4),
    mac('hwAddr'),
    pad(2),
    u32('config'),
    u32('mask'),
    u32('advertise'),
    pad(4),
  ),
  tableMod: message(17, u8('tableId'), pad(3), u32('config')),
  multipartRequest: message(18, tagOf('body'), u16('flags'), pad(4), part('body', multipartRequest13)),
  multipartReply: message(19, tagOf('body'), u16('flags'), pad(4), part('body', multipartReply13)),
  barrierRequest: message(20),
  barrierReply: message(21),
  queueGetConfigRequest: message(22, u32('port'), pad(4)),
  queueGetConfigReply: message(23, u32('port'), pad(4), list('queues', packetQueue13)),
  roleRequest: message(24, ...role),
  roleReply: message(25, ...role),
  getAsyncRequest: message(26),
  getAsyncReply: message(27, ...asyncMasks),
  setAsync: message(28, ...asyncMasks),
  meterMod: message(29, u16('command'), u16('flags'), u32('meterId'), list('bands', meterBand13)),
  /** `bundleType`: BundleControl; `flags`: BundleFlag. */
  bundleControl: extension(
    EXPERIMENTER + 0x100,
    [constant(4, ONF), constant(4, BUNDLE_CONTROL)],
    u32('bundleId'),
    u16('bundleType'),
    u16('flags'),
    rest('properties'),
  ),
  /** `message`: the added message, encoded, with the same xid; behind it any properties. */
  bundleAdd: extension(
    EXPERIMENTER + 0x200,
    [constant(4, ONF), constant(4, BUNDLE_ADD)],
    u32('bundleId'),
    pad(2),
    u16('flags'),
    rest('message'),
  ),
} as const;

/** Every 1.3 message but HELLO. */
export type Of13Message = Named<MessageOf<4, typeof messages>>;
export type Of13Type = Of13Message['type'];
type Of<Type extends Of13Type> = Extract<Of13Message, { readonly type: Type }>;

export type Of13Error = Of<'error'>;
export type Of13EchoRequest = Of<'echoRequest'>;
export type Of13EchoReply = Of<'echoReply'>;
export type Of13Experimenter = Of<'experimenter'>;
export type Of13FeaturesRequest = Of<'featuresRequest'>;
export type Of13FeaturesReply = Of<'featuresReply'>;
export type Of13GetConfigRequest = Of<'getConfigRequest'>;
export type Of13GetConfigReply = Of<'getConfigReply'>;
export type Of13SetConfig = Of<'setConfig'>;
export type Of13PacketIn = Of<'packetIn'>;
export type Of13FlowRemoved = Of<'flowRemoved'>;
export type Of13PortStatus = Of<'portStatus'>;
export type Of13PacketOut = Of<'packetOut'>;
export type Of13FlowMod = Of<'flowMod'>;
export type Of13GroupMod = Of<'groupMod'>;
export type Of13PortMod = Of<'portMod'>;
export type Of13TableMod = Of<'tableMod'>;
export type Of13MultipartRequest = Of<'multipartRequest'>;
export type Of13MultipartReply = Of<'multipartReply'>;
export type Of13BarrierRequest = Of<'barrierRequest'>;
export type Of13BarrierReply = Of<'barrierReply'>;
export type Of13QueueGetConfigRequest = Of<'queueGetConfigRequest'>;
export type Of13QueueGetConfigReply = Of<'queueGetConfigReply'>;
export type Of13RoleRequest = Of<'roleRequest'>;
export type Of13RoleReply = Of<'roleReply'>;
export type Of13GetAsyncRequest = Of<'getAsyncRequest'>;
export type Of13GetAsyncReply = Of<'getAsyncReply'>;
export type Of13SetAsync = Of<'setAsync'>;
export type Of13MeterMod = Of<'meterMod'>;
export type Of13BundleControl = Of<'bundleControl'>;
export type Of13BundleAdd = Of<'bundleAdd'>;

export const table13: MessageTable<Of13Message> = messageTable(4, messages);
