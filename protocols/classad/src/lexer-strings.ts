// Quoted strings and names. New: C escapes, octal codes, no NUL. Old: a backslash is a backslash, except before the
// quote; and even there it is literal when that quote is the last character of the text or of its line (`"C:\dir\"`).

import type { ByteString } from './bytes.ts';
import type { Lex, Lexer } from './lexer.ts';

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

export interface Quoted {
  readonly value: ByteString;
  /** The offset after the closing quote. */
  readonly end: number;
}

/** Reads the quoted string or name at `start`, whose opening quote is `quote`. */
export function readQuoted(lexer: Lexer, quote: '"' | "'", start: number, lex: Lex): Quoted {
  const { text } = lexer;
  // Most strings hold no backslash: cut them out whole.
  const close = text.indexOf(quote, start + 1);
  const unclosed = (): never => lexer.fail('a string does not end', `a closing ${quote}`, start);
  if (close === -1) return unclosed();
  const plain = text.slice(start + 1, close);
  if (plain.includes('\0')) return unclosed();
  if (!plain.includes('\\')) return { value: plain, end: close + 1 };
  return lex === 'old' ? readOld(lexer, quote, start, unclosed) : readNew(lexer, quote, start, unclosed);
}

function readOld({ text }: Lexer, quote: string, start: number, unclosed: () => never): Quoted {
  let value = '';
  for (let at = start + 1; ; at += 1) {
    const close = text.indexOf(quote, at);
    if (close === -1) return unclosed();
    const part = text.slice(at, close);
    if (part.includes('\0')) return unclosed();
    const isEscaped = part.endsWith('\\') && /[^\r\n\0]/.test(text.charAt(close + 1));
    if (!isEscaped) return { value: value + part, end: close + 1 };
    value += part.slice(0, -1) + quote;
    at = close;
  }
}

function readNew(lexer: Lexer, quote: string, start: number, unclosed: () => never): Quoted {
  const { text } = lexer;
  let value = '';
  for (let at = start + 1; at < text.length; ) {
    const character = text[at]!;
    if (character === quote) return { value, end: at + 1 };
    if (character === '\0') return unclosed();
    if (character !== '\\') {
      value += character;
      at += 1;
      continue;
    }
    // Up to three octal digits, but only two after a first digit above 3: a byte.
    const octal = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(text.slice(at + 1, at + 4));
    if (octal) {
      const code = Number.parseInt(octal[0], 8);
      if (code === 0) lexer.fail('a NUL in a string', 'a string without \\0', at);
      value += String.fromCharCode(code);
      at += 1 + octal[0].length;
    } else {
      const escaped = text[at + 1];
      if (escaped === undefined) return unclosed();
      value += ESCAPES.get(escaped) ?? escaped;
      at += 2;
    }
  }
  return unclosed();
}
