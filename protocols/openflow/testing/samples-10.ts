// One plausible message of every kind of OpenFlow 1.0, such as a real switch or controller sends: for the witnesses, which
// refuse values that the types allow but the protocol does not.

import { NO_BUFFER } from '../src/constants/common.ts';
import { Port10 } from '../src/constants/of10.ts';
import { versionBitmap } from '../src/hello.ts';
import type { Message } from '../src/message.ts';
import type { Of10Action } from '../src/of10/actions.ts';
import type { Of10Message } from '../src/of10/messages.ts';

type Body<M> = M extends unknown ? Omit<M, 'version' | 'xid'> : never;

/** An ARP request from 10.1.0.1 for 10.1.0.2, as Ethernet frame. */
export const arpFrame = Uint8Array.from(
  Buffer.from('ffffffffffff020000000001080600010800060400010200000000010a0100010000000000000a010002', 'hex'),
);

export const port10 = {
  portNo: 1,
  hwAddr: 0x020000000001,
  name: 's1-eth1',
  config: 0,
  state: 0,
  curr: 0xc0,
  advertised: 0,
  supported: 0,
  peer: 0,
};

const match = { inPort: 1, dlType: 0x0800, nwSrc: { address: 0x0a010001, prefixLength: 32 }, nwProto: 6, tpDst: 80 };
const actions: Of10Action[] = [
  { type: 'setDlDst', dlAddr: 0x020000000003 },
  { type: 'enqueue', port: 2, queueId: 1 },
  { type: 'output', port: 3, maxLen: 0 },
];
const counters = {
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
};

const bodies: readonly Body<Of10Message>[] = [
  { type: 'error', errorType: 3, code: 0, data: new Uint8Array(64) },
  { type: 'echoRequest', data: Uint8Array.of(1, 2, 3) },
  { type: 'echoReply', data: new Uint8Array(0) },
  { type: 'nxRoleRequest', role: 1 },
  { type: 'nxRoleReply', role: 2 },
  { type: 'featuresRequest' },
  {
    type: 'featuresReply',
    datapathId: 0x00001aa009fbc9n,
    nBuffers: 256,
    nTables: 254,
    capabilities: 0xc7,
    actions: 0xfff,
    ports: [port10, { ...port10, portNo: Port10.LOCAL, name: 's1', config: 1, state: 1 }],
  },
  { type: 'getConfigRequest' },
  { type: 'getConfigReply', flags: 0, missSendLen: 128 },
  { type: 'setConfig', flags: 0, missSendLen: 65535 },
  { type: 'packetIn', bufferId: NO_BUFFER, totalLen: arpFrame.length, inPort: 1, reason: 0, data: arpFrame },
  {
    type: 'flowRemoved',
    match,
    cookie: 0x1234n,
    priority: 32768,
    reason: 1,
    durationSec: 3,
    durationNsec: 500000000,
    idleTimeout: 10,
    packetCount: 5n,
    byteCount: 500n,
  },
  { type: 'portStatus', reason: 2, port: port10 },
  {
    type: 'packetOut',
    bufferId: NO_BUFFER,
    inPort: Port10.NONE,
    actions: [{ type: 'output', port: Port10.FLOOD, maxLen: 0 }],
    data: arpFrame,
  },
  {
    type: 'flowMod',
    match,
    cookie: 0x1234n,
    command: 0,
    idleTimeout: 10,
    hardTimeout: 0,
    priority: 100,
    bufferId: NO_BUFFER,
    outPort: Port10.NONE,
    flags: 1,
    actions,
  },
  { type: 'portMod', portNo: 1, hwAddr: port10.hwAddr, config: 1, mask: 1, advertise: 0 },
  { type: 'barrierRequest' },
  { type: 'barrierReply' },
  { type: 'queueGetConfigRequest', port: 1 },
  {
    type: 'queueGetConfigReply',
    port: 1,
    queues: [
      { queueId: 0, properties: [] },
      { queueId: 1, properties: [{ type: 'minRate', rate: 250 }] },
    ],
  },
  { type: 'statsRequest', flags: 0, body: { stats: 'desc' } },
  { type: 'statsRequest', flags: 0, body: { stats: 'flow', match: {}, tableId: 0xff, outPort: Port10.NONE } },
  { type: 'statsRequest', flags: 0, body: { stats: 'aggregate', match, tableId: 0xff, outPort: 2 } },
  { type: 'statsRequest', flags: 0, body: { stats: 'table' } },
  { type: 'statsRequest', flags: 0, body: { stats: 'port', portNo: Port10.NONE } },
  { type: 'statsRequest', flags: 0, body: { stats: 'queue', portNo: Port10.ALL, queueId: 0xffffffff } },
  {
    type: 'statsReply',
    flags: 0,
    body: {
      stats: 'desc',
      mfrDesc: 'Nicira, Inc.',
      hwDesc: 'Open vSwitch',
      swDesc: '3.1.0',
      serialNum: 'None',
      dpDesc: 'None',
    },
  },
  {
    type: 'statsReply',
    flags: 1,
    body: {
      stats: 'flow',
      entries: [match, {}].map((entry, index) => ({
        tableId: 0,
        match: entry,
        durationSec: 7,
        durationNsec: 900000000,
        priority: 100 + index,
        idleTimeout: 10,
        hardTimeout: 20,
        cookie: 5n,
        packetCount: 42n,
        byteCount: 4200n,
        actions: index === 0 ? actions : [],
      })),
    },
  },
  { type: 'statsReply', flags: 0, body: { stats: 'aggregate', packetCount: 42n, byteCount: 4200n, flowCount: 2 } },
  {
    type: 'statsReply',
    flags: 0,
    body: {
      stats: 'table',
      entries: [
        {
          tableId: 0,
          name: 'classifier',
          wildcards: 0x3fffff,
          maxEntries: 1000000,
          activeCount: 2,
          lookupCount: 50n,
          matchedCount: 42n,
        },
      ],
    },
  },
  { type: 'statsReply', flags: 0, body: { stats: 'port', entries: [{ portNo: 1, ...counters }] } },
  {
    type: 'statsReply',
    flags: 0,
    body: { stats: 'queue', entries: [{ portNo: 1, queueId: 1, txBytes: 1n, txPackets: 2n, txErrors: 3n }] },
  },
];

export const samples10: readonly Message[] = [
  { version: 1, type: 'hello', xid: 1, elements: [] },
  { version: 4, type: 'hello', xid: 2, elements: [versionBitmap([1, 4])] },
  ...bodies.map((body, index) => ({ version: 1, xid: index + 100, ...body }) as Message),
];

/** Messages that Open vSwitch answers with an error of its own, since it has no such statistics or vendor. */
export const opaqueSamples10: readonly Message[] = [
  { version: 1, type: 'vendor', xid: 900, vendor: 0x005c16c7, data: Uint8Array.of(0, 0, 0, 9, 1, 2, 3, 4) },
  {
    version: 1,
    type: 'statsRequest',
    xid: 901,
    flags: 0,
    body: { stats: 'vendor', vendor: 0x005c16c7, data: new Uint8Array(4) },
  },
];
