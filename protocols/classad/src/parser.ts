// Recursive descent over HTCondor's grammar, loosest first: `? :`, `||`, `&&`, `|`, `^`, `&`, equality, order, shifts,
// sums, products, unary, and then postfix: `.name`, `[index]` and, unlike in any other language, `?:`. Nesting is limited as
// in HTCondor (500 levels, three for each parenthesis), chains of operators are not.

import { ClassAd } from './ad.ts';
import { type ByteString, lower, toBytes } from './bytes.ts';
import { ClassAdError, positionAt } from './errors.ts';
import {
  attribute,
  type BinaryOperator,
  type Call,
  type Expression,
  literal,
  type UnaryOperator,
} from './expression.ts';
import { KnownValues, LONGEST_KNOWN } from './known-values.ts';
import { type Lex, Lexer, type Semantics, type Token } from './lexer.ts';
import { simpleAttributes, simpleValue } from './simple-value.ts';
import { parseAbsTime, parseRelTime } from './times.ts';
import { ERROR } from './values.ts';

/** HTCondor's 500, and what an innermost operand counts. */
const MAX_DEPTH = 503;

// By binding strength, loosest first.
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!=', '=?=', '=!=', 'is', 'isnt'],
  ['<', '<=', '>', '>='],
  ['<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const LEVEL_OF: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)),
);
const SPELLED_OUT: ReadonlyMap<string, BinaryOperator> = new Map([
  ['is', '=?='],
  ['isnt', '=!='],
]);
const UNARY: ReadonlySet<string> = new Set(['-', '+', '!', '~']);

export interface ParseOptions {
  /** How strings are read; `new` if left out. */
  readonly lex?: Lex;
  /** Which numbers are read and whether `;` may part arguments; `old`, as in HTCondor's daemons, if left out. */
  readonly semantics?: Semantics;
}

/**
 * Parses a whole text as one expression. As in HTCondor, what follows a ternary at the top is not looked at.
 * Throws `ClassAdError`.
 */
export function parseExpression(text: string, options: ParseOptions = {}): Expression {
  return parseExpressionBytes(toBytes(text), options.lex ?? 'new', options.semantics ?? 'old');
}

/** `parseExpression` over bytes. */
export function parseExpressionBytes(text: ByteString, lex: Lex, semantics: Semantics): Expression {
  return new Parser(new Lexer(text, lex, semantics), semantics).whole();
}

const knownValues = {
  new: { new: knownFor('new', 'new'), old: knownFor('new', 'old') },
  old: { new: knownFor('old', 'new'), old: knownFor('old', 'old') },
} as const satisfies Record<Lex, Record<Semantics, KnownValues>>;

function knownFor(lex: Lex, semantics: Semantics): KnownValues {
  return new KnownValues((text) => new Parser(new Lexer(text, lex, semantics), semantics).expression());
}

/** Parses the value of a long-form attribute: what follows the expression is ignored. Throws `ClassAdError`. */
export function parseValue(text: ByteString, semantics: Semantics): Expression {
  const simple = simpleValue(text);
  if (simple !== undefined) return simple;
  const known = text.length > LONGEST_KNOWN ? undefined : knownValues.old[semantics];
  const value = known?.get(text);
  if (value !== undefined) return value;
  const parsed = new Parser(new Lexer(text, 'old', semantics), semantics).expression();
  known?.note(text);
  return parsed;
}

/** Parses one ad in new syntax that begins at `offset`; answers it and the offset after it. Throws `ClassAdError`. */
export function parseNewAd(text: ByteString, lex: Lex, semantics: Semantics, offset = 0): { ad: ClassAd; end: number } {
  const lexer = new Lexer(text, lex, semantics, offset);
  const ad = new Parser(lexer, semantics, knownValues[lex][semantics]).ad();
  return { ad, end: lexer.offset };
}

class Parser {
  readonly #lexer: Lexer;
  readonly #semantics: Semantics;
  readonly #known: KnownValues | undefined;
  #depth = 0;

  /** @param known values of attributes, read as here. */
  constructor(lexer: Lexer, semantics: Semantics, known?: KnownValues) {
    this.#lexer = lexer;
    this.#semantics = semantics;
    this.#known = known;
  }

  whole(): Expression {
    const expression = this.expression();
    const rest = this.#lexer.peek();
    if (rest.type !== 'end' && expression.kind !== 'ternary') this.#lexer.unexpected(rest, 'an operator or the end');
    return expression;
  }

  expression(): Expression {
    this.#enter();
    let result = this.#binary(0);
    if (this.#accept('?')) {
      const whenTrue = this.expression();
      this.#expect(':');
      result = { kind: 'ternary', condition: result, whenTrue, whenFalse: this.expression() };
    }
    this.#depth -= 1;
    return result;
  }

  ad(): ClassAd {
    this.#expect('[');
    const ad = new ClassAd();
    for (;;) {
      this.#simpleAttributes(ad);
      if (this.#accept(';')) continue;
      if (this.#accept(']')) return ad;
      const name = this.#name("an attribute's name or ']'");
      this.#expect('=');
      ad.set(name, this.#value());
      if (!this.#at(';') && !this.#at(']')) this.#lexer.unexpected(this.#lexer.peek(), "';' or ']'");
    }
  }

  #simpleAttributes(ad: ClassAd): void {
    if (this.#lexer.hasPeeked) return;
    const { text, offset } = this.#lexer;
    const end = simpleAttributes(text, offset, ad);
    if (end > offset) this.#lexer.skipTo(end);
  }

  /** An attribute's value. One whose text was met before, up to a `;`, is what it was then. */
  #value(): Expression {
    const known = this.#depth === 0 ? this.#known : undefined;
    if (known === undefined) return this.expression();
    const { text, offset } = this.#lexer;
    const value = text.slice(offset, offset + LONGEST_KNOWN);
    const length = probableEnd(value);
    if (length === -1) return this.expression();
    const before = known.get(value.slice(0, length));
    if (before !== undefined) {
      this.#lexer.skipTo(offset + length);
      return before;
    }
    const parsed = this.expression();
    if (this.#lexer.peek().start === offset + length) known.note(value.slice(0, length));
    return parsed;
  }

  /** Precedence climbing: operators of `level` and tighter, left to right. */
  #binary(level: number): Expression {
    let left = this.#unary();
    for (;;) {
      const { text, type } = this.#lexer.peek();
      const found = type === 'punctuation' || type === 'keyword' ? LEVEL_OF.get(text) : undefined;
      if (found === undefined || found < level) return left;
      this.#lexer.next();
      const right = this.#binary(found + 1);
      const operator = SPELLED_OUT.get(text) ?? (text as BinaryOperator);
      left = { kind: 'binary', operator, left, right };
    }
  }

  #unary(): Expression {
    this.#enter();
    const token = this.#lexer.peek();
    let result: Expression;
    if (token.type === 'punctuation' && UNARY.has(token.text)) {
      this.#lexer.next();
      result = { kind: 'unary', operator: token.text as UnaryOperator, operand: this.#unary() };
    } else {
      result = this.#postfix();
    }
    this.#depth -= 1;
    return result;
  }

  #postfix(): Expression {
    this.#enter();
    const depth = this.#depth;
    let base = this.#primary();
    for (;;) {
      if (this.#accept('.')) {
        this.#enter();
        base = attribute(this.#name("an attribute's name"), base);
      } else if (this.#accept('[')) {
        this.#enter();
        const index = this.expression();
        this.#expect(']');
        base = { kind: 'subscript', base, index };
      } else if (this.#accept('?:')) {
        base = { kind: 'elvis', left: base, right: this.#postfix() };
      } else {
        this.#depth = depth - 1;
        return base;
      }
    }
  }

  #primary(): Expression {
    const token = this.#lexer.peek();
    switch (token.type) {
      case 'integer':
      case 'real':
        this.#lexer.next();
        return literal(token.number!);
      case 'string':
        this.#lexer.next();
        return literal(token.text);
      case 'identifier':
        this.#lexer.next();
        return this.#at('(') ? this.#call(token) : attribute(token.text);
      case 'keyword':
        return this.#keyword(token);
      case 'punctuation':
        return this.#bracketed(token);
      default:
        return this.#lexer.unexpected(token, 'an expression');
    }
  }

  #keyword(token: Token): Expression {
    if (token.text.startsWith('is')) this.#lexer.unexpected(token, 'an expression');
    this.#lexer.next();
    if (token.text === 'undefined') return literal(undefined);
    return literal(token.text === 'error' ? ERROR : token.text === 'true');
  }

  #bracketed(token: Token): Expression {
    switch (token.text) {
      case '(': {
        this.#lexer.next();
        const inner = this.expression();
        this.#expect(')');
        return { kind: 'parentheses', inner };
      }
      case '{':
        this.#lexer.next();
        return { kind: 'list', items: this.#items('}', false) };
      case '[':
        return { kind: 'ad', ad: this.ad() };
      case '.':
        this.#lexer.next();
        return attribute(this.#name("an attribute's name"), null, true);
      default:
        return this.#lexer.unexpected(token, 'an expression');
    }
  }

  /** `expression, expression …` up to and with `close`. */
  #items(close: ')' | '}', allowsSemicolon: boolean): Expression[] {
    const items: Expression[] = [];
    if (this.#accept(close)) return items;
    for (;;) {
      items.push(this.expression());
      if (this.#accept(close)) return items;
      if (!this.#accept(',') && !(allowsSemicolon && this.#accept(';'))) {
        this.#lexer.unexpected(this.#lexer.peek(), `',' or '${close}'`);
      }
    }
  }

  #call(name: Token): Expression {
    this.#expect('(');
    const args = this.#items(')', this.#semantics === 'old');
    const call: Call = { kind: 'call', name: name.text, key: lower(name.text), args };
    return this.#timeLiteral(call, name) ?? call;
  }

  /** `absTime("…")` and `relTime("…")` with a literal string are literals, and a string that is no time an error. */
  #timeLiteral({ key, args }: Call, name: Token): Expression | undefined {
    const [argument] = args;
    if ((key !== 'abstime' && key !== 'reltime') || args.length !== 1 || argument?.kind !== 'literal') return undefined;
    if (typeof argument.value !== 'string') return undefined;
    if (key === 'abstime') {
      const time = parseAbsTime(argument.value);
      return time ? literal(time) : this.#lexer.fail('no absolute time', 'such as "2024-02-29T12:00:00Z"', name.start);
    }
    const seconds = parseRelTime(argument.value);
    if (seconds !== undefined) return { kind: 'relTimeLiteral', seconds };
    return this.#lexer.fail('no relative time', 'such as "1+02:03:04"', name.start);
  }

  #name(expected: string): ByteString {
    const token = this.#lexer.next();
    if (token.type !== 'identifier') this.#lexer.unexpected(token, expected);
    return token.text;
  }

  #at(sign: string): boolean {
    const token = this.#lexer.peek();
    return token.type === 'punctuation' && token.text === sign;
  }

  #accept(sign: string): boolean {
    const found = this.#at(sign);
    if (found) this.#lexer.next();
    return found;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) this.#lexer.unexpected(this.#lexer.peek(), `'${sign}'`);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth <= MAX_DEPTH) return;
    const { text } = this.#lexer;
    const at = positionAt(text, this.#lexer.peek().start);
    throw new ClassAdError('CLASSAD_TOO_DEEP', 'nested too deeply', 'a flatter expression', at);
  }
}

/** Where the first `;` is that is in no string, as far as can be told without reading the text; -1 if nowhere. */
function probableEnd(text: ByteString): number {
  for (let at = 0; ; ) {
    const end = text.indexOf(';', at);
    const quote = text.indexOf('"', at);
    if (end === -1 || quote === -1 || end < quote) return end;
    let close = text.indexOf('"', quote + 1);
    while (close !== -1 && text[close - 1] === '\\') close = text.indexOf('"', close + 1);
    if (close === -1) return -1;
    at = close + 1;
  }
}
