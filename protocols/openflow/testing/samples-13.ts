// One plausible message of every kind of OpenFlow 1.3, such as a real switch or controller sends: for the witnesses, which
// refuse values that the types allow but the protocol does not.

import { BundleControl, BundleFlag, NO_BUFFER } from '../src/constants/common.ts';
import { Group, GroupType, MeterFlag, Port13 } from '../src/constants/of13.ts';
import { encodeMessage, type Message } from '../src/message.ts';
import type { Of13Instruction } from '../src/of13/instructions.ts';
import type { Of13FlowMod, Of13Message } from '../src/of13/messages.ts';
import { oxm } from '../src/of13/oxm.ts';
import { oxmId } from '../src/of13/oxm-id.ts';
import { arpFrame } from './samples-10.ts';

type Body<M> = M extends unknown ? Omit<M, 'version' | 'xid'> : never;

const port = {
  portNo: 1,
  hwAddr: 0x020000000001,
  name: 's1-eth1',
  config: 0,
  state: 4,
  curr: 0x840,
  advertised: 0,
  supported: 0,
  peer: 0,
  currSpeed: 10000000,
  maxSpeed: 0,
};
const match = [
  oxm('inPort', 1),
  oxm('ethType', 0x0800),
  oxm('ipv4Src', 0x0a010000, 0xffff0000),
  oxm('ipv4Dst', 0x0a090007),
];
const instructions: Of13Instruction[] = [
  { type: 'meter', meterId: 3 },
  {
    type: 'applyActions',
    actions: [
      { type: 'setField', field: oxm('ethDst', 0x020000000003) },
      { type: 'setQueue', queueId: 1 },
      { type: 'output', port: 2, maxLen: 0 },
    ],
  },
  { type: 'writeMetadata', metadata: 5n, metadataMask: 0xffn },
  { type: 'gotoTable', tableId: 3 },
];
const buckets = [
  {
    weight: 0,
    watchPort: Port13.ANY,
    watchGroup: Group.ANY,
    actions: [{ type: 'output' as const, port: 2, maxLen: 0 }],
  },
  {
    weight: 0,
    watchPort: Port13.ANY,
    watchGroup: Group.ANY,
    actions: [{ type: 'output' as const, port: 3, maxLen: 0 }],
  },
];
const bands = [
  { type: 'drop' as const, rate: 100000, burstSize: 10000 },
  { type: 'dscpRemark' as const, rate: 50000, burstSize: 5000, precLevel: 1 },
];
const flowRequest = { tableId: 0xff, outPort: Port13.ANY, outGroup: Group.ANY, cookie: 0n, cookieMask: 0n };
const duration = { durationSec: 7, durationNsec: 900000000 };
const role = { role: 2, generationId: 0x123456789n };
const masks: { packetInMask: number[]; portStatusMask: number[]; flowRemovedMask: number[] } = {
  packetInMask: [7, 0],
  portStatusMask: [7, 7],
  flowRemovedMask: [15, 0],
};
const flowMod: Of13FlowMod = {
  version: 4,
  type: 'flowMod',
  xid: 77,
  cookie: 0x1234n,
  cookieMask: 0n,
  tableId: 1,
  command: 0,
  idleTimeout: 10,
  hardTimeout: 0,
  priority: 100,
  bufferId: NO_BUFFER,
  outPort: Port13.ANY,
  outGroup: Group.ANY,
  flags: 1,
  match,
  instructions,
};
const ids = (...numbers: number[]) => numbers.map((id) => ({ id, data: new Uint8Array(0) }));

const bodies: readonly Body<Of13Message>[] = [
  { type: 'error', errorType: 5, code: 1, data: new Uint8Array(64) },
  { type: 'echoRequest', data: Uint8Array.of(1, 2, 3) },
  { type: 'echoReply', data: new Uint8Array(0) },
  { type: 'featuresRequest' },
  {
    type: 'featuresReply',
    datapathId: 0x00001aa009fbc9n,
    nBuffers: 0,
    nTables: 254,
    auxiliaryId: 0,
    capabilities: 0x4f,
    reserved: 0,
  },
  { type: 'getConfigRequest' },
  { type: 'getConfigReply', flags: 0, missSendLen: 128 },
  { type: 'setConfig', flags: 0, missSendLen: 65535 },
  {
    type: 'packetIn',
    bufferId: NO_BUFFER,
    totalLen: arpFrame.length,
    reason: 0,
    tableId: 4,
    cookie: 0xffffffffffffffffn,
    match: [oxm('inPort', 1)],
    data: arpFrame,
  },
  {
    type: 'flowRemoved',
    cookie: 0x1234n,
    priority: 32768,
    reason: 1,
    tableId: 2,
    ...duration,
    idleTimeout: 10,
    hardTimeout: 20,
    packetCount: 5n,
    byteCount: 500n,
    match,
  },
  { type: 'portStatus', reason: 2, port },
  {
    type: 'packetOut',
    bufferId: NO_BUFFER,
    inPort: Port13.CONTROLLER,
    actions: [{ type: 'output', port: Port13.FLOOD, maxLen: 0 }],
    data: arpFrame,
  },
  flowMod,
  { type: 'groupMod', command: 0, groupType: GroupType.ALL, groupId: 5, buckets },
  { type: 'portMod', portNo: 1, hwAddr: port.hwAddr, config: 1, mask: 1, advertise: 0 },
  { type: 'tableMod', tableId: 3, config: 0 },
  { type: 'barrierRequest' },
  { type: 'barrierReply' },
  { type: 'queueGetConfigRequest', port: 1 },
  {
    type: 'queueGetConfigReply',
    port: 1,
    queues: [
      { queueId: 0, port: 1, properties: [] },
      {
        queueId: 1,
        port: 1,
        properties: [
          { type: 'minRate', rate: 250 },
          { type: 'maxRate', rate: 500 },
        ],
      },
    ],
  },
  { type: 'roleRequest', ...role },
  { type: 'roleReply', ...role },
  { type: 'getAsyncRequest' },
  { type: 'getAsyncReply', ...masks },
  { type: 'setAsync', ...masks },
  { type: 'meterMod', command: 0, flags: MeterFlag.KBPS | MeterFlag.BURST, meterId: 3, bands },
  {
    type: 'bundleControl',
    bundleId: 9,
    bundleType: BundleControl.OPEN_REQUEST,
    flags: BundleFlag.ATOMIC | BundleFlag.ORDERED,
    properties: new Uint8Array(0),
  },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'desc' } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'flow', ...flowRequest, match } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'aggregate', ...flowRequest, match: [] } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'table' } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'portStats', portNo: Port13.ANY } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'queue', portNo: Port13.ANY, queueId: 0xffffffff } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'group', groupId: Group.ALL } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'groupDesc' } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'groupFeatures' } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'meter', meterId: 0xffffffff } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'meterConfig', meterId: 3 } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'meterFeatures' } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'tableFeatures', entries: [] } },
  { type: 'multipartRequest', flags: 0, body: { multipart: 'portDesc' } },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'desc',
      mfrDesc: 'Nicira, Inc.',
      hwDesc: 'Open vSwitch',
      swDesc: '3.1.0',
      serialNum: 'None',
      dpDesc: 'None',
    },
  },
  {
    type: 'multipartReply',
    flags: 1,
    body: {
      multipart: 'flow',
      entries: [
        {
          tableId: 1,
          ...duration,
          priority: 100,
          idleTimeout: 10,
          hardTimeout: 20,
          flags: 1,
          cookie: 5n,
          packetCount: 42n,
          byteCount: 4200n,
          match,
          instructions,
        },
      ],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'aggregate', packetCount: 42n, byteCount: 4200n, flowCount: 2 },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'table', entries: [{ tableId: 0, activeCount: 2, lookupCount: 50n, matchedCount: 42n }] },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'portStats',
      entries: [
        {
          portNo: 1,
          rxPackets: 10n,
          txPackets: 11n,
          rxBytes: 1200n,
          txBytes: 1300n,
          rxDropped: 0n,
          txDropped: 1n,
          rxErrors: 2n,
          txErrors: 3n,
          rxFrameErr: 4n,
          rxOverErr: 5n,
          rxCrcErr: 6n,
          collisions: 0xffffffffffffffffn,
          ...duration,
        },
      ],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'queue',
      entries: [{ portNo: 1, queueId: 1, txBytes: 1n, txPackets: 2n, txErrors: 3n, ...duration }],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'group',
      entries: [
        {
          groupId: 5,
          refCount: 1,
          packetCount: 42n,
          byteCount: 4200n,
          ...duration,
          bucketStats: [
            { packetCount: 40n, byteCount: 4000n },
            { packetCount: 2n, byteCount: 200n },
          ],
        },
      ],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'groupDesc', entries: [{ groupType: GroupType.ALL, groupId: 5, buckets }] },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'groupFeatures',
      types: 15,
      capabilities: 7,
      maxGroups: [Group.MAX, Group.MAX, Group.MAX, Group.MAX],
      actions: [0x7fff801, 0x7fff801, 0x7fff801, 0x7fff801],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'meter',
      entries: [
        {
          meterId: 3,
          flowCount: 1,
          packetInCount: 42n,
          byteInCount: 4200n,
          ...duration,
          bandStats: [{ packetBandCount: 1n, byteBandCount: 100n }],
        },
      ],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'meterConfig', entries: [{ flags: MeterFlag.KBPS | MeterFlag.BURST, meterId: 3, bands }] },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'meterFeatures', maxMeter: 256, bandTypes: 6, capabilities: 15, maxBands: 2, maxColor: 8 },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: {
      multipart: 'tableFeatures',
      entries: [
        {
          tableId: 0,
          name: 'classifier',
          metadataMatch: 0xffffffffffffffffn,
          metadataWrite: 0xffffffffffffffffn,
          config: 3,
          maxEntries: 1000000,
          properties: [
            { type: 'instructions', ids: ids(1, 2, 3, 4, 5, 6) },
            { type: 'instructionsMiss', ids: ids(1, 4) },
            { type: 'nextTables', tables: [1, 2, 3].map((tableId) => ({ tableId })) },
            { type: 'nextTablesMiss', tables: [] },
            { type: 'writeActions', ids: ids(0, 21, 22) },
            { type: 'writeActionsMiss', ids: ids(0) },
            { type: 'applyActions', ids: ids(0, 21, 22, 25) },
            { type: 'applyActionsMiss', ids: ids(0) },
            {
              type: 'match',
              fields: [oxmId('inPort'), oxmId('ethDst', true), oxmId('ethType'), oxmId('ipv4Src', true)],
            },
            { type: 'wildcards', fields: [oxmId('inPort'), oxmId('ethDst')] },
            { type: 'writeSetField', fields: [oxmId('ethDst')] },
            { type: 'writeSetFieldMiss', fields: [oxmId('ethDst')] },
            { type: 'applySetField', fields: [oxmId('ethDst'), oxmId('vlanVid')] },
            { type: 'applySetFieldMiss', fields: [oxmId('ethDst')] },
          ],
        },
      ],
    },
  },
  {
    type: 'multipartReply',
    flags: 0,
    body: { multipart: 'portDesc', entries: [port, { ...port, portNo: Port13.LOCAL }] },
  },
];

export const samples13: readonly Message[] = [
  ...bodies.map((body, index) => ({ xid: index + 200, ...body, version: 4 }) as Message),
  { version: 4, type: 'bundleAdd', xid: 77, bundleId: 9, flags: 3, message: encodeMessage(flowMod) },
];

/** Messages of experimenters that Open vSwitch does not know. */
export const opaqueSamples13: readonly Message[] = [
  { version: 4, type: 'experimenter', xid: 900, experimenter: 0x005c16c7, expType: 9, data: Uint8Array.of(1, 2, 3, 4) },
  {
    version: 4,
    type: 'multipartRequest',
    xid: 901,
    flags: 0,
    body: { multipart: 'experimenter', experimenter: 0x005c16c7, expType: 1, data: new Uint8Array(4) },
  },
];
