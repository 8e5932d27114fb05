// Lists in pages. They are cut by the last key seen, not by a position, so that a client which follows `next` sees
// everything that was there all along exactly once, whatever comes and goes meanwhile.

import { ProblemError } from './problem.ts';

export interface WantedPage {
  /** The last key of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** To be given as `cursor` for the next page; null on the last one. */
  readonly next: string | null;
  /** How many there are on all pages together. */
  readonly total: number;
}

/** The query parameters of a list. */
export function pageSchema(mostItems: number) {
  return {
    cursor: { type: 'string', minLength: 1, maxLength: 2048 },
    limit: { type: 'integer', minimum: 1, maximum: mostItems },
  } as const;
}

/** Throws HTTP_CURSOR_INVALID. */
export function wantedPage(cursor: string | undefined, limit: number): WantedPage {
  return { after: cursor === undefined ? undefined : decodeCursor(cursor), limit };
}

/** In the order of the keys, each of which is one item's, from the first key beyond `after`. */
export function pageOf<Item>(
  all: readonly Item[],
  keyOf: (item: Item) => string,
  { after, limit }: WantedPage,
): Page<Item> {
  const keyed = all.map((item) => ({ key: keyOf(item), item })).sort((a, b) => compare(a.key, b.key));
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => compare(key, after) > 0);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    next: last === undefined || rest.length === shown.length ? null : encodeCursor(last.key),
    total: all.length,
  };
}

/** By UTF-16 code units: the same everywhere, whatever the locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (encodeCursor(key) !== cursor) {
    throw new ProblemError('HTTP_CURSOR_INVALID', 'The query parameter `cursor` is none that Lark gave out.');
  }
  return key;
}
