import { describe, expect, it } from 'vitest';
import { negotiate, ourHello } from './negotiation.ts';

const bitmap = (...versions: number[]) => [
  { type: 'versionBitmap', bitmaps: [versions.reduce((bits, version) => bits | (1 << version), 0)] },
];

describe('negotiate', () => {
  it.each([
    ['both bitmaps: the highest in common', [1, 4], { version: 6, elements: bitmap(1, 4, 6) }, 4],
    ['a bitmap decides even where the header says more', [1, 4], { version: 6, elements: bitmap(1, 6) }, 1],
    ['bitmaps with nothing in common', [4], { version: 6, elements: bitmap(5, 6) }, undefined],
    ['a plain 1.0 switch', [1, 4], { version: 1, elements: [] }, 1],
    ['a 1.4 switch without bitmap meets at 1.3', [1, 4], { version: 5, elements: [] }, 4],
    [
      'a 1.1 switch without bitmap: the smaller version is one that we lack',
      [1, 4],
      { version: 2, elements: [] },
      undefined,
    ],
    ['we speak 1.0 alone: no bitmap of ours, so the headers decide', [1], { version: 4, elements: bitmap(1, 4) }, 1],
    ['we speak 1.3 alone and the switch 1.0', [4], { version: 1, elements: [] }, undefined],
    [
      'an empty bitmap element says nothing',
      [1, 4],
      { version: 4, elements: [{ type: 'versionBitmap', bitmaps: [] }] },
      4,
    ],
  ] as const)('%s', (_, ours, peer, expected) => {
    expect(negotiate(ours, peer)).toBe(expected);
  });
});

describe('ourHello', () => {
  it('carries the bitmap of all versions when 1.3 is among them', () => {
    expect(ourHello([4, 1], 7)).toEqual({
      version: 4,
      xid: 7,
      type: 'hello',
      elements: [{ type: 'versionBitmap', bitmaps: [0b10010] }],
    });
  });

  it('is bare in 1.0', () => {
    expect(ourHello([1], 7)).toEqual({ version: 1, xid: 7, type: 'hello', elements: [] });
  });
});
