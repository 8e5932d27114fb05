// Ads as JSON. Numbers keep their 64 bits, so this is a JSON reader of its own; an expression that is no plain value stands in a
// string `"\/Expr(…)\/"`, told from an ordinary string by the backslashes, which no JSON parser keeps. `null` is
// `undefined`. Both directions are here, so that they stay each other's inverse.

import { ClassAd } from './ad.ts';
import { type ByteString, bytesToText, toBytes } from './bytes.ts';
import { ClassAdError, positionAt } from './errors.ts';
import { type Expression, literal } from './expression.ts';
import type { Semantics } from './lexer.ts';
import { readNumber } from './lexer-numbers.ts';
import { parseExpressionBytes } from './parser.ts';
import { expressionBytes } from './unparse.ts';

const MAX_DEPTH = 100;
const EXPRESSION = /^\\\/Expr\(([\s\S]*)\)\\\/$/;
const STRING = /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
const BLANK = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const CONTROL = /[\x00-\x1f]/g;
const WORD = /(?:true|false|null)\b/y;

/** Parses a JSON text of ads: objects one after another, or arrays of objects. */
export function parseJsonAds(text: ByteString, semantics: Semantics): ClassAd[] {
  const reader: JsonReader = new JsonReader(text, semantics);
  const ads: ClassAd[] = [];
  while (!reader.atEnd()) {
    const value = reader.value(0);
    for (const item of value.kind === 'list' ? value.items : [value]) {
      if (item.kind !== 'ad')
        reader.fail('the text holds something else than ads', 'an object, or an array of objects');
      ads.push(item.ad);
    }
    reader.accept(',');
  }
  return ads;
}

class JsonReader {
  readonly #text: ByteString;
  readonly #semantics: Semantics;
  #at = 0;

  constructor(text: ByteString, semantics: Semantics) {
    this.#text = text;
    this.#semantics = semantics;
  }

  fail(problem: string, expected: string): never {
    throw new ClassAdError('CLASSAD_JSON', problem, expected, positionAt(this.#text, this.#at));
  }

  atEnd(): boolean {
    this.#skipBlanks();
    return this.#at >= this.#text.length;
  }

  accept(sign: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  value(depth: number): Expression {
    if (depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`, 'a flatter value');
    if (this.accept('{')) return { kind: 'ad', ad: this.#members(depth) };
    if (this.accept('[')) return { kind: 'list', items: this.#elements(depth) };
    if (this.#text[this.#at] === '"') return this.#stringValue();
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0];
    if (word !== undefined) {
      this.#at = WORD.lastIndex;
      return literal(word === 'null' ? undefined : word === 'true');
    }
    const number = readNumber(this.#text, this.#at, true, 'new');
    if (number === undefined) this.fail('no JSON value stands here', 'a value');
    if ('problem' in number) this.fail(number.problem, number.expected);
    this.#at = number.end;
    return literal(number.value);
  }

  #members(depth: number): ClassAd {
    const ad = new ClassAd();
    if (this.accept('}')) return ad;
    do {
      this.#skipBlanks();
      const name = this.#decode(this.#string());
      if (name === '') this.fail('an attribute without a name', 'a name');
      this.#expect(':');
      ad.set(name, this.value(depth + 1));
    } while (this.accept(','));
    this.#expect('}');
    return ad;
  }

  #elements(depth: number): Expression[] {
    const items: Expression[] = [];
    if (this.accept(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.accept(','));
    this.#expect(']');
    return items;
  }

  #stringValue(): Expression {
    const raw = this.#string();
    const expression = EXPRESSION.exec(raw);
    if (!expression) return literal(this.#decode(raw));
    return parseExpressionBytes(this.#decode(expression[1]!), 'new', this.#semantics);
  }

  /** The string here, without its quotes, its escapes as they are. */
  #string(): ByteString {
    STRING.lastIndex = this.#at;
    const raw = STRING.exec(this.#text)?.[1];
    if (raw === undefined) this.fail('no string stands here, or it does not end', 'a string in double quotes');
    this.#at = STRING.lastIndex;
    return raw;
  }

  #decode(raw: ByteString): ByteString {
    if (!raw.includes('\\')) return raw;
    try {
      // Old HTCondor wrote control characters as they are; JSON.parse insists on escapes.
      const strict = raw.replace(CONTROL, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
      return toBytes(JSON.parse(`"${bytesToText(strict)}"`) as string);
    } catch {
      return this.fail('a string with an unknown escape', 'JSON escapes');
    }
  }

  #expect(sign: string): void {
    if (!this.accept(sign)) this.fail(`'${sign}' is missing`, `'${sign}'`);
  }

  #skipBlanks(): void {
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }
}

/** An ad as one line of JSON. */
export function jsonOfAd(ad: ClassAd): string {
  const members = ad
    .sorted()
    .map(({ name, expression }) => `${JSON.stringify(bytesToText(name))}: ${json(expression)}`);
  return `{ ${members.join(', ')} }`;
}

function json(expression: Expression): string {
  switch (expression.kind) {
    case 'list':
      return `[ ${expression.items.map(json).join(', ')} ]`;
    case 'ad':
      return jsonOfAd(expression.ad);
    case 'literal': {
      const { value } = expression;
      if (value === undefined) return 'null';
      if (typeof value === 'string') return JSON.stringify(bytesToText(value));
      if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
      if (typeof value === 'number' && Number.isFinite(value)) return expressionBytes(expression, 'new');
    }
  }
  return `"\\/Expr(${JSON.stringify(bytesToText(expressionBytes(expression, 'new'))).slice(1, -1)})\\/"`;
}
