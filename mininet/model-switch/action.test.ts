import { oxm } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { type Action, mergeIntoSet, orderedSet, outputsTo, Port } from './action.ts';
import { covers, isMatchedBy, normalMatch, overlaps } from './match.ts';
import { matchFrom13, matchTo13 } from './oxm.ts';
import { Packet } from './packet.ts';

const output = (port: number): Action => ({ do: 'output', port, maxLen: 0 });
const setDst = (value: bigint): Action => ({ do: 'setField', field: 'ethDst', value, oxm: 'ethDst' });

describe('an action set', () => {
  it('runs in the order of the specification, whatever order it was written in', () => {
    const set = [
      output(1),
      { do: 'setQueue', queueId: 1 },
      setDst(1n),
      { do: 'pushVlan', tpid: 0x8100 },
      { do: 'popVlan' },
    ];
    expect(orderedSet(set as Action[]).map((action) => action.do)).toEqual([
      'popVlan',
      'pushVlan',
      'setField',
      'setQueue',
      'output',
    ]);
  });

  it('has one action of each kind and one set-field of each field: the last written', () => {
    const set = mergeIntoSet([output(1), setDst(1n)], [output(2), setDst(2n)]);
    expect(set).toEqual([output(2), setDst(2n)]);
  });

  it('outputs nothing beside a group, and does nothing without either', () => {
    const group: Action = { do: 'group', groupId: 1 };
    expect(orderedSet([output(1), setDst(1n), group])).toEqual([setDst(1n), group]);
    expect(orderedSet([setDst(1n)])).toEqual([]);
  });
});

describe('outputsTo', () => {
  it('looks at applied and written actions, and at ports by name', () => {
    const rule = { apply: [output(1)], clear: false, write: [{ do: 'enqueue', port: 2, queueId: 1 } as const] };
    expect([1, 2, 3, Port.ALL].map((port) => outputsTo(rule, port))).toEqual([true, true, false, false]);
  });
});

describe('matches', () => {
  const net = (value: bigint, mask: bigint) => normalMatch([['nwSrc', { value, mask }]]);

  it('lose value bits outside their mask, and fields without a mask bit', () => {
    expect(net(0x0a000001n, 0xffffff00n)).toEqual(net(0x0a0000ffn, 0xffffff00n));
    expect(normalMatch([['nwSrc', { value: 5n, mask: 0n }]]).fields.size).toBe(0);
  });

  it('cover what is narrower in every field and overlap what some packet meets too', () => {
    const wide = net(0x0a000000n, 0xff000000n);
    const narrow = net(0x0a010000n, 0xffff0000n);
    const other = net(0x0b000000n, 0xff000000n);
    expect([covers(wide, narrow), covers(narrow, wide), covers(wide, wide)]).toEqual([true, false, true]);
    expect([overlaps(wide, narrow), overlaps(wide, other)]).toEqual([true, false]);
    const elsewhere = normalMatch([['ethSrc', { value: 1n }]]);
    expect([covers(wide, elsewhere), overlaps(wide, elsewhere)]).toEqual([false, true]);
  });

  it('in OXM come back as they were, whichever protocol they speak of', () => {
    const matches = [
      [oxm('ethType', 0x0806), oxm('arpOp', 1), oxm('arpSpa', 5, 0xff)],
      [oxm('vlanVid', 0x1000, 0x1000), oxm('ethType', 0x0800), oxm('ipProto', 17), oxm('udpDst', 53)],
      [oxm('ethType', 0x86dd), oxm('ipProto', 58), oxm('icmpv6Type', 135), oxm('ipv6NdTarget', 9n)],
    ] as const;
    for (const match of matches) {
      const back = matchTo13(matchFrom13(match));
      expect(
        new Set(back.map((field) => JSON.stringify(field, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))),
      ).toEqual(new Set(match.map((field) => JSON.stringify(field, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))));
    }
  });

  it('on a frame too short for anything match its zeros only', () => {
    const { key } = new Packet(new Uint8Array(14), 3);
    expect(isMatchedBy(normalMatch([['inPort', { value: 3n }]]), key)).toBe(true);
    expect(isMatchedBy(normalMatch([['ethType', { value: 0x0800n }]]), key)).toBe(false);
  });
});
