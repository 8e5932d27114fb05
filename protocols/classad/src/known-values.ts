// Attributes' values that were parsed before, by their text: the ads of a pool's jobs have the same requirements, ranks and
// periodic expressions, which is most of what parsing them costs. An expression is immutable and has no scope, so ads may share
// it. What is kept is bounded, and is parsed from a text of its own: a part of an ad's text would keep the whole in memory.

import { type ByteString, ownBytes } from './bytes.ts';
import type { Expression } from './expression.ts';

/** Kept at least, and at most twice as many: what is met again stays, what is not goes. */
const MANY = 1024;
/** Characters of a text that is kept. */
export const LONGEST_KNOWN = 2048;

export class KnownValues {
  readonly #parse: (text: ByteString) => Expression;
  #recent = new Map<ByteString, Expression>();
  #former = new Map<ByteString, Expression>();

  constructor(parse: (text: ByteString) => Expression) {
    this.#parse = parse;
  }

  get(text: ByteString): Expression | undefined {
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    const former = this.#former.get(text);
    if (former === undefined) return undefined;
    this.#former.delete(text);
    this.#keep(ownBytes(text), former);
    return former;
  }

  /** A text that can be parsed, and is not too long. */
  note(text: ByteString): void {
    const own = ownBytes(text);
    this.#keep(own, this.#parse(own));
  }

  #keep(own: ByteString, value: Expression): void {
    if (this.#recent.size >= MANY) {
      this.#former = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(own, value);
  }
}
