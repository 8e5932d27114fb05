import { describe, expect, it } from 'vitest';
import { requireSameOrigin } from './same-origin.ts';

const NAMED = { origin: 'https://lark.example.edu:8443', host: 'lark.example.edu:8443' };
const OTHER = { origin: 'https://evil.example', host: 'lark.example.edu:8443' };

describe('a write', () => {
  it('is taken from a page at a name of Lark’s only where it needs a token', () => {
    expect(() => requireSameOrigin(NAMED, false)).toThrow(/asked by a page of/);
    expect(() => requireSameOrigin(NAMED, true)).not.toThrow();
  });

  it('is never taken from the page of another site', () => {
    for (const needsToken of [false, true]) expect(() => requireSameOrigin(OTHER, needsToken)).toThrow(/evil/);
    expect(() => requireSameOrigin({ origin: 'null', host: 'x' }, true)).toThrow();
  });
});
