// Which attributes an ad has, spelled how and in which order. The ads of a pool have few different layouts, and share them: an
// ad itself is a list of expressions. Each layout follows from another by one more name, and knows which name came next the
// last time, so that reading an ad like the one before looks up no names.

import { type ByteString, lower, ownBytes } from './bytes.ts';
import { isInWord, isKeyword, wordEnd } from './lexer.ts';

/** Names in all layouts that are shared, counted wherever one is kept: some thirty megabytes. */
const MOST_NAMES = 2 ** 17;
/** So many layouts are gone through for a place before it is worth a map. */
const SHORT_WAY = 16;
const NONE: ReadonlyMap<ByteString, number> = new Map();

export class Layout {
  static #empty: Layout | undefined;
  static #kept = 0;
  /** The layout without the last name; undefined where there is none. */
  readonly #former: Layout | undefined;
  /** As spelled and folded. */
  readonly #name: ByteString;
  readonly #key: ByteString;
  /** It is read as a name where it stands without quotes. */
  readonly #isWord: boolean;
  readonly size: number;
  /** By a name as it is spelled: the layout with it, or where it stands already. Without it there is the likely one at most. */
  #steps: Map<ByteString, Layout | number> | undefined;
  #likely: Layout | undefined;
  #places: ReadonlyMap<ByteString, number> | undefined;
  #names: readonly ByteString[] | undefined;

  private constructor(former: Layout | undefined, name: ByteString, key: ByteString) {
    this.#former = former;
    this.#name = name;
    this.#key = key;
    this.#isWord = name !== '' && wordEnd(name, 0) === name.length && !isKeyword(name);
    this.size = former === undefined ? 0 : former.size + 1;
    if (former === undefined) this.#places = NONE;
  }

  /** Of an ad without attributes. When there are too many others, they are met anew from here on. */
  static empty(): Layout {
    if (Layout.#empty === undefined || Layout.#kept > MOST_NAMES) {
      Layout.#empty = new Layout(undefined, '', '');
      Layout.#kept = 0;
    }
    return Layout.#empty;
  }

  /** Of an attribute of this name: the layout with it, or its place where an attribute is called so in any case; undefined if not met before. */
  step(name: ByteString): Layout | number | undefined {
    const likely = this.#likely;
    if (likely !== undefined && likely.#name === name) return likely;
    const known = this.#steps?.get(name);
    if (known instanceof Layout) this.#likely = known;
    return known;
  }

  /**
   * A step that was not met before.
   * @param placeOf where an attribute of a folded name stands in the ad.
   */
  learn(name: ByteString, placeOf: (key: ByteString) => number | undefined): Layout | number {
    // Of its own: a part of an ad's text would keep the whole in memory.
    const own = ownBytes(name);
    const key = lower(own);
    const step = placeOf(key) ?? new Layout(this, own, key);
    Layout.#kept += 1;
    const likely = this.#likely;
    if (typeof step !== 'number') this.#likely = step;
    if (likely === undefined && this.#steps === undefined && typeof step !== 'number') return step;
    this.#steps ??= new Map();
    if (likely !== undefined) this.#steps.set(likely.#name, likely);
    this.#steps.set(own, step);
    return step;
  }

  /** The layout that came next the last time. */
  get likely(): Layout | undefined {
    return this.#likely;
  }

  /** The last name, folded. */
  get lastKey(): ByteString {
    return this.#key;
  }

  /** Where the last name ends, if it stands in the text from `start` on, as a word of its own; else -1. */
  lastWordEnd(text: ByteString, start: number): number {
    const end = start + this.#name.length;
    return this.#isWord && text.startsWith(this.#name, start) && !isInWord(text, end) ? end : -1;
  }

  /** Where the attribute of this folded name stands. */
  placeOf(key: ByteString): number | undefined {
    let layout: Layout = this;
    for (let steps = 0; layout.#places === undefined && layout.#former !== undefined; steps++) {
      if (layout.#key === key) return layout.size - 1;
      if (steps === SHORT_WAY) return this.#allPlaces().get(key);
      layout = layout.#former;
    }
    return layout.#allPlaces().get(key);
  }

  /** As spelled, in order. */
  get names(): readonly ByteString[] {
    this.#names ??= this.#gather((layout) => layout.#name);
    return this.#names;
  }

  /** Folded, in order. */
  get keys(): readonly ByteString[] {
    return [...this.#allPlaces().keys()];
  }

  #allPlaces(): ReadonlyMap<ByteString, number> {
    this.#places ??= new Map(this.#gather((layout) => layout.#key).map((key, place) => [key, place]));
    return this.#places;
  }

  #gather(part: (layout: Layout) => ByteString): readonly ByteString[] {
    Layout.#kept += this.size;
    const parts: ByteString[] = new Array(this.size);
    for (let layout: Layout = this; layout.#former !== undefined; layout = layout.#former) {
      parts[layout.size - 1] = part(layout);
    }
    return parts;
  }
}
