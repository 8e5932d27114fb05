// Known bytes: messages as real switches and controllers send them, taken apart and put together again.

import { describe, expect, it } from 'vitest';
import { samples10 } from '../testing/samples-10.ts';
import { opaqueSamples13, samples13 } from '../testing/samples-13.ts';
import { NO_BUFFER } from './constants/common.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { oxm } from './of13/oxm.ts';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function expectVector(hex: string, message: Message): void {
  expect(decodeMessage(bytesOf(hex))).toEqual(message);
  expect(hexOf(encodeMessage(message))).toBe(hexOf(bytesOf(hex)));
}

describe('OpenFlow 1.0', () => {
  it('reads the HELLO of a switch that also speaks later versions', () => {
    expectVector('06 00 0010 00000007  0001 0008 0000007e', {
      version: 6,
      type: 'hello',
      xid: 7,
      elements: [{ type: 'versionBitmap', bitmaps: [0x7e] }],
    });
  });

  it('reads a PacketIn whose data starts at byte 18', () => {
    expectVector('01 0a 0016 00000000  ffffffff 0040 0003 00 00  01020304', {
      version: 1,
      type: 'packetIn',
      xid: 0,
      bufferId: NO_BUFFER,
      totalLen: 64,
      inPort: 3,
      reason: 0,
      data: Uint8Array.of(1, 2, 3, 4),
    });
  });

  it('reads a FlowMod with a match of all wildcards in the form that Open vSwitch sends', () => {
    const match = `003820ff 0000 000000000000 000000000000 0000 00 00 0000 00 00 0000 00000000 00000000 0000 0000`;
    expectVector(
      `01 0e 0050 00000001 ${match} 0000000000000005 0003 0000 0000 8000 ffffffff ffff 0001  0000 0008 0002 0000`,
      {
        version: 1,
        type: 'flowMod',
        xid: 1,
        match: {},
        cookie: 5n,
        command: 3,
        idleTimeout: 0,
        hardTimeout: 0,
        priority: 0x8000,
        bufferId: NO_BUFFER,
        outPort: 0xffff,
        flags: 1,
        actions: [{ type: 'output', port: 2, maxLen: 0 }],
      },
    );
  });

  it('keeps the form in which another controller says "any address"', () => {
    const hex = `01 10 0038 00000001 0001 0000  003fffff ${'00'.repeat(36)} ff 00 ffff`;
    const decoded = decodeMessage(bytesOf(hex));
    expect(decoded).toMatchObject({ body: { stats: 'flow', match: {}, tableId: 255, outPort: 0xffff } });
    expect(hexOf(encodeMessage(decoded))).toBe(hexOf(bytesOf(hex)));
  });

  it('counts the ignored address bits from the right', () => {
    const match = `00 32 18 ef 0000 000000000000 000000000000 0000 00 00 0800 00 00 0000 0a000000 0a010000 0000 0000`;
    const decoded = decodeMessage(bytesOf(`01 10 0038 00000001 0002 0000 ${match} ff 00 ffff`));
    expect(decoded).toMatchObject({
      body: { match: { dlType: 0x0800, nwSrc: { address: 0x0a000000, prefixLength: 8 }, nwDst: { prefixLength: 24 } } },
    });
  });
});

describe('OpenFlow 1.3', () => {
  it('pads a match to eight bytes, outside its length', () => {
    const header = '04 0a 0030 00000000  ffffffff 002a 00 00 0000000000000000';
    expectVector(`${header}  0001 000c 80000004 00000003 00000000  0000 beefbeefbeef`, {
      version: 4,
      type: 'packetIn',
      xid: 0,
      bufferId: NO_BUFFER,
      totalLen: 42,
      reason: 0,
      tableId: 0,
      cookie: 0n,
      match: [oxm('inPort', 3)],
      data: bytesOf('beefbeefbeef'),
    });
  });

  it('reads masks, and fields of the experimenter class, as Open vSwitch sends them', () => {
    const fields = '80000a02 0800  80001401 06  80001908 0a000000 ff000000  ffff5406 4f4e4600 0012';
    const size = 6 + 5 + 12 + 10;
    const padded = Math.ceil((4 + size) / 8) * 8;
    const total = (48 + padded).toString(16).padStart(4, '0');
    const rest = '00'.repeat(20) + '00'.repeat(16);
    const hex = `04 0b ${total} 00000001 ${'00'.repeat(40)} 0001 ${(4 + size).toString(16).padStart(4, '0')} ${fields}`;
    const bytes = bytesOf(hex + rest).slice(0, 48 + padded);
    const decoded = decodeMessage(bytes);
    expect(decoded).toMatchObject({
      match: [
        oxm('ethType', 0x0800),
        oxm('ipProto', 6),
        oxm('ipv4Dst', 0x0a000000, 0xff000000),
        { field: 'onfTcpFlags', value: 0x12 },
      ],
    });
    expect(hexOf(encodeMessage(decoded))).toBe(hexOf(bytes));
  });

  it('pads a SET_FIELD inside its length', () => {
    const action = '0019 0010 80000606 020000000003 0000';
    const hex = `04 0d 0028 00000001 ffffffff fffffffd 0010 000000000000 ${action}`;
    expect(decodeMessage(bytesOf(hex))).toMatchObject({
      actions: [{ type: 'setField', field: oxm('ethDst', 0x020000000003) }],
    });
  });
});

describe('samples of every kind', () => {
  it.each(
    [...samples10, ...samples13, ...opaqueSamples13].map(
      (message) => [message.version, message.type, message] as const,
    ),
  )('version %i %s survives a round trip', (_version, _type, message) => {
    const bytes = encodeMessage(message);
    expect(decodeMessage(bytes)).toEqual(message);
    expect(hexOf(encodeMessage(decodeMessage(bytes)))).toBe(hexOf(bytes));
  });

  it('are every OFPT_ number of both versions', () => {
    const numbers = (messages: readonly Message[]) => new Set(messages.map((message) => encodeMessage(message)[1]));
    expect([...numbers(samples10)].sort((a, b) => a! - b!)).toEqual(Array.from({ length: 22 }, (_, n) => n));
    const of13 = new Set([0, ...numbers(samples13)]);
    expect([...of13].sort((a, b) => a! - b!)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});
