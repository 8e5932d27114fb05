// The short way for attributes' values: nine of ten are plain strings, integers or booleans, which need neither lexer nor
// parser. It takes only what the parser would read as that same literal, and leaves all else to it.

import type { ClassAd } from './ad.ts';
import { type ByteString, isBlank } from './bytes.ts';
import { type Literal, literal } from './expression.ts';
import { afterBlanks, isKeyword, wordEnd } from './lexer.ts';

/** So many digits are exact in a JavaScript number. */
const EXACT_DIGITS = 15;
const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;
const SEMICOLON = 59;
const EQUALS = 61;
const BRACKET = 93;
/** Of values that are no strings, with blanks around them. */
const LONGEST = 32;

const WORDS: ReadonlyMap<string, Literal> = new Map([
  ['true', literal(true)],
  ['false', literal(false)],
  ['undefined', literal(undefined)],
]);

/** The literal that a value is, or `undefined` if it takes a parser to tell. */
export function simpleValue(text: ByteString, from = 0, to = text.length): Literal | undefined {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  const first = text.charCodeAt(start);
  if (first === QUOTE) return simpleString(text, start, end);
  if (first === MINUS || (first >= ZERO && first < ZERO + 10)) return simpleInteger(text, start, end);
  return end - start <= 9 ? WORDS.get(text.slice(start, end).toLowerCase()) : undefined;
}

/** Where a value of an ad in new syntax ends that may be a simple one: at the `;` or `]` after it. -1 if it is none. */
function simpleValueEnd(text: ByteString, from: number): number {
  let at = afterBlanks(text, from);
  if (text.charCodeAt(at) === QUOTE) {
    const close = text.indexOf('"', at + 1);
    if (close === -1) return -1;
    at = afterBlanks(text, close + 1);
    return isEnd(text.charCodeAt(at)) ? at : -1;
  }
  for (const most = at + LONGEST; at < most; at += 1) if (isEnd(text.charCodeAt(at))) return at;
  return -1;
}

/**
 * Reads the attributes of an ad in new syntax from `from` on, as long as each is a plain name with a simple value. The
 * offset after the last one, before its `;` or `]`; `from` if there was none.
 */
export function simpleAttributes(text: ByteString, from: number, ad: ClassAd): number {
  let done = from;
  for (;;) {
    let start = afterBlanks(text, done);
    if (done > from) {
      if (text.charCodeAt(start) !== SEMICOLON) return done;
      start = afterBlanks(text, start + 1);
    }
    const { likely } = ad.layout;
    const likelyEnd = likely?.lastWordEnd(text, start) ?? -1;
    const nameEnd = likelyEnd === -1 ? wordEnd(text, start) : likelyEnd;
    const sign = afterBlanks(text, nameEnd);
    if (nameEnd === start || text.charCodeAt(sign) !== EQUALS) return done;
    const end = simpleValueEnd(text, sign + 1);
    const value = end === -1 ? undefined : simpleValue(text, sign + 1, end);
    if (value === undefined) return done;
    if (likely !== undefined && likelyEnd !== -1) ad.follow(likely, value);
    else {
      const name = text.slice(start, nameEnd);
      if (isKeyword(name)) return done;
      ad.set(name, value);
    }
    done = end;
  }
}

function isEnd(code: number): boolean {
  return code === SEMICOLON || code === BRACKET;
}

function simpleString(text: ByteString, start: number, end: number): Literal | undefined {
  if (text.indexOf('"', start + 1) !== end - 1) return undefined;
  const value = text.slice(start + 1, end - 1);
  return value.includes('\\') || value.includes('\0') ? undefined : literal(value);
}

function simpleInteger(text: ByteString, start: number, end: number): Literal | undefined {
  const isNegative = text.charCodeAt(start) === MINUS;
  const from = isNegative ? start + 1 : start;
  const digits = end - from;
  if (digits === 0 || digits > EXACT_DIGITS || (digits > 1 && text.charCodeAt(from) === ZERO)) return undefined;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return literal(BigInt(isNegative ? -value : value));
}
