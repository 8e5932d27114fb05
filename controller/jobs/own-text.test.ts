import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownText, sharedText } from './own-text.ts';

describe('a text of its own', () => {
  it('is the same text, whatever is in it', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'é', '\ud800', 'a\0b', '\udc80x'));
    fc.assert(
      fc.property(anything, (text) => {
        expect(ownText(text)).toBe(text);
        expect(sharedText(text)).toBe(text);
      }),
    );
  });
});
