// A ClassAd: attribute names, each with an expression. Names are case-insensitive; the spelling that came first is kept
// and the expression that came last. Kept in a Map, so `__proto__` or `constructor` are names like any other.

import { type ByteString, bytesToText, compareBytes, foldName, lower, toBytes } from './bytes.ts';
import type { Expression } from './expression.ts';

export interface Attribute {
  /** As spelled, in bytes. */
  readonly name: ByteString;
  readonly expression: Expression;
}

export class ClassAd {
  readonly #byKey = new Map<ByteString, Attribute>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Sets an attribute; `name` in bytes. A name that is there already keeps its spelling. */
  set(name: ByteString, expression: Expression): void {
    const key = foldName(name);
    this.#byKey.set(key, { name: this.#byKey.get(key)?.name ?? name, expression });
  }

  /** The expression of an attribute by its folded name (see `lower`), in bytes. */
  get(key: ByteString): Expression | undefined {
    return this.#byKey.get(key)?.expression;
  }

  /** The attributes in the order in which they came. */
  attributes(): IterableIterator<Attribute> {
    return this.#byKey.values();
  }

  /** Calls for each with its folded name, in the order in which they came. */
  each(call: (key: ByteString, attribute: Attribute) => void): void {
    this.#byKey.forEach((attribute, key) => {
      call(key, attribute);
    });
  }

  /** In the order in which HTCondor prints and visits them: short names first, then by folded name. */
  sorted(): Attribute[] {
    return [...this.#byKey.entries()]
      .sort(([left], [right]) => left.length - right.length || compareBytes(left, right))
      .map(([, entry]) => entry);
  }
}

/** The names of an ad's attributes as text, spelled as in the ad, in its order. */
export function attributeNames(ad: ClassAd): string[] {
  return Array.from(ad.attributes(), ({ name }) => bytesToText(name));
}

/** Calls for each attribute, in the ad's order: with its folded name as text and its unevaluated expression. */
export function eachExpression(ad: ClassAd, call: (name: string, expression: Expression) => void): void {
  ad.each((key, { expression }) => call(bytesToText(key), expression));
}

/** The unevaluated expression of an attribute; `name` is text in any case. */
export function lookup(ad: ClassAd, name: string): Expression | undefined {
  return ad.get(lower(toBytes(name)));
}
