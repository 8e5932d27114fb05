// Numbers as HTCondor's lexer reads them. There are no unit suffixes. An integer too large for 64 bits is 0. Hexadecimal
// and octal look like numbers to the lexer but are read as decimal in the new semantics (so 0x1F is 0 and 010 is 10),
// and are refused in the old.

import type { Semantics } from './lexer.ts';

export type NumberToken =
  | { readonly value: bigint | number; readonly end: number }
  | { readonly problem: string; readonly expected: string };

const HEXADECIMAL = /-?0[xX][0-9a-fA-F]*/y;
const DECIMAL = /-?([0-9]*)(\.[0-9]*)?(?:([eE])([+-]?)([0-9]*))?/y;
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Reads the number at `start`; `undefined` if none begins there. `mayBeSigned`: a minus there belongs to it. */
export function readNumber(
  text: string,
  start: number,
  mayBeSigned: boolean,
  semantics: Semantics,
): NumberToken | undefined {
  if (!beginsNumber(text, start, mayBeSigned)) return undefined;
  HEXADECIMAL.lastIndex = start;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal) {
    if (/[xX]$/.test(hexadecimal[0]))
      return { problem: 'hexadecimal number without digits', expected: 'digits after 0x' };
    if (semantics === 'old') return { problem: 'hexadecimal number', expected: 'a decimal number' };
    return { value: 0n, end: HEXADECIMAL.lastIndex };
  }
  DECIMAL.lastIndex = start;
  const match = DECIMAL.exec(text)!;
  const [whole, digits = '', fraction, exponentSign, , exponent] = match;
  if (fraction === '.') return { problem: "a '.' without digits after it", expected: 'digits after the point' };
  if (exponentSign !== undefined && exponent === '')
    return { problem: 'an exponent without digits', expected: 'digits' };
  if (fraction !== undefined || exponentSign !== undefined) return { value: Number(whole), end: DECIMAL.lastIndex };
  if (digits.length > 1 && digits[0] === '0') {
    if (/[89]/.test(digits))
      return { problem: `'${digits}' is no octal number`, expected: 'a number without leading 0' };
    if (semantics === 'old') return { problem: `octal number '${digits}'`, expected: 'a number without leading 0' };
  }
  const value = BigInt(whole);
  return { value: value > MAX || value < MIN ? 0n : value, end: DECIMAL.lastIndex };
}

function beginsNumber(text: string, start: number, mayBeSigned: boolean): boolean {
  const signed = text[start] === '-';
  if (signed && !mayBeSigned) return false;
  const at = signed ? start + 1 : start;
  return isDigit(text, at) || (text[at] === '.' && isDigit(text, at + 1));
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
