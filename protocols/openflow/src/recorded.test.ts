// What Open vSwitch 3.1 really sent in both versions (testing/record.ts says to which requests): every message decodes, and
// encodes to the same bytes again.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatError } from './format/error.ts';
import { formatMatch13 } from './format/match.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';

const text = readFileSync(new URL('../testing/recorded-ovs-3.1.txt', import.meta.url), 'utf8');
const recorded = text
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => new Uint8Array(Buffer.from(line, 'hex')));

describe('a recorded conversation with Open vSwitch', () => {
  it('has every kind of message that a switch sends', () => {
    const kinds = (version: number) =>
      new Set(recorded.map(decodeMessage).flatMap((message) => (message.version === version ? kindOf(message) : [])));
    const both = ['hello', 'error', 'echoReply', 'featuresReply', 'getConfigReply', 'packetIn', 'flowRemoved'];
    const others = ['portStatus', 'barrierReply', 'queueGetConfigReply'];
    const stats10 = ['desc', 'flow', 'aggregate', 'table', 'port', 'queue'];
    const stats13 = ['desc', 'flow', 'aggregate', 'table', 'portStats', 'queue', 'group', 'groupDesc', 'groupFeatures'];
    const more13 = ['meter', 'meterConfig', 'meterFeatures', 'tableFeatures', 'portDesc'];
    expect([...kinds(1)]).toEqual(expect.arrayContaining([...both, ...others, ...stats10, 'nxRoleReply']));
    const extras = ['roleReply', 'getAsyncReply', 'bundleControl'];
    expect([...kinds(4)]).toEqual(expect.arrayContaining([...both, ...others, ...stats13, ...more13, ...extras]));
  });

  it('comes back byte for byte', () => {
    for (const bytes of recorded) {
      const again = encodeMessage(decodeMessage(bytes));
      expect(Buffer.from(again).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    }
  });

  it('says what was installed and what went wrong', () => {
    const messages = recorded.map(decodeMessage);
    const matches = messages.flatMap((message) =>
      message.version === 4 && message.type === 'multipartReply' && message.body.multipart === 'flow'
        ? message.body.entries.map(({ match }) => formatMatch13(match))
        : [],
    );
    expect(matches).toContain('tcp,nw_src=10.0.0.0/8,tp_dst=0x1000/0xf000,tcp_flags=+syn-ack');
    const errors = messages.flatMap((message) => (message.type === 'error' ? formatError(message) : []));
    expect(errors).toContain('OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT');
    expect(errors).toContain('OFPET_BAD_INSTRUCTION/OFPBIC_BAD_TABLE_ID');
  });
});

function kindOf(message: Message): string {
  if (message.type === 'statsReply') return message.body.stats;
  return message.type === 'multipartReply' ? message.body.multipart : message.type;
}
