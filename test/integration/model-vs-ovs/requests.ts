// Requests that the comparisons send, in both versions, and the packet that shows when those before it are through.

import {
  type Message,
  NO_BUFFER,
  type Of10FlowMod,
  type Of13Action,
  type Of13FlowMod,
  type Of13PacketOut,
  oxm,
  Port10,
  Port13,
} from 'node-openflow';
import { buildEthernet } from '../../../protocols/packet/build.ts';
import { withId } from './packets.ts';

const SENTINEL_MAC = 0x02ffffffff01;

export const DELETE_ALL_10: Of10FlowMod = {
  version: 1,
  type: 'flowMod',
  xid: 0,
  match: {},
  cookie: 0n,
  command: 3,
  idleTimeout: 0,
  hardTimeout: 0,
  priority: 0,
  bufferId: NO_BUFFER,
  outPort: Port10.NONE,
  flags: 0,
  actions: [],
};
export const DELETE_ALL_13: Of13FlowMod = {
  version: 4,
  type: 'flowMod',
  xid: 0,
  match: [],
  cookie: 0n,
  cookieMask: 0n,
  tableId: 0xff,
  command: 3,
  idleTimeout: 0,
  hardTimeout: 0,
  priority: 0,
  bufferId: NO_BUFFER,
  outPort: Port13.ANY,
  outGroup: Port13.ANY,
  flags: 0,
  instructions: [],
};

export function flowStatsRequest(version: 1 | 4): Message {
  return version === 1
    ? {
        version,
        type: 'statsRequest',
        xid: 99,
        flags: 0,
        body: { stats: 'flow', match: {}, tableId: 0xff, outPort: Port10.NONE },
      }
    : {
        version,
        type: 'multipartRequest',
        xid: 99,
        flags: 0,
        body: {
          multipart: 'flow',
          match: [],
          tableId: 0xff,
          outPort: Port13.ANY,
          outGroup: Port13.ANY,
          cookie: 0n,
          cookieMask: 0n,
        },
      };
}

/** A rule above all others that shows when the packets before it have been through. */
export function sentinelRule(version: 1 | 4): Message {
  const output = { type: 'output', port: version === 1 ? Port10.ALL : Port13.ALL, maxLen: 0 } as const;
  const toController = {
    type: 'output',
    port: version === 1 ? Port10.CONTROLLER : Port13.CONTROLLER,
    maxLen: 0xffff,
  } as const;
  return version === 1
    ? {
        ...DELETE_ALL_10,
        command: 0,
        priority: 0xffff,
        match: { dlSrc: SENTINEL_MAC },
        actions: [output, toController],
      }
    : {
        ...DELETE_ALL_13,
        command: 0,
        tableId: 0,
        priority: 0xffff,
        match: [oxm('ethSrc', SENTINEL_MAC)],
        instructions: [{ type: 'applyActions', actions: [output, toController] }],
      };
}

export function sentinel(id: number): Uint8Array {
  return withId(buildEthernet({ ethDst: 0x020000000009, ethSrc: SENTINEL_MAC }, 0x88b5, new Uint8Array(46)), id);
}

export const add10 = (fields: Partial<Of10FlowMod>): Message => ({ ...DELETE_ALL_10, command: 0, ...fields });
export const add13 = (fields: Partial<Of13FlowMod>): Message => ({
  ...{ ...DELETE_ALL_13, command: 0, tableId: 0 },
  ...fields,
});
export const applying = (...actions: readonly Of13Action[]): Partial<Of13FlowMod> => ({
  instructions: [{ type: 'applyActions', actions }],
});
export const packetOut13 = (fields: Partial<Of13PacketOut>): Message => ({
  ...{ version: 4, type: 'packetOut', xid: 0, bufferId: NO_BUFFER, inPort: Port13.CONTROLLER, actions: [] },
  ...{ data: sentinel(1), ...fields },
});

/** A rule for all packets: to the controller, after these outputs. */
export function toController(version: 1 | 4, ...outputs: readonly number[]): Message {
  const controller = version === 1 ? Port10.CONTROLLER : Port13.CONTROLLER;
  const actions = [...outputs, controller].map((port) => ({ type: 'output', port, maxLen: 0xffff }) as const);
  return version === 1 ? add10({ actions }) : add13(applying(...actions));
}
