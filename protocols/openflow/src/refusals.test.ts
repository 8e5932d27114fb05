// What the codec refuses, with which code, at which place, and how the peer is to be told.

import { describe, expect, it } from 'vitest';
import { arpFrame } from '../testing/samples-10.ts';
import { NO_BUFFER } from './constants/common.ts';
import { OpenflowError } from './error.ts';
import { decodeMessage, encodeMessage, errorAnswering, type Message } from './message.ts';
import type { Match10 } from './of10/match.ts';
import type { Of10FlowMod } from './of10/messages.ts';
import type { Of13FlowMod } from './of13/messages.ts';
import { type Match13, oxm } from './of13/oxm.ts';
import { checkMatch13 } from './of13/oxm-prerequisites.ts';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

function faultOf(act: () => unknown): OpenflowError {
  try {
    act();
  } catch (error) {
    if (error instanceof OpenflowError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const flowMod10 = (match: Match10, more: Partial<Of10FlowMod> = {}): Of10FlowMod => ({
  version: 1,
  type: 'flowMod',
  xid: 1,
  match,
  cookie: 0n,
  command: 0,
  idleTimeout: 0,
  hardTimeout: 0,
  priority: 1,
  bufferId: NO_BUFFER,
  outPort: 0xffff,
  flags: 0,
  actions: [],
  ...more,
});
const flowMod13 = (match: Match13): Of13FlowMod => ({
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
  outPort: 0xffffffff,
  outGroup: 0xffffffff,
  flags: 0,
  match,
  instructions: [],
});

describe('decoding refuses', () => {
  it.each([
    ['no header', '01 02 00', 'OF_TRUNCATED', { type: 1, code: 6 }],
    ['a message that is not all there', '01 02 0010 00000000', 'OF_TRUNCATED', { type: 1, code: 6 }],
    ['bytes behind the message', '01 02 0008 00000000 00', 'OF_BAD_LENGTH', { type: 1, code: 6 }],
    ['OpenFlow 1.1', '02 05 0008 00000000', 'OF_BAD_VERSION', { type: 1, code: 0 }],
    ['a HELLO of version 0', '00 00 0008 00000000', 'OF_BAD_VERSION', { type: 1, code: 0 }],
    ['a message type that does not exist', '01 16 0008 00000000', 'OF_BAD_TYPE', { type: 1, code: 1 }],
    ['statistics that do not exist', '01 10 000c 00000000 0009 0000', 'OF_BAD_TYPE', { type: 1, code: 2 }],
    ['a multipart that does not exist', '04 12 0010 00000000 0063 0000 00000000', 'OF_BAD_TYPE', { type: 1, code: 2 }],
    ['a body on a message without one', '04 14 000c 00000000 00000000', 'OF_BAD_LENGTH', { type: 1, code: 6 }],
    [
      'actions longer than the message',
      '01 0d 0010 00000000 ffffffff 0001 0008',
      'OF_BAD_LENGTH',
      { type: 1, code: 6 },
    ],
    [
      'an action of length 0',
      '01 0d 0018 00000000 ffffffff 0001 0008 0000 0000 0000 0000',
      'OF_BAD_LENGTH',
      { type: 2, code: 1 },
    ],
    [
      'an action of length 12',
      '01 0d 001c 00000000 ffffffff 0001 000c 7000 000c 0000 0000 00000000',
      'OF_BAD_LENGTH',
      { type: 2, code: 1 },
    ],
    [
      'an action that overruns',
      '01 0d 0018 00000000 ffffffff 0001 0008 7000 0010 0000 0000',
      'OF_BAD_LENGTH',
      { type: 2, code: 1 },
    ],
    [
      'an output of the wrong size',
      '01 0d 0020 00000000 ffffffff 0001 0010 0000 0010 0000 0000 00000000 00000000',
      'OF_BAD_LENGTH',
      { type: 2, code: 1 },
    ],
  ])('%s', (_what, hex, code, answer) => {
    const fault = faultOf(() => decodeMessage(bytesOf(hex)));
    expect(fault).toMatchObject({ code, answer });
  });

  const removed = (match: string) =>
    `04 0b ${(48 + match.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} 00000001 ${'00'.repeat(40)} ${match}`;
  it.each([
    ['a match of the deprecated type', '0000 0004 00000000', 'OF_BAD_TYPE', { type: 4, code: 0 }],
    ['a match shorter than its header', '0001 0003 00000000', 'OF_BAD_LENGTH', { type: 4, code: 1 }],
    ['a match that overruns the message', '0001 0010 80000004', 'OF_BAD_LENGTH', { type: 4, code: 1 }],
    [
      'a match field that overruns the match',
      '0001 0008 80000004 00000000 00000000',
      'OF_BAD_LENGTH',
      { type: 4, code: 1 },
    ],
    ['a match field of the wrong size', '0001 000a 80000002 0001 000000000000', 'OF_BAD_LENGTH', { type: 4, code: 1 }],
  ])('%s', (_what, match, code, answer) => {
    expect(faultOf(() => decodeMessage(bytesOf(removed(match))))).toMatchObject({ code, answer });
  });

  it('and says where', () => {
    const fault = faultOf(() => decodeMessage(bytesOf('01 0c 000c 00000000 00000000')));
    expect(fault).toMatchObject({ code: 'OF_TRUNCATED', field: 'portStatus.pad', offset: 9 });
    expect(fault.message).toContain('at byte 9');
  });

  it('and makes the error message that answers it', () => {
    const bytes = bytesOf('01 16 0008 00abcdef');
    const answer = errorAnswering(
      faultOf(() => decodeMessage(bytes)),
      bytes,
      1,
    );
    expect(answer).toEqual({ version: 1, type: 'error', xid: 0xabcdef, errorType: 1, code: 1, data: bytes });
    expect(decodeMessage(encodeMessage(answer))).toEqual(answer);
  });
});

describe('encoding refuses an OpenFlow 1.0 match', () => {
  const block = { address: 0x0a000001, prefixLength: 32 };
  it.each<[string, Match10]>([
    ['nwSrc without dlType', { nwSrc: block }],
    ['nwDst for IPv6, which would match all IPv6', { dlType: 0x86dd, nwDst: block }],
    ['nwProto without dlType', { nwProto: 6 }],
    ['nwTos of ARP', { dlType: 0x0806, nwTos: 4 }],
    ['tpDst without nwProto', { dlType: 0x0800, tpDst: 80 }],
    ['tpSrc of a protocol without ports', { dlType: 0x0800, nwProto: 47, tpSrc: 80 }],
    ['tpSrc of ARP', { dlType: 0x0806, nwProto: 1, tpSrc: 80 }],
  ])('%s', (_what, match) => {
    expect(faultOf(() => encodeMessage(flowMod10(match))).code).toBe('OF_PREREQUISITE');
    const request: Message = {
      version: 1,
      type: 'statsRequest',
      xid: 1,
      flags: 0,
      body: { stats: 'flow', match, tableId: 255, outPort: 0xffff },
    };
    expect(faultOf(() => encodeMessage(request)).code).toBe('OF_PREREQUISITE');
  });

  it.each<[string, Match10]>([
    ['nwSrc, nwDst and nwProto of ARP', { dlType: 0x0806, nwSrc: block, nwDst: block, nwProto: 1 }],
    ['ports of UDP', { dlType: 0x0800, nwProto: 17, tpSrc: 1, tpDst: 2 }],
    ['ICMP type and code', { dlType: 0x0800, nwProto: 1, tpSrc: 8, tpDst: 0 }],
  ])('but not %s', (_what, match) => {
    expect(decodeMessage(encodeMessage(flowMod10(match)))).toMatchObject({ match });
  });
});

describe('encoding refuses an OpenFlow 1.3 match', () => {
  const ip = oxm('ethType', 0x0800);
  it.each<[string, Match13, string, number]>([
    ['without a prerequisite', [oxm('ipv4Src', 1)], 'OF_PREREQUISITE', 9],
    ['with the prerequisite behind the field', [oxm('ipv4Src', 1), ip], 'OF_PREREQUISITE', 9],
    ['with the wrong protocol', [ip, oxm('ipProto', 17), oxm('tcpDst', 1)], 'OF_PREREQUISITE', 9],
    ['with the wrong EtherType', [oxm('ethType', 0x86dd), oxm('ipv4Dst', 1)], 'OF_PREREQUISITE', 9],
    ['with a priority of untagged frames', [oxm('vlanVid', 0), oxm('vlanPcp', 1)], 'OF_PREREQUISITE', 9],
    [
      'with an address of the wrong discovery message',
      [oxm('ethType', 0x86dd), oxm('ipProto', 58), oxm('icmpv6Type', 136), oxm('ipv6NdSll', 1)],
      'OF_PREREQUISITE',
      9,
    ],
    ['with a field twice', [oxm('inPort', 1), oxm('inPort', 2)], 'OF_DUPLICATE_FIELD', 10],
    ['with a mask on a field that has none', [{ field: 'inPort', value: 1, mask: 1 }], 'OF_BAD_MASK', 8],
    ['with value bits outside the mask', [ip, oxm('ipv4Src', 0x0a000001, 0xff000000)], 'OF_BAD_MASK', 5],
  ])('%s', (_what, match, code, answerCode) => {
    const fault = faultOf(() => encodeMessage(flowMod13(match)));
    expect(fault).toMatchObject({ code, answer: { type: 4, code: answerCode } });
    expect(() => checkMatch13(match)).toThrow(OpenflowError);
  });

  it('but takes what a switch reports as it is', () => {
    const message: Message = {
      version: 4,
      type: 'packetIn',
      xid: 0,
      bufferId: NO_BUFFER,
      totalLen: 42,
      reason: 0,
      tableId: 0,
      cookie: 0n,
      match: [oxm('tcpDst', 1)],
      data: arpFrame,
    };
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });
});

describe('encoding refuses a value', () => {
  it.each<[string, Message, string]>([
    ['beyond 16 bits', flowMod10({}, { priority: 65536 }), 'priority'],
    ['below zero', flowMod10({}, { priority: -1 }), 'priority'],
    ['that is no integer', flowMod10({}, { bufferId: 1.5 }), 'bufferId'],
    ['that is missing', flowMod10({}, { bufferId: undefined as unknown as number }), 'bufferId'],
    ['beyond 64 bits', flowMod10({}, { cookie: 1n << 64n }), 'cookie'],
    ['that should be a bigint', flowMod10({}, { cookie: 1 as unknown as bigint }), 'cookie'],
    ['beyond 48 bits', flowMod10({}, { actions: [{ type: 'setDlDst', dlAddr: 2 ** 48 }] }), 'dlAddr'],
    ['in a match', flowMod10({ inPort: 65536 }), 'inPort'],
    [
      'of more than 32 address bits',
      flowMod10({ dlType: 0x0800, nwSrc: { address: 0, prefixLength: 33 } }),
      'nwSrc.prefixLength',
    ],
    ['with more bits than the field has', flowMod13([oxm('ethType', 0x0800), oxm('ipDscp', 64)]), 'ipDscp'],
  ])('%s', (_what, message, field) => {
    expect(faultOf(() => encodeMessage(message))).toMatchObject({ code: 'OF_BAD_VALUE', field });
  });

  it('of an action that does not exist', () => {
    const actions = [{ type: 'teleport' }] as unknown as Of10FlowMod['actions'];
    const fault = faultOf(() => encodeMessage(flowMod10({}, { actions })));
    expect(fault).toMatchObject({ code: 'OF_BAD_TYPE' });
    expect(fault.message).toContain('"teleport"');
  });

  it('that sets a masked field, which OpenFlow 1.3 cannot', () => {
    const actions = [{ type: 'setField', field: oxm('ethDst', 0, 1) }] as const;
    const instructions = [{ type: 'applyActions', actions }] as const;
    expect(faultOf(() => encodeMessage({ ...flowMod13([]), instructions })).code).toBe('OF_BAD_MASK');
  });

  it('of unknown bytes that would break the alignment', () => {
    const actions = [{ type: 'unknown' as const, actionType: 0x7000, data: new Uint8Array(5) }];
    expect(faultOf(() => encodeMessage(flowMod10({}, { actions }))).code).toBe('OF_BAD_LENGTH');
  });

  it('longer than a message can be, and takes one that just fits', () => {
    const echo = (size: number): Message => ({
      version: 4,
      type: 'echoRequest',
      xid: 1,
      data: new Uint8Array(size).fill(7),
    });
    expect(faultOf(() => encodeMessage(echo(65528))).code).toBe('OF_TOO_LONG');
    const largest = encodeMessage(echo(65527));
    expect(largest.length).toBe(65535);
    expect(decodeMessage(largest)).toEqual(echo(65527));
  });
});

describe('the bytes of one message', () => {
  it('stay as they are while thousands of others are encoded', () => {
    const messages = Array.from({ length: 3000 }, (_, xid) => flowMod10({ inPort: xid }, { xid }));
    const encoded = messages.map(encodeMessage);
    expect(encoded.map(decodeMessage)).toEqual(messages);
  });
});
