// What a controller asks of a switch in OpenFlow 1.0 so that it sends one of everything: flows of many kinds, some of them
// refused, PacketOuts that come back, every statistic, and the end of all flows.

import { type Message, NO_BUFFER, oxmId, Port10 } from '../src/index.ts';
import { arpFrame, samples10 } from './samples-10.ts';

const output = { type: 'output', port: 1, maxLen: 0 } as const;

export function requests10(): readonly Message[] {
  const flow = (match: object, command: number, actions: object[]) =>
    ({
      version: 1,
      type: 'flowMod',
      xid: 1,
      match,
      cookie: 7n,
      command,
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 5,
      bufferId: NO_BUFFER,
      outPort: Port10.NONE,
      flags: command === 0 ? 1 : 0,
      actions,
    }) as Message;
  const host = { address: 0x0a010001, prefixLength: 32 };
  return [
    flow({ dlType: 0x0800, nwSrc: host, nwDst: { address: 0x0a000000, prefixLength: 8 } }, 0, [output]),
    flow({ dlType: 0x0806, nwSrc: host, nwProto: 1, dlVlan: 0xffff }, 0, []),
    flow({ dlType: 0x0800, nwProto: 6, tpDst: 80, nwTos: 0x88 }, 0, [
      { type: 'setDlDst', dlAddr: 5 },
      { type: 'enqueue', port: 1, queueId: 1 },
      { type: 'regMove', bits: 32, srcOfs: 0, dstOfs: 0, src: oxmId('nxmIpSrc'), dst: oxmId('reg0') },
      { type: 'regLoad', range: { offset: 0, bits: 16 }, dst: oxmId('reg1'), value: 9n },
      { type: 'resubmitTable', inPort: Port10.IN_PORT, tableId: 1 },
    ]),
    flow({ inPort: 1, dlVlan: 5, dlVlanPcp: 3 }, 0, [
      { type: 'stripVlan' },
      { ...output, port: Port10.CONTROLLER, maxLen: 65535 },
    ]),
    flow({ dlType: 0x0800, nwTos: 3 }, 9, []),
    {
      version: 1,
      type: 'packetOut',
      xid: 2,
      bufferId: NO_BUFFER,
      inPort: Port10.NONE,
      actions: [{ ...output, port: Port10.CONTROLLER, maxLen: 64 }],
      data: arpFrame,
    },
    {
      version: 1,
      type: 'packetOut',
      xid: 2,
      bufferId: NO_BUFFER,
      inPort: Port10.NONE,
      actions: [{ ...output, port: 0xff00 }],
      data: arpFrame,
    },
    ...(samples10.filter(({ type }) => /Request$/.test(type)) as Message[]),
    { version: 1, type: 'vendor', xid: 3, vendor: 0x1234, data: new Uint8Array(4) },
    flow({}, 3, []),
    { version: 1, type: 'barrierRequest', xid: 0xffff },
  ];
}
