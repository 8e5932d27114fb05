// Where in the text a value stands, by its path of keys and indices. Found by walking the document again, since only
// what is wrong needs a place; the keys of each mapping are indexed once, since everything in a file may be wrong.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { offsetInScalar } from './scalar-offsets.ts';
import { type AliasTargets, keyText, offsetOf } from './yaml-values.ts';

/**
 * The offset of the value at a path, or of its key; of the nearest thing around it where the path leads nowhere. With
 * `inside`: of that character of the value's text (UTF-16 units), however the text is quoted or folded.
 */
export type PlaceFinder = (path: readonly (string | number)[], at: 'key' | 'value', inside?: number) => number;

export function placeFinder(document: Document.Parsed, targets: AliasTargets, text: string): PlaceFinder {
  const indices = new Map<YAMLMap, ReadonlyMap<string | undefined, Pair>>();

  function pairOf(map: YAMLMap, segment: string | number): Pair | undefined {
    let index = indices.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [keyText(pair.key, targets), pair]));
      indices.set(map, index);
    }
    return index.get(String(segment));
  }

  return (path, at, inside) => {
    let node: Node | null = document.contents;
    let key = node;
    for (const segment of path) {
      const container: Node | null | undefined = isAlias(node) ? targets.get(node) : node;
      if (isSeq(container) && typeof segment === 'number' && segment < container.items.length) {
        node = container.items[segment] as Node | null;
        key = node;
        continue;
      }
      const pair = isMap(container) ? pairOf(container, segment) : undefined;
      if (pair === undefined) return offsetOf(key);
      node = pair.value as Node | null;
      key = pair.key as Node;
    }
    // A key with nothing after it: its value has no place of its own that a reader would see.
    const isBlank = node === null || (isScalar(node) && node.source === '' && node.type === 'PLAIN');
    if (at === 'key' || isBlank) return offsetOf(key);
    const written = isAlias(node) ? targets.get(node) : node;
    if (inside !== undefined && isScalar(written)) return offsetInScalar(written, text, inside);
    return offsetOf(node);
  };
}
