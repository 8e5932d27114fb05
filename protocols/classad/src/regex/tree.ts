// What a regular expression is once it has been read: a tree, its groups, and the flags under which it was read.

import type { ByteSet } from './byte-sets.ts';

export type Node =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly least: number; readonly most: number; readonly mode: Mode }
  | { readonly kind: 'group'; readonly index: number; readonly item: Node }
  | { readonly kind: 'atomic'; readonly item: Node }
  | { readonly kind: 'look'; readonly isAhead: boolean; readonly isNegative: boolean; readonly item: Node }
  | { readonly kind: 'backReference'; readonly target: number | string; readonly ignoresCase: boolean }
  | { readonly kind: 'assertion'; readonly assertion: Assertion };

export type Mode = 'greedy' | 'lazy' | 'possessive';
export type Assertion =
  | 'textStart'
  | 'textEnd'
  | 'textEndOrNewline'
  | 'lineStart'
  | 'lineEnd'
  | 'searchStart'
  | 'wordBoundary'
  | 'noWordBoundary'
  | 'matchStart';

export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

export interface ParsedPattern {
  readonly root: Node;
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
}

/** A pattern that does not compile. */
export class PatternError extends Error {}
