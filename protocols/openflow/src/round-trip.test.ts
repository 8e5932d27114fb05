// Round trips of random messages, and what random damage may do to a decoder: nothing but a coded error.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, messageKinds } from '../testing/arbitraries.ts';
import { OpenflowError } from './error.ts';
import { decodeMessage, encodeMessage } from './message.ts';

describe('a random message', () => {
  for (const [label, arbitrary] of messageKinds) {
    it(`${label}: decodes to what was encoded, and encodes to the same bytes again`, () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const bytes = encodeMessage(message);
          const decoded = decodeMessage(bytes);
          expect(decoded).toEqual(message);
          expect(Buffer.from(encodeMessage(decoded)).equals(bytes)).toBe(true);
        }),
        { numRuns: 60 },
      );
    });
  }
});

/** Decodes; an OpenflowError is an answer, anything else a failure. */
function tryDecode(bytes: Uint8Array): 'message' | OpenflowError {
  try {
    decodeMessage(bytes);
    return 'message';
  } catch (error) {
    if (error instanceof OpenflowError) return error;
    throw error;
  }
}

describe('a damaged message', () => {
  it('cut short anywhere is refused as such', () => {
    fc.assert(
      fc.property(anyMessage, fc.double({ min: 0, max: 1, noNaN: true }), (message, fraction) => {
        const whole = encodeMessage(message);
        const error = tryDecode(whole.subarray(0, Math.floor(fraction * (whole.length - 1))));
        expect(error).toMatchObject({ code: 'OF_TRUNCATED' });
      }),
      { numRuns: 300 },
    );
  });

  it('cut short with its length mended, or with bytes changed, gives a message or a coded error that names its place', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyMessage, damage, fc.nat(), (message, changes, cut) => {
        const whole = encodeMessage(message).slice();
        const bytes = whole.subarray(0, Math.max(8, whole.length - (cut % (whole.length + 8))));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        bytes[2] = bytes.length >> 8;
        bytes[3] = bytes.length;
        const result = tryDecode(bytes);
        if (result === 'message') return;
        expect(result.field).not.toBe('');
        expect(result.offset).toBeLessThanOrEqual(bytes.length);
        expect(result.offset).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('of random bytes behind any header is answered in the same way', () => {
    const header = fc.tuple(fc.constantFrom(1, 4), fc.nat(32), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(header, ([version, type, body]) => {
        const bytes = Uint8Array.from([version, type, (body.length + 8) >> 8, body.length + 8, 0, 0, 0, 0, ...body]);
        expect(['message', 'OpenflowError']).toContain(tryDecode(bytes) === 'message' ? 'message' : 'OpenflowError');
      }),
      { numRuns: 2000 },
    );
  });
});
