import fc from 'fast-check';
import { type Message, NO_BUFFER, type Of13FlowMod, type Of13Instruction, Port13 } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { Port } from './action.ts';
import { Datapath, type Effect } from './datapath.ts';
import { Packet } from './packet.ts';

const ports = [1, 2, 3].map((portNo) => ({ portNo, name: `p${portNo}`, mac: portNo }));
const ethernet = { ethDst: 0x020000000002, ethSrc: 0x020000000001 };
const ends = { src: parseIp('10.0.0.1')!, dst: parseIp('10.0.0.2')! };
const frame = buildUdp(ethernet, ends, { srcPort: 1000, dstPort: 53 });

function datapath(version: 1 | 4 = 4, more: Partial<ConstructorParameters<typeof Datapath>[0]> = {}): Datapath {
  const made = new Datapath({ dpid: 1n, ports, ...more }, 0);
  made.controllerConnected(version);
  return made;
}

function apply(...actions: Extract<Of13Instruction, { type: 'applyActions' }>['actions']): readonly Of13Instruction[] {
  return [{ type: 'applyActions', actions }];
}

const output = (port: number) => ({ type: 'output', port, maxLen: 0xffff }) as const;

function flowMod(fields: Partial<Of13FlowMod>): Of13FlowMod {
  return {
    version: 4,
    type: 'flowMod',
    xid: 1,
    cookie: 0n,
    cookieMask: 0n,
    tableId: 0,
    command: 0,
    idleTimeout: 0,
    hardTimeout: 0,
    priority: 1,
    bufferId: NO_BUFFER,
    outPort: Port13.ANY,
    outGroup: Port13.ANY,
    flags: 0,
    match: [],
    instructions: apply(output(2)),
    ...fields,
  };
}

const messages = (effects: readonly Effect[]): readonly Message[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
const portsOf = (effects: readonly Effect[]): readonly number[] =>
  effects.flatMap((effect) => (effect.kind === 'transmit' ? [effect.portNo] : []));

describe('time-outs', () => {
  it('end a flow when nothing used it for so long, and tell who asked', () => {
    const switch1 = datapath();
    switch1.handleMessage(flowMod({ idleTimeout: 10, flags: 1, cookie: 7n }), 0);
    switch1.receive(1, frame, 6000);
    expect(switch1.tick(15_999)).toEqual([]);
    expect(messages(switch1.tick(16_000))).toMatchObject([
      { type: 'flowRemoved', reason: 0, cookie: 7n, durationSec: 16, packetCount: 1n, byteCount: BigInt(frame.length) },
    ]);
    expect(portsOf(switch1.receive(1, frame, 16_001))).toEqual([]);
  });

  it('end a flow at its hard time-out however much it is used, before the packet that comes then', () => {
    const switch1 = datapath();
    switch1.handleMessage(flowMod({ hardTimeout: 2, idleTimeout: 1, flags: 1 }), 0);
    for (const now of [500, 1000, 1500, 1999]) expect(portsOf(switch1.receive(1, frame, now))).toEqual([2]);
    const effects = switch1.receive(1, frame, 2000);
    expect(messages(effects)).toMatchObject([{ type: 'flowRemoved', reason: 1 }]);
    expect(portsOf(effects)).toEqual([]);
    expect(switch1.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('queues', () => {
  it('go with the output: set_queue until changed, through later tables', () => {
    const switch1 = datapath();
    switch1.handleMessage(
      flowMod({
        instructions: [
          { type: 'applyActions', actions: [output(2), { type: 'setQueue', queueId: 5 }, output(3)] },
          { type: 'gotoTable', tableId: 1 },
        ],
      }),
      0,
    );
    switch1.handleMessage(flowMod({ tableId: 1, instructions: apply(output(2)) }), 0);
    expect(switch1.receive(1, frame, 0)).toMatchObject([
      { portNo: 2, queueId: undefined },
      { portNo: 3, queueId: 5 },
      { portNo: 2, queueId: 5 },
    ]);
  });

  it('are counted at the port', () => {
    const switch1 = datapath(4, { ports: [...ports.slice(0, 1), { portNo: 2, name: 'wan', mac: 9, queues: [5] }] });
    switch1.handleMessage(flowMod({ instructions: apply({ type: 'setQueue', queueId: 5 }, output(2)) }), 0);
    switch1.receive(1, frame, 0);
    const request = { version: 4, type: 'multipartRequest', xid: 2, flags: 0 } as const;
    const body = { multipart: 'queue', portNo: 2, queueId: 0xffffffff } as const;
    expect(messages(switch1.handleMessage({ ...request, body }, 0))).toMatchObject([
      { body: { entries: [{ portNo: 2, queueId: 5, txPackets: 1n, txBytes: BigInt(frame.length) }] } },
    ]);
  });
});

describe('NORMAL', () => {
  it('floods the unknown, learns the sender and then goes there alone', () => {
    const switch1 = datapath();
    switch1.handleMessage(flowMod({ instructions: apply(output(Port13.NORMAL)) }), 0);
    expect(portsOf(switch1.receive(1, frame, 0))).toEqual([2, 3]);
    const back = buildUdp({ ethDst: ethernet.ethSrc, ethSrc: ethernet.ethDst }, ends, { srcPort: 53, dstPort: 1000 });
    expect(portsOf(switch1.receive(3, back, 1))).toEqual([1]);
    expect(portsOf(switch1.receive(1, frame, 2))).toEqual([3]);
    // A link that goes down is forgotten.
    switch1.setPortUp(3, false);
    expect(portsOf(switch1.receive(1, frame, 3))).toEqual([2]);
  });

  it('never forwards a frame for a reserved address', () => {
    const switch1 = datapath();
    switch1.handleMessage(flowMod({ instructions: apply(output(Port13.NORMAL)) }), 0);
    const reserved = buildUdp({ ...ethernet, ethDst: 0x0180c200000e }, ends, { srcPort: 1, dstPort: 2 });
    expect(portsOf(switch1.receive(1, reserved, 0))).toEqual([]);
  });
});

describe('tables', () => {
  it('refuse what does not fit, but take a replacement', () => {
    const switch1 = datapath(4, { maxFlows: 1 });
    switch1.handleMessage(flowMod({ priority: 1 }), 0);
    expect(messages(switch1.handleMessage(flowMod({ priority: 2, xid: 8 }), 0))).toMatchObject([
      { type: 'error', xid: 8, errorType: 5, code: 1 },
    ]);
    expect(switch1.handleMessage(flowMod({ priority: 1, cookie: 3n }), 0)).toEqual([]);
    expect([...switch1.state.tables.entries()]).toMatchObject([{ cookie: 3n }]);
  });

  it('are shown in as many parts as it takes, all but the last with the MORE flag', () => {
    const switch1 = datapath();
    const count = 2000;
    for (let priority = 0; priority < count; priority++) switch1.handleMessage(flowMod({ priority }), 0);
    const body = {
      ...({ multipart: 'flow', tableId: 0xff, outPort: Port13.ANY, outGroup: Port13.ANY } as const),
      ...{ cookie: 0n, cookieMask: 0n, match: [] },
    };
    const parts = messages(
      switch1.handleMessage({ version: 4, type: 'multipartRequest', xid: 4, flags: 0, body }, 0),
    ) as Extract<Message, { type: 'multipartReply' }>[];
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ flags }) => flags)).toEqual([...parts.slice(1).map(() => 1), 0]);
    const priorities = parts.flatMap(({ body: part }) => (part.multipart === 'flow' ? part.entries : []));
    expect(priorities.map(({ priority }) => priority)).toEqual(Array.from({ length: count }, (_, i) => count - 1 - i));
  });

  it('are left alone by a request that is refused', () => {
    const switch1 = datapath();
    const bad = flowMod({ instructions: apply(output(2), { type: 'group', groupId: 9 }), xid: 5 });
    expect(messages(switch1.handleMessage(bad, 0, new Uint8Array(100)))).toMatchObject([
      { type: 'error', xid: 5, errorType: 2, code: 9, data: new Uint8Array(64) },
    ]);
    expect([...switch1.state.tables.entries()]).toEqual([]);
  });
});

describe('a PacketIn', () => {
  it('carries the whole packet, or what was asked for where the switch truncates', () => {
    const lengths = [false, true].flatMap((truncatesPacketIns) => {
      const switch1 = datapath(1, { truncatesPacketIns });
      switch1.handleMessage({ version: 1, type: 'setConfig', xid: 1, flags: 0, missSendLen: 20 }, 0);
      return messages(switch1.receive(1, frame, 0)).map(
        (message) => message.type === 'packetIn' && message.data.length,
      );
    });
    expect(lengths).toEqual([frame.length, 20]);
  });
});

describe('a slave', () => {
  it('changes nothing and hears of ports only', () => {
    const switch1 = datapath();
    switch1.handleMessage(flowMod({ instructions: apply(output(Port.CONTROLLER)) }), 0);
    const role = { version: 4, type: 'roleRequest', xid: 1, role: 3, generationId: 5n } as const;
    expect(messages(switch1.handleMessage(role, 0))).toMatchObject([{ type: 'roleReply', role: 3 }]);
    expect(messages(switch1.handleMessage(flowMod({}), 0))).toMatchObject([{ errorType: 1, code: 10 }]);
    expect(switch1.receive(1, frame, 0)).toEqual([]);
    expect(messages(switch1.setPortUp(2, false))).toMatchObject([{ type: 'portStatus' }]);
    expect(messages(switch1.handleMessage({ ...role, generationId: 4n }, 0))).toMatchObject([
      { errorType: 11, code: 0 },
    ]);
  });
});

describe('without a controller', () => {
  it('rules go on and nothing is kept for later', () => {
    const switch1 = datapath(1);
    switch1.controllerDisconnected();
    expect(switch1.receive(1, frame, 0)).toEqual([]);
    switch1.controllerConnected(1);
    expect(messages(switch1.receive(1, frame, 0))).toMatchObject([{ type: 'packetIn', reason: 0 }]);
  });
});

describe('a packet on its way', () => {
  it('keeps the bytes it was given when its copy is rewritten', () => {
    const original = frame.slice();
    const packet = new Packet(frame, 1);
    const copy = packet.clone();
    copy.setField('nwSrc', 0x0a000009n);
    copy.pushVlan(0x8100);
    expect(packet.bytes).toEqual(original);
    expect(parseFrame(copy.bytes)).toMatchObject({ ipv4Src: 0x0a000009, tagCount: 1 });
  });

  it('is itself again after a tag is pushed and popped, or an address set and set back', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(4095), (address, vid) => {
        const packet = new Packet(frame, 1);
        packet.pushVlan(0x88a8);
        packet.setField('vlanVid', 0x1000n | BigInt(vid));
        packet.setField('nwDst', BigInt(address));
        packet.setField('nwDst', BigInt(ends.dst));
        packet.popVlan();
        expect(packet.bytes).toEqual(frame);
      }),
    );
  });
});
