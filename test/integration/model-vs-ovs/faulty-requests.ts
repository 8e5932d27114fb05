// Requests that a switch has to refuse.

import {
  type Message,
  type Of10StatsRequest,
  type Of13Action,
  type Of13GroupMod,
  type Of13MultipartRequest,
  type OxmName,
  oxm,
  oxmId,
  Port10,
  Port13,
} from 'node-openflow';
import { add10, add13, applying, packetOut13 } from './requests.ts';

const group = (fields: Partial<Of13GroupMod>): Message => ({
  ...{ version: 4, type: 'groupMod', xid: 0, command: 0, groupType: 0, groupId: 7 },
  ...{ buckets: [bucket({ type: 'output', port: 1, maxLen: 0 })], ...fields },
});
const bucket = (...actions: readonly Of13Action[]) => ({
  ...{ weight: 0, watchPort: Port13.ANY, watchGroup: Port13.ANY, actions },
});
const move = (src: OxmName, dst: OxmName, bits: number): Of13Action => ({
  ...{ type: 'regMove', bits, srcOfs: 0, dstOfs: 0, src: oxmId(src), dst: oxmId(dst) },
});
const ask13 = (body: Of13MultipartRequest['body']): Message => ({
  ...{ version: 4, type: 'multipartRequest', xid: 0, flags: 0, body },
});
const ask10 = (body: Of10StatsRequest['body']): Message => ({
  version: 1,
  type: 'statsRequest',
  xid: 0,
  flags: 0,
  body,
});

/**
 * Requests with something wrong, and a few beside them with nothing wrong. Not among them is where the model keeps to
 * the specification and Open vSwitch is more lenient: output to port 0 and groups that lead to themselves.
 */
export const faulty: Record<1 | 4, readonly Message[]> = {
  1: [
    add10({ actions: [{ type: 'output', port: 0xff05, maxLen: 0 }] }),
    add10({ actions: [{ type: 'output', port: Port10.NONE, maxLen: 0 }] }),
    add10({ actions: [{ type: 'output', port: 4000, maxLen: 0 }] }),
    add10({ actions: [{ type: 'enqueue', port: Port10.CONTROLLER, queueId: 1 }] }),
    add10({ actions: [{ type: 'enqueue', port: Port10.LOCAL, queueId: 1 }] }),
    add10({ actions: [{ type: 'setNwTos', nwTos: 3 }] }),
    add10({ actions: [{ type: 'setVlanVid', vlanVid: 0x1005 }] }),
    add10({ actions: [{ type: 'setVlanPcp', vlanPcp: 8 }] }),
    add10({ command: 9 }),
    add10({ flags: 4 }),
    { version: 1, type: 'packetOut', xid: 0, bufferId: 5, inPort: Port10.NONE, actions: [], data: new Uint8Array(0) },
    { version: 1, type: 'portMod', xid: 0, portNo: 77, hwAddr: 1, config: 0, mask: 0, advertise: 0 },
    { version: 1, type: 'portMod', xid: 0, portNo: 1, hwAddr: 1, config: 0, mask: 0, advertise: 0 },
    ask10({ stats: 'queue', portNo: 77, queueId: 1 }),
    ask10({ stats: 'queue', portNo: 1, queueId: 44 }),
    { version: 1, type: 'queueGetConfigRequest', xid: 0, port: 77 },
    { version: 1, type: 'barrierReply', xid: 0 },
    {
      version: 1,
      type: 'featuresReply',
      xid: 0,
      datapathId: 0n,
      nBuffers: 0,
      nTables: 1,
      capabilities: 0,
      actions: 0,
      ports: [],
    },
  ],
  4: [
    add13(applying({ type: 'output', port: 0xff05, maxLen: 0 })),
    add13(applying({ type: 'output', port: 0xfffffff0, maxLen: 0 })),
    add13(applying({ type: 'output', port: Port13.ANY, maxLen: 0 })),
    add13(applying({ type: 'output', port: 4000, maxLen: 0 })),
    add13(applying({ type: 'group', groupId: 99 })),
    add13(applying({ type: 'pushVlan', ethertype: 0x1234 })),
    add13(applying({ type: 'popVlan' })),
    add13(applying({ type: 'pushVlan', ethertype: 0x8100 }, { type: 'popVlan' })),
    add13(applying({ type: 'setField', field: oxm('vlanVid', 0x1005) })),
    add13(applying({ type: 'setField', field: oxm('ipv4Src', 1) })),
    add13({ match: [oxm('ethType', 0x0806)], ...applying({ type: 'setField', field: oxm('ipv4Src', 1) }) }),
    add13(applying({ type: 'setField', field: oxm('ethType', 0x0800) })),
    add13(applying({ type: 'decNwTtl' })),
    add13(applying(move('ipv4Src', 'reg0', 32))),
    add13({ match: [oxm('ethType', 0x0806)], ...applying(move('ipv4Src', 'reg0', 32)) }),
    add13({ match: [oxm('ethType', 0x0800)], ...applying(move('ipv4Src', 'reg0', 33)) }),
    add13(applying(move('ethSrc', 'reg0', 48))),
    add13({ match: [oxm('ethType', 0x86dd)], ...applying(move('ipv6NdSll', 'reg0', 32)) }),
    add13(applying(move('ethSrc', 'reg0', 0))),
    add13(applying(move('ethSrc', 'ethType', 16))),
    add13(applying({ type: 'regLoad', range: { offset: 0, bits: 4 }, dst: oxmId('reg0'), value: 16n })),
    add13(applying({ type: 'regLoad', range: { offset: 30, bits: 4 }, dst: oxmId('reg0'), value: 1n })),
    add13({ instructions: [{ type: 'gotoTable', tableId: 0 }] }),
    add13({ tableId: 2, instructions: [{ type: 'gotoTable', tableId: 1 }] }),
    add13({ instructions: [{ type: 'meter', meterId: 5 }] }),
    add13({ instructions: [{ type: 'clearActions' }, { type: 'clearActions' }] }),
    add13({ tableId: 0xff }),
    add13({ command: 9 }),
    add13({ flags: 0x80 }),
    group({}),
    group({}),
    group({ command: 1, groupId: 8 }),
    group({ command: 2, groupId: 8 }),
    group({ command: 9 }),
    group({ groupId: 9, groupType: 77 }),
    group({ groupId: 0xffffff01 }),
    group({ groupId: 10, groupType: 2, buckets: [] }),
    group({ groupId: 10, groupType: 2, buckets: [bucket(), bucket()] }),
    group({ command: 2, buckets: [] }),
    packetOut13({ bufferId: 5 }),
    packetOut13({ inPort: Port13.ALL }),
    { version: 4, type: 'portMod', xid: 0, portNo: 77, hwAddr: 1, config: 0, mask: 0, advertise: 0 },
    { version: 4, type: 'portMod', xid: 0, portNo: 1, hwAddr: 1, config: 0, mask: 0, advertise: 0 },
    ask13({ multipart: 'portStats', portNo: 77 }),
    ask13({ multipart: 'queue', portNo: 77, queueId: 1 }),
    ask13({ multipart: 'queue', portNo: 1, queueId: 44 }),
    { version: 4, type: 'queueGetConfigRequest', xid: 0, port: 77 },
    { version: 4, type: 'roleRequest', xid: 0, role: 9, generationId: 0n },
    { version: 4, type: 'barrierReply', xid: 0 },
  ],
};
