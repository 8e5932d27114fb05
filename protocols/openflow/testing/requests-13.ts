// What a controller asks of a switch in OpenFlow 1.3 so that it sends one of everything: groups, meters, flows with every
// kind of match, bundles, every multipart, things that are refused, and the end of it all.

import {
  BundleControl,
  encodeMessage,
  Group,
  type Message,
  NO_BUFFER,
  oxm,
  oxmId,
  Port10,
  Port13,
} from '../src/index.ts';
import { arpFrame } from './samples-10.ts';
import { samples13 } from './samples-13.ts';

const output = { type: 'output', port: 1, maxLen: 0 } as const;

export function requests13(): readonly Message[] {
  const template = samples13.find(({ type }) => type === 'flowMod')! as Extract<
    Message,
    { type: 'flowMod'; version: 4 }
  >;
  const flow = (match: typeof template.match, instructions: typeof template.instructions, more = {}): Message => ({
    ...template,
    match,
    instructions,
    flags: 1,
    idleTimeout: 0,
    ...more,
  });
  const apply = (...actions: Extract<(typeof template.instructions)[number], { type: 'applyActions' }>['actions']) =>
    [{ type: 'applyActions', actions }] as const;
  const ip = oxm('ethType', 0x0800);
  const tcp = [ip, oxm('ipProto', 6)];
  const ipv6 = oxm('ethType', 0x86dd);
  const bundle = (bundleType: number): Message => ({
    version: 4,
    type: 'bundleControl',
    xid: 5,
    bundleId: 1,
    bundleType,
    flags: 3,
    properties: new Uint8Array(0),
  });
  const added = { ...flow([oxm('inPort', 2)], apply(output)), xid: 5 } as Message;
  return [
    ...(samples13.filter(({ type }) => type === 'groupMod' || type === 'meterMod') as Message[]).map((message) =>
      message.type === 'meterMod' ? { ...message, bands: message.bands.slice(0, 1) } : message,
    ),
    flow(
      [oxm('inPort', 1), oxm('ethDst', 0x010000000000, 0x010000000000)],
      [{ type: 'meter', meterId: 3 }, ...apply({ type: 'setQueue', queueId: 1 }, output)],
    ),
    flow(
      [...tcp, oxm('ipv4Src', 0x0a000000, 0xff000000), oxm('tcpDst', 0x1000, 0xf000), oxm('tcpFlags', 2, 0x12)],
      [{ type: 'gotoTable', tableId: 9 }],
    ),
    flow(
      [
        oxm('reg0', 1),
        oxm('reg15', 2, 3),
        oxm('xreg1', 5n),
        oxm('xxreg2', 7n),
        oxm('metadata', 1n, 3n),
        oxm('tunnelId', 4n),
      ],
      apply({ type: 'group', groupId: 5 }),
    ),
    flow([oxm('ctState', 0x21, 0x23), oxm('ctZone', 5), oxm('ctMark', 5, 0xff), oxm('ctLabel', 5n), ip], apply(output)),
    flow(
      [ip],
      apply(
        {
          type: 'ct',
          flags: 1,
          zoneSrc: 0,
          zone: 5,
          recircTable: 10,
          alg: 0,
          actions: [{ type: 'setField', field: oxm('ctMark', 5) }],
        },
        { type: 'ctClear' },
        { type: 'regMove', bits: 32, srcOfs: 0, dstOfs: 0, src: oxmId('ipv4Src'), dst: oxmId('reg0') },
        { type: 'regLoad', range: { offset: 4, bits: 8 }, dst: oxmId('reg1'), value: 9n },
        { type: 'resubmitTable', inPort: Port10.IN_PORT, tableId: 9 },
        { type: 'outputReg', range: { offset: 0, bits: 32 }, src: oxmId('reg1'), maxLen: 0xffff },
      ),
      { priority: 101 },
    ),
    flow([ip, oxm('conjId', 7)], apply({ type: 'decNwTtl' }, { type: 'setField', field: oxm('ipDscp', 10) }, output), {
      priority: 103,
    }),
    flow([oxm('inPort', 3), ip], apply({ type: 'conjunction', clause: 0, clauseCount: 2, id: 7 }), { priority: 102 }),
    flow(
      [ipv6, oxm('ipProto', 58), oxm('icmpv6Type', 135), oxm('ipv6NdTarget', 5n), oxm('ipv6NdSll', 6)],
      [
        { type: 'writeActions', actions: [output] },
        { type: 'writeMetadata', metadata: 1n, metadataMask: 3n },
        { type: 'gotoTable', tableId: 9 },
      ],
    ),
    flow([ipv6, oxm('ipv6Src', 1n << 120n, 0xffn << 120n), oxm('ipv6Flabel', 5)], [{ type: 'clearActions' }]),
    flow(
      [oxm('vlanVid', 0x1005), oxm('vlanPcp', 2)],
      apply(
        { type: 'popVlan' },
        { type: 'pushVlan', ethertype: 0x8100 },
        { type: 'setField', field: oxm('vlanVid', 0x1006) },
        output,
      ),
    ),
    flow(
      [oxm('ethType', 0x0806), oxm('arpOp', 1), oxm('arpSpa', 5), oxm('arpTpa', 6), oxm('arpSha', 7), oxm('arpTha', 8)],
      apply({ ...output, port: Port13.CONTROLLER, maxLen: 65535 }),
    ),
    flow(
      [oxm('ethType', 0x8847), oxm('mplsLabel', 5), oxm('mplsTc', 1), oxm('mplsBos', 1)],
      apply({ type: 'setMplsTtl', mplsTtl: 5 }, { type: 'popMpls', ethertype: 0x0800 }, output),
    ),
    flow(
      [ip, oxm('ipProto', 1), oxm('icmpv4Type', 8), oxm('icmpv4Code', 0), oxm('ipEcn', 1)],
      apply({ type: 'setNwTtl', nwTtl: 5 }, output),
    ),
    flow([...tcp], [{ type: 'gotoTable', tableId: 0 }]),
    flow([ip], apply({ ...output, port: Port13.ANY })),
    flow([oxm('inPort', 1)], [], { command: 9 }),
    {
      version: 4,
      type: 'packetOut',
      xid: 2,
      bufferId: NO_BUFFER,
      inPort: Port13.CONTROLLER,
      actions: [{ ...output, port: Port13.CONTROLLER, maxLen: 65535 }],
      data: arpFrame,
    },
    bundle(BundleControl.OPEN_REQUEST),
    { version: 4, type: 'bundleAdd', xid: 5, bundleId: 1, flags: 3, message: encodeMessage(added) },
    bundle(BundleControl.CLOSE_REQUEST),
    bundle(BundleControl.COMMIT_REQUEST),
    bundle(BundleControl.COMMIT_REQUEST),
    ...(samples13.filter(({ type }) => /Request$/.test(type)) as Message[]),
    {
      version: 4,
      type: 'multipartRequest',
      xid: 6,
      flags: 0,
      body: {
        multipart: 'flow',
        tableId: 0xff,
        outPort: Port13.ANY,
        outGroup: Group.ANY,
        cookie: 0n,
        cookieMask: 0n,
        match: [],
      },
    },
    { version: 4, type: 'multipartRequest', xid: 6, flags: 0, body: { multipart: 'meterConfig', meterId: 0xffffffff } },
    { version: 4, type: 'roleRequest', xid: 6, role: 2, generationId: 1n },
    { version: 4, type: 'experimenter', xid: 3, experimenter: 0x1234, expType: 1, data: new Uint8Array(4) },
    { version: 4, type: 'portMod', xid: 3, portNo: 1, hwAddr: 1, config: 1, mask: 1, advertise: 0 },
    { version: 4, type: 'tableMod', xid: 3, tableId: 254, config: 3 },
    { ...(flow([], []) as typeof template), command: 3, tableId: 0xff },
    { version: 4, type: 'groupMod', xid: 4, command: 2, groupType: 0, groupId: Group.ALL, buckets: [] },
    { version: 4, type: 'barrierRequest', xid: 0xffff },
  ];
}
