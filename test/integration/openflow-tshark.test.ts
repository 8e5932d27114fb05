// Wireshark as the second witness for OpenFlow 1.3: every message that our encoder makes, one to a TCP segment in one
// capture file, is dissected without a "malformed" and with the type that we gave it. (Its 1.0 dissector is too weak.)

import fc from 'fast-check';
import { encodeMessage, Group, type Message, NO_BUFFER, type Of13FlowMod, oxm, Port13 } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { messageKinds, soundMatch13 } from '../../protocols/openflow/testing/arbitraries.ts';
import { arpFrame } from '../../protocols/openflow/testing/samples-10.ts';
import { opaqueSamples13, samples13 } from '../../protocols/openflow/testing/samples-13.ts';
import { dissect, LINKTYPE_IPV4 } from '../support/tshark.ts';

const PORT = 6653;

/** Each message in a TCP segment of its own, in one direction of one connection. */
function segments(messages: readonly Uint8Array[]): readonly Uint8Array[] {
  let sequence = 1;
  return messages.map((message) => {
    const packet = segment(message, sequence);
    sequence += message.length;
    return packet;
  });
}

function segment(payload: Uint8Array, sequence: number): Buffer {
  const ip = Buffer.alloc(40);
  ip[0] = 0x45;
  ip.writeUInt16BE(40 + payload.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  ip.writeUInt32BE(0x0a000001, 12);
  ip.writeUInt32BE(0x0a000002, 16);
  ip.writeUInt16BE(40000, 20);
  ip.writeUInt16BE(PORT, 22);
  ip.writeUInt32BE(sequence, 24);
  ip[32] = 0x50;
  ip[33] = 0x18;
  ip.writeUInt16BE(65535, 34);
  return Buffer.concat([ip, payload]);
}

/** For each message: the message type numbers in it, and whether anything was malformed or left over. */
async function dissected(
  messages: readonly Uint8Array[],
): Promise<{ types: string; malformed: string; xid: string }[]> {
  const fields = ['openflow_v4.type', '_ws.malformed', 'openflow_v4.xid'] as const;
  const rows = await dissect(LINKTYPE_IPV4, segments(messages), fields);
  return rows.map((row) => ({
    types: row['openflow_v4.type'].join(','),
    malformed: row['_ws.malformed'].join(','),
    xid: row['openflow_v4.xid'].join(','),
  }));
}

function expected(bytes: Uint8Array): { types: string; malformed: string; xid: string } {
  const xid = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  return { types: `${bytes[1]}`, malformed: '', xid: `${xid}` };
}

/** The actions and fields that Open vSwitch does not have, and so cannot witness. */
const rest: Of13FlowMod = {
  version: 4,
  type: 'flowMod',
  xid: 5,
  cookie: 1n,
  cookieMask: 0n,
  tableId: 0,
  command: 0,
  idleTimeout: 0,
  hardTimeout: 0,
  priority: 1,
  bufferId: NO_BUFFER,
  outPort: Port13.ANY,
  outGroup: Group.ANY,
  flags: 0,
  match: [oxm('inPort', 1), oxm('inPhyPort', 2), oxm('ethType', 0x86dd), oxm('ipv6Exthdr', 0x101, 0x1ff)],
  instructions: [
    {
      type: 'writeActions',
      actions: [
        { type: 'copyTtlOut' },
        { type: 'copyTtlIn' },
        { type: 'pushPbb', ethertype: 0x88e7 },
        { type: 'setField', field: oxm('pbbIsid', 0x123456) },
        { type: 'popPbb' },
      ],
    },
  ],
};

describe('tshark dissects', () => {
  it('every kind of message of OpenFlow 1.3, and random ones of many, without complaint', async () => {
    const flowMods = fc
      .sample(soundMatch13, { numRuns: 100, seed: 4 })
      .map((match): Message => ({ ...rest, match, instructions: [] }));
    const random = messageKinds
      // Wireshark 4.0 takes the bytes of an unknown action, property or experimenter for the next header.
      .filter(([label]) =>
        /^1\.3 (packetIn|flowRemoved|portStatus|portMod|tableMod|role|getAsync|setAsync|echo)/.test(label),
      )
      .flatMap(([, arbitrary]) => fc.sample(arbitrary, { numRuns: 20, seed: 3 }))
      // It dissects the packet inside as well, which therefore has to be one.
      .map((message) => (message.type === 'packetIn' ? { ...message, data: arpFrame } : message));
    const messages: readonly Message[] = [...samples13, ...opaqueSamples13, rest, ...flowMods, ...random];
    const bytes = messages.map(encodeMessage);
    const seen = await dissected(bytes);
    const complaints = seen.flatMap((line, index) => {
      const wanted = expected(bytes[index]!);
      const isRight =
        line.malformed === '' && line.types.split(',')[0] === wanted.types && line.xid.split(',')[0] === wanted.xid;
      return isRight ? [] : [{ message: messages[index]!, line }];
    });
    expect(seen).toHaveLength(messages.length);
    expect(complaints).toEqual([]);
  });
});
