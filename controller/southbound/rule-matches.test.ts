// What the match of a rule says in either version.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../../protocols/packet/address.ts';
import { hostPrefix } from './flow-rule.ts';
import { match10, match13 } from './rule-matches.ts';

const MAC = 0x02_00_00_00_00_07;
const ADDRESS = hostPrefix(0x0a_00_00_01 as IpAddress);
const FLOW = {
  inPort: 3,
  ethSrc: MAC,
  ethDst: MAC + 1,
  vlan: 'none',
  ethType: 0x0800,
  ipSrc: ADDRESS,
  ipDst: ADDRESS,
  ipProto: 17,
  udpSrc: 68,
  reg3: 9,
} as const;

/** The fields of a match, in any order. */
const shuffled = fc.shuffledSubarray(Object.entries(FLOW), { minLength: Object.keys(FLOW).length });

describe('OpenFlow 1.3', () => {
  it('has what others need before these, in whatever order the fields were noted', () => {
    const order = [
      'inPort',
      'ethDst',
      'ethSrc',
      'ethType',
      'vlanVid',
      'ipProto',
      'ipv4Src',
      'ipv4Dst',
      'udpSrc',
      'reg3',
    ];
    const runs = fc.property(shuffled, (entries) => {
      expect(match13(Object.fromEntries(entries)).map(({ field }) => field)).toEqual(order);
    });
    fc.assert(runs);
  });

  it('leaves out what is undefined, and ports where the protocol is not UDP', () => {
    const match = { ...FLOW, ipProto: 6, ethSrc: undefined, reg3: undefined } as object;
    expect(match13(match).map(({ field }) => field)).not.toEqual(expect.arrayContaining(['ethSrc', 'udpSrc', 'reg3']));
  });

  it('asks for a bit of the MAC address, a tag, and bits of an address by their masks', () => {
    expect(match13({ isGroup: true, vlan: 7, ipDst: { network: 0x0a_00_00_00 as IpAddress, length: 8 } })).toEqual([
      { field: 'ethDst', value: 0x01_00_00_00_00_00, mask: 0x01_00_00_00_00_00 },
      { field: 'vlanVid', value: 0x1007 },
      { field: 'ipv4Dst', value: 0x0a_00_00_00, mask: 0xff_00_00_00 },
    ]);
  });
});

describe('OpenFlow 1.0', () => {
  it('says the same, in its own words', () => {
    const { reg3: _, ...flow } = FLOW;
    const address = { address: 0x0a_00_00_01, prefixLength: 32 };
    expect(match10(flow)).toEqual({
      inPort: 3,
      dlSrc: MAC,
      dlDst: MAC + 1,
      dlVlan: 0xffff,
      dlType: 0x0800,
      nwSrc: address,
      nwDst: address,
      nwProto: 17,
      tpSrc: 68,
    });
  });

  it.each([
    ['reg3', { reg3: 1 }],
    ['metadata', { metadata: { value: 0n, mask: 1n } }],
    ['isGroup', { isGroup: true }],
    ['ndTarget', { ndTarget: 1n }],
    ['connection', { connection: 'reply' }],
  ] as const)('has no %s, and says so instead of matching more', (name, match) => {
    expect(() => match10(match)).toThrow(`OpenFlow 1.0 cannot match ${name}`);
  });
});
