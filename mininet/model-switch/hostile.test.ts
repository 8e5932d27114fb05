import fc from 'fast-check';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  NO_BUFFER,
  type Of10FlowMod,
  type Of13FlowMod,
  OpenflowError,
  oxm,
} from 'node-openflow';
import { expect, it } from 'vitest';
import { buildArp } from '../../protocols/packet/build.ts';
import { Datapath } from './datapath.ts';

const data = buildArp({ sha: 1, spa: 2, tpa: 3 });
const flow13: Omit<Of13FlowMod, 'match' | 'instructions'> = {
  ...{ version: 4, type: 'flowMod', xid: 1, cookie: 0n, cookieMask: 0n, tableId: 0, command: 0, idleTimeout: 0 },
  ...{ hardTimeout: 0, priority: 1, bufferId: NO_BUFFER, outPort: 0xffffffff, outGroup: 0xffffffff, flags: 0 },
};
const flow10: Omit<Of10FlowMod, 'match' | 'actions'> = {
  ...{ version: 1, type: 'flowMod', xid: 1, cookie: 0n, command: 0, idleTimeout: 0, hardTimeout: 0, priority: 1 },
  ...{ bufferId: NO_BUFFER, outPort: 0xffff, flags: 1 },
};
const requests: readonly Message[] = [
  { ...flow10, match: { dlType: 0x0800, nwProto: 6, tpDst: 80 }, actions: [{ type: 'output', port: 2, maxLen: 0 }] },
  {
    version: 1,
    type: 'packetOut',
    xid: 1,
    bufferId: NO_BUFFER,
    inPort: 1,
    actions: [{ type: 'output', port: 0xfffb, maxLen: 0 }],
    data,
  },
  {
    version: 1,
    type: 'statsRequest',
    xid: 1,
    flags: 0,
    body: { stats: 'flow', match: {}, tableId: 0xff, outPort: 0xffff },
  },
  // A rule that would send its packets round and round.
  {
    ...flow13,
    match: [],
    instructions: [{ type: 'applyActions', actions: [{ type: 'output', port: 0xfffffff9, maxLen: 0 }] }],
  },
  {
    ...flow13,
    match: [oxm('ethType', 0x86dd), oxm('ipv6Src', 1n, 1n)],
    instructions: [
      {
        type: 'applyActions',
        actions: [
          { type: 'setField', field: oxm('ipv6Dst', 5n) },
          { type: 'output', port: 2, maxLen: 0 },
        ],
      },
      { type: 'gotoTable', tableId: 3 },
    ],
  },
  {
    version: 4,
    type: 'packetOut',
    xid: 1,
    bufferId: NO_BUFFER,
    inPort: 1,
    actions: [{ type: 'output', port: 0xfffffff9, maxLen: 0 }],
    data,
  },
  {
    ...{ version: 4, type: 'groupMod', xid: 1, command: 0, groupType: 0, groupId: 1 },
    buckets: [{ weight: 0, watchPort: 0, watchGroup: 0, actions: [{ type: 'group', groupId: 2 }] }],
  },
  { version: 4, type: 'multipartRequest', xid: 1, flags: 0, body: { multipart: 'portStats', portNo: 0xffffffff } },
];

it('answers any message, however broken, by effects that can be sent, and never throws', () => {
  const encoded = requests.map((message) => encodeMessage(message).slice());
  const change = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.constantFrom(0, 1, 2, 4, 0xff, 0xfe, 0xf9));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...encoded), fc.array(change, { maxLength: 3 })), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.constantFrom<(1 | 4)[]>(1, 4),
      (messages, version) => {
        const datapath = new Datapath(
          {
            dpid: 1n,
            ports: [
              { portNo: 1, name: 'a', mac: 1 },
              { portNo: 2, name: 'b', mac: 2 },
            ],
          },
          0,
        );
        datapath.controllerConnected(version);
        for (const [bytes, changes] of messages) {
          const broken = bytes.slice();
          for (const [at, value] of changes) if (at < broken.length) broken[at] = value;
          let message: Message;
          try {
            message = decodeMessage(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(OpenflowError);
            continue;
          }
          const effects = [...datapath.handleMessage(message, 0, broken), ...datapath.receive(1, data, 0)];
          for (const effect of effects) if (effect.kind === 'send') encodeMessage(effect.message);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
