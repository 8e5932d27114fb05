import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustChecksum, internetChecksum, sumWords } from './checksum.ts';

describe('internetChecksum', () => {
  it('is that of the worked example of RFC 1071 §3', () => {
    expect(internetChecksum(Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]))).toBe(0xffff - 0xddf2);
  });

  it('pads an odd length with a zero byte', () => {
    expect(internetChecksum(Uint8Array.of(1, 2, 3))).toBe(internetChecksum(Uint8Array.of(1, 2, 3, 0)));
  });
});

describe('adjustChecksum', () => {
  it('gives what summing the changed bytes again gives', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 40 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (bytes, patch) => {
          const before = internetChecksum(bytes);
          const changed = bytes.slice();
          changed.set(patch, 4);
          const adjusted = adjustChecksum(before, sumWords(bytes, 4, 8), sumWords(changed, 4, 8));
          // 0 and 0xffff are the two zeros of one's complement arithmetic.
          expect(adjusted % 0xffff).toBe(internetChecksum(changed) % 0xffff);
        },
      ),
    );
  });
});
