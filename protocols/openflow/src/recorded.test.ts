// What Open vSwitch 3.1 really sent in both versions (testing/conversation.ts has the requests): every message decodes, and
// encodes to the same bytes again.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectedKinds, kindOf } from '../testing/conversation.ts';
import { formatError } from './format/error.ts';
import { formatMatch13 } from './format/match.ts';
import { decodeMessage, encodeMessage } from './message.ts';

const text = readFileSync(new URL('../testing/recorded-ovs-3.1.txt', import.meta.url), 'utf8');
const recorded = text
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => new Uint8Array(Buffer.from(line, 'hex')));

describe('a recorded conversation with Open vSwitch', () => {
  it('has every kind of message that a switch sends', () => {
    const messages = recorded.map(decodeMessage);
    for (const version of [1, 4] as const) {
      const kinds = messages.filter((message) => message.version === version).map(kindOf);
      expect(kinds).toEqual(expect.arrayContaining([...expectedKinds(version)]));
    }
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
