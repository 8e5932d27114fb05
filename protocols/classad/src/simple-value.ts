// The short way for long-form values: nine of ten are plain strings, integers or booleans, which need neither lexer nor parser.
// It takes only what the parser would read as that same literal, and leaves all else to it.

import { type ByteString, isBlank } from './bytes.ts';
import { type Literal, literal } from './expression.ts';

/** So many digits are exact in a JavaScript number. */
const EXACT_DIGITS = 15;
const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;

const WORDS: ReadonlyMap<string, Literal> = new Map([
  ['true', literal(true)],
  ['false', literal(false)],
  ['undefined', literal(undefined)],
]);

/** The literal that a value is, or `undefined` if it takes a parser to tell. */
export function simpleValue(text: ByteString): Literal | undefined {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  const first = text.charCodeAt(start);
  if (first === QUOTE) return simpleString(text, start, end);
  if (first === MINUS || (first >= ZERO && first < ZERO + 10)) return simpleInteger(text, start, end);
  return end - start <= 9 ? WORDS.get(text.slice(start, end).toLowerCase()) : undefined;
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
