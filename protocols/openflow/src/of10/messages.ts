// Every message of OpenFlow 1.0 (OF1.0.1 §5), and Nicira's role messages, which 1.0 has as vendor messages.

import { NICIRA } from '../nicira/actions.ts';
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
  u64,
} from '../wire/layout.ts';
import { extension, type MessageOf, type MessageTable, message, messageTable } from '../wire/message-table.ts';
import { action10 } from './actions.ts';
import { checkedMatch10, match10 } from './match.ts';
import { statsReply10, statsRequest10 } from './stats.ts';
import { packetQueue10, port10 } from './structures.ts';

const VENDOR = 4;
const NX_ROLE_REQUEST = 0x0a00;
const NX_ROLE_REPLY = 0x0b00;

const messages = {
  error: message(1, u16('errorType'), u16('code'), rest('data')),
  echoRequest: message(2, rest('data')),
  echoReply: message(3, rest('data')),
  vendor: message(VENDOR, u32('vendor'), rest('data')),
  featuresRequest: message(5),
  featuresReply: message(
    6,
    u64('datapathId'),
    u32('nBuffers'),
    u8('nTables'),
    pad(3),
    u32('capabilities'),
    u32('actions'),
    list('ports', port10),
  ),
  getConfigRequest: message(7),
  getConfigReply: message(8, u16('flags'), u16('missSendLen')),
  setConfig: message(9, u16('flags'), u16('missSendLen')),
  packetIn: message(10, u32('bufferId'), u16('totalLen'), u16('inPort'), u8('reason'), pad(1), rest('data')),
  flowRemoved: message(
    11,
    fixed('match', match10),
    u64('cookie'),
    u16('priority'),
    u8('reason'),
    pad(1),
    u32('durationSec'),
    u32('durationNsec'),
    u16('idleTimeout'),
    pad(2),
    u64('packetCount'),
    u64('byteCount'),
  ),
  portStatus: message(12, u8('reason'), pad(7), fixed('port', port10)),
  packetOut: message(13, u32('bufferId'), u16('inPort'), lengthOf('actions'), list('actions', action10), rest('data')),
  flowMod: message(
    14,
    fixed('match', checkedMatch10),
    u64('cookie'),
    u16('command'),
    u16('idleTimeout'),
    u16('hardTimeout'),
    u16('priority'),
    u32('bufferId'),
    u16('outPort'),
    u16('flags'),
    list('actions', action10),
  ),
  portMod: message(15, u16('portNo'), mac('hwAddr'), u32('config'), u32('mask'), u32('advertise'), pad(4)),
  statsRequest: message(16, tagOf('body'), u16('flags'), part('body', statsRequest10)),
  statsReply: message(17, tagOf('body'), u16('flags'), part('body', statsReply10)),
  barrierRequest: message(18),
  barrierReply: message(19),
  queueGetConfigRequest: message(20, u16('port'), pad(2)),
  queueGetConfigReply: message(21, u16('port'), pad(6), list('queues', packetQueue10)),
  /** `role`: NxRole. Nicira's numbers differ from those of OpenFlow 1.3. */
  nxRoleRequest: extension(VENDOR + NX_ROLE_REQUEST, [constant(4, NICIRA), constant(4, 10)], u32('role')),
  nxRoleReply: extension(VENDOR + NX_ROLE_REPLY, [constant(4, NICIRA), constant(4, 11)], u32('role')),
} as const;

/** Every 1.0 message but HELLO. */
export type Of10Message = Named<MessageOf<1, typeof messages>>;
export type Of10Type = Of10Message['type'];
type Of<Type extends Of10Type> = Extract<Of10Message, { readonly type: Type }>;

export type Of10Error = Of<'error'>;
export type Of10EchoRequest = Of<'echoRequest'>;
export type Of10EchoReply = Of<'echoReply'>;
export type Of10Vendor = Of<'vendor'>;
export type Of10FeaturesRequest = Of<'featuresRequest'>;
export type Of10FeaturesReply = Of<'featuresReply'>;
export type Of10GetConfigRequest = Of<'getConfigRequest'>;
export type Of10GetConfigReply = Of<'getConfigReply'>;
export type Of10SetConfig = Of<'setConfig'>;
export type Of10PacketIn = Of<'packetIn'>;
export type Of10FlowRemoved = Of<'flowRemoved'>;
export type Of10PortStatus = Of<'portStatus'>;
export type Of10PacketOut = Of<'packetOut'>;
export type Of10FlowMod = Of<'flowMod'>;
export type Of10PortMod = Of<'portMod'>;
export type Of10StatsRequest = Of<'statsRequest'>;
export type Of10StatsReply = Of<'statsReply'>;
export type Of10BarrierRequest = Of<'barrierRequest'>;
export type Of10BarrierReply = Of<'barrierReply'>;
export type Of10QueueGetConfigRequest = Of<'queueGetConfigRequest'>;
export type Of10QueueGetConfigReply = Of<'queueGetConfigReply'>;
export type Of10NxRoleRequest = Of<'nxRoleRequest'>;
export type Of10NxRoleReply = Of<'nxRoleReply'>;

export const table10: MessageTable<Of10Message> = messageTable(1, messages);
