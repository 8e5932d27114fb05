// A ClassAd: attribute names, each with an expression. Names are case-insensitive; the spelling that came first is kept
// and the expression that came last. `__proto__` or `constructor` are names like any other.

import { type ByteString, bytesToText, compareBytes, lower, toBytes } from './bytes.ts';
import type { Expression } from './expression.ts';
import { Layout } from './layout.ts';

export interface Attribute {
  /** As spelled, in bytes. */
  readonly name: ByteString;
  readonly expression: Expression;
}

export class ClassAd {
  #layout = Layout.empty();
  /** By their places in the layout. */
  readonly #expressions: Expression[] = [];
  /** Places by folded name, once the ad has gone where no other went before: an ad of any length is made in time that grows with it. */
  #index: Map<ByteString, number> | undefined;

  get size(): number {
    return this.#expressions.length;
  }

  /**
   * Which attributes the ad has now, spelled how and in which order. Ads that came to the same one after another mostly have the
   * same object: what follows from the names alone can be kept by it.
   */
  get layout(): Layout {
    return this.#layout;
  }

  /** Sets an attribute; `name` in bytes. A name that is there already keeps its spelling. */
  set(name: ByteString, expression: Expression): void {
    const step = this.#step(name);
    if (typeof step === 'number') this.#expressions[step] = expression;
    else this.follow(step, expression);
  }

  /** As `set`; false, and nothing is set, where an attribute is called so already. */
  add(name: ByteString, expression: Expression): boolean {
    const step = this.#step(name);
    if (typeof step === 'number') return false;
    this.follow(step, expression);
    return true;
  }

  /** As `set`, of the name that was last in a layout which follows this ad's. */
  follow(layout: Layout, expression: Expression): void {
    this.#index?.set(layout.lastKey, this.#expressions.length);
    this.#layout = layout;
    this.#expressions.push(expression);
  }

  #step(name: ByteString): Layout | number {
    const known = this.#layout.step(name);
    if (known !== undefined) return known;
    this.#index ??= new Map(this.#layout.keys.map((key, place) => [key, place]));
    const index = this.#index;
    return this.#layout.learn(name, (key) => index.get(key));
  }

  /** The expression of an attribute by its folded name (see `lower`), in bytes. */
  get(key: ByteString): Expression | undefined {
    const place = this.#index === undefined ? this.#layout.placeOf(key) : this.#index.get(key);
    return place === undefined ? undefined : this.#expressions[place];
  }

  /** The expressions of the attributes, in the order of the layout. */
  get expressions(): readonly Expression[] {
    return this.#expressions;
  }

  /** The attributes in the order in which they came. */
  attributes(): Attribute[] {
    const { names } = this.#layout;
    return this.#expressions.map((expression, place) => ({ name: names[place]!, expression }));
  }

  /** In the order in which HTCondor prints and visits them: short names first, then by folded name. */
  sorted(): Attribute[] {
    const { keys } = this.#layout;
    return this.attributes()
      .map((entry, place) => ({ key: keys[place]!, entry }))
      .sort((left, right) => left.key.length - right.key.length || compareBytes(left.key, right.key))
      .map(({ entry }) => entry);
  }
}

/** The names of an ad's attributes as text, spelled as in the ad, in its order. */
export function attributeNames(ad: ClassAd): string[] {
  return ad.layout.names.map(bytesToText);
}

/** The folded names of a layout's attributes as text, in its order. */
export function foldedNames(layout: Layout): string[] {
  return layout.keys.map(bytesToText);
}

/** The unevaluated expression of an attribute; `name` is text in any case. */
export function lookup(ad: ClassAd, name: string): Expression | undefined {
  return ad.get(lower(toBytes(name)));
}
