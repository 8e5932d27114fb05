// Cuts ClassAd text into tokens, with the quirks of HTCondor's lexer: two ways to read strings (`lex`), numbers that
// depend on the semantics, and a minus sign that belongs to a number unless the token before it could be an operand.
// Tokens are made one at a time, since a long-form value ends silently where its expression does.

import type { ByteString } from './bytes.ts';
import { ClassAdError, positionAt } from './errors.ts';
import { type NumberToken, readNumber } from './lexer-numbers.ts';
import { readQuoted } from './lexer-strings.ts';

/** How strings are read: `new` with C escapes and concatenation, `old` with `\"` as the only escape. */
export type Lex = 'old' | 'new';
/** How scopes and some numbers work: `old` as in HTCondor's daemons and tools, `new` as the language was designed. */
export type Semantics = 'old' | 'new';

export type TokenType = 'integer' | 'real' | 'string' | 'identifier' | 'keyword' | 'punctuation' | 'end';

export interface Token {
  readonly type: TokenType;
  /** Of an identifier or string its bytes, of a keyword its folded name, else as it stands in the text. */
  readonly text: ByteString;
  /** Of an integer or real. */
  readonly number?: bigint | number;
  readonly start: number;
}

/** Words that are no names, folded. */
const KEYWORDS = new Set(['true', 'false', 'undefined', 'error', 'is', 'isnt']);
const LONGEST_KEYWORD = 'undefined'.length;

/** Of a word. */
export function isKeyword(word: string): boolean {
  return word.length <= LONGEST_KEYWORD && KEYWORDS.has(word.toLowerCase());
}

/** Signs by their first character, the longest first, since the first that fits is taken. */
const SIGNS: ReadonlyMap<string, readonly string[]> = new Map(
  ['=?= =!= == =', '|| |', '&& &', '!= !', '<= << <', '>>> >= >> >', '^', '+', '-', '*', '/', '%', '~', '?', ':']
    .concat(['(', ')', '[', ']', '{', '}', '.', ',', ';'])
    .map((signs) => [signs[0]!, signs.split(' ')]),
);

const BLANK = 1;
const DIGIT = 2;
const LETTER = 3;
/** What kind of character a byte is: looked up, since this is where parsing spends its time. */
const KIND = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[ \t\n\r\f\v]/.test(character)) return BLANK;
  return /[0-9]/.test(character) ? DIGIT : /[A-Za-z_]/.test(character) ? LETTER : 0;
});

export class Lexer {
  readonly text: ByteString;
  readonly #lex: Lex;
  readonly #semantics: Semantics;
  #offset: number;
  #peeked: Token | undefined;
  /** Whether the last token could end an operand, so that a minus after it is an operator. */
  #afterOperand = false;

  constructor(text: ByteString, lex: Lex, semantics: Semantics, offset = 0) {
    this.text = text;
    this.#lex = lex;
    this.#semantics = semantics;
    this.#offset = offset;
  }

  /** The offset after the last token that was taken; meaningful when none has been peeked at. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the next token was read already: then `offset` is after it. */
  get hasPeeked(): boolean {
    return this.#peeked !== undefined;
  }

  /** Goes on after an operand that was read without tokens. Nothing may have been peeked at. */
  skipTo(offset: number): void {
    this.#offset = offset;
    this.#afterOperand = true;
  }

  peek(): Token {
    this.#peeked ??= this.#read();
    return this.#peeked;
  }

  next(): Token {
    const token = this.peek();
    this.#peeked = undefined;
    return token;
  }

  /** Throws the error for a token that may not stand where it stands. */
  unexpected(token: Token, expected: string): never {
    const found = token.type === 'end' ? 'the text ends' : `found ${describe(token, this.text)}`;
    this.fail(found, expected, token.start);
  }

  fail(problem: string, expected: string, offset: number): never {
    throw new ClassAdError('CLASSAD_SYNTAX', problem, expected, positionAt(this.text, offset));
  }

  #read(): Token {
    this.#skipBlanksAndComments();
    const start = this.#offset;
    const token = this.#scan(start);
    this.#afterOperand = canEndOperand(token);
    return token;
  }

  #skipBlanksAndComments(): void {
    const { text } = this;
    for (;;) {
      this.#offset = afterBlanks(text, this.#offset);
      if (text[this.#offset] !== '/') return;
      if (text[this.#offset + 1] === '/') {
        const end = text.indexOf('\n', this.#offset);
        this.#offset = end === -1 ? text.length : end + 1;
      } else if (text[this.#offset + 1] === '*') {
        const end = text.indexOf('*/', this.#offset + 2);
        if (end === -1) this.fail('a comment does not end', "'*/'", this.#offset);
        this.#offset = end + 2;
      } else return;
    }
  }

  #scan(start: number): Token {
    const { text } = this;
    // A NUL ends the text, as it ends a C string.
    if (start >= text.length || text[start] === '\0') return { type: 'end', text: '', start };
    const first = text[start]!;
    if (KIND[text.charCodeAt(start)] === LETTER) return this.#word(start);
    if (first === '"' || first === "'") return this.#quoted(first, start);
    if (KIND[text.charCodeAt(start)] === DIGIT || first === '-' || first === '.') {
      const number = readNumber(text, start, !this.#afterOperand, this.#semantics);
      if (number !== undefined) return this.#number(number, start);
    }
    return this.#punctuation(first, start);
  }

  #word(start: number): Token {
    const end = wordEnd(this.text, start);
    this.#offset = end;
    const text = this.text.slice(start, end);
    if (text.length <= LONGEST_KEYWORD) {
      const key = text.toLowerCase();
      if (KEYWORDS.has(key)) return { type: 'keyword', text: key, start };
    }
    return { type: 'identifier', text, start };
  }

  #number(number: NumberToken, start: number): Token {
    if ('problem' in number) this.fail(number.problem, number.expected, start);
    this.#offset = number.end;
    const type = typeof number.value === 'bigint' ? 'integer' : 'real';
    return { type, text: this.text.slice(start, number.end), number: number.value, start };
  }

  #quoted(quote: '"' | "'", start: number): Token {
    let { value, end } = readQuoted(this, quote, start, this.#lex);
    this.#offset = end;
    while (quote === '"' && this.#lex === 'new') {
      // "a" "b" is one string
      this.#skipBlanksAndComments();
      if (this.text[this.#offset] !== '"') break;
      const more = readQuoted(this, quote, this.#offset, this.#lex);
      value += more.value;
      end = more.end;
      this.#offset = end;
    }
    return { type: quote === '"' ? 'string' : 'identifier', text: value, start };
  }

  #punctuation(first: string, start: number): Token {
    const { text } = this;
    if (first === '?') {
      // Only blanks may part the two signs of `?:`.
      const colon = afterBlanks(text, start + 1);
      if (text[colon] === ':') {
        this.#offset = colon + 1;
        return { type: 'punctuation', text: '?:', start };
      }
    }
    for (const sign of SIGNS.get(first) ?? []) {
      if (text.startsWith(sign, start)) {
        if (sign === '=' && text[start + 1] === '?') this.fail("found '=?'", "'=?='", start);
        this.#offset = start + sign.length;
        return { type: 'punctuation', text: sign, start };
      }
    }
    return this.fail(`found ${JSON.stringify(first)}`, 'an expression', start);
  }
}

/** The end of the word at `start`; `start` where none begins there. */
/** Whether what a word is made of stands at `at`. */
export function isInWord(text: ByteString, at: number): boolean {
  return at < text.length && KIND[text.charCodeAt(at)]! >= DIGIT;
}

/** Where the word ends that begins at `start`; `start` if none does. */
export function wordEnd(text: ByteString, start: number): number {
  let end = start;
  if (KIND[text.charCodeAt(start)] !== LETTER) return start;
  while (isInWord(text, end)) end += 1;
  return end;
}

export function afterBlanks(text: ByteString, from: number): number {
  let at = from;
  while (at < text.length && KIND[text.charCodeAt(at)] === BLANK) at += 1;
  return at;
}

function canEndOperand({ type, text }: Token): boolean {
  if (type === 'punctuation') return text === ')' || text === ']' || text === '}' || text === '.';
  return type !== 'keyword' || !text.startsWith('is');
}

function describe(token: Token, text: ByteString): string {
  if (token.type === 'string') return 'a string';
  if (token.type === 'identifier' && text[token.start] === "'") return 'a quoted name';
  return `'${token.text}'`;
}
