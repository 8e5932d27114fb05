// Where in the text a value stands, by its path of keys and indices. Found by walking the document again, since only
// what is wrong needs a place; the keys of each mapping are indexed once, since everything in a file may be wrong.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { type AliasTargets, keyText, offsetOf } from './yaml-values.ts';

/** The offset of the value at a path, or of its key; of the nearest thing around it where the path leads nowhere. */
export type PlaceFinder = (path: readonly (string | number)[], at: 'key' | 'value') => number;

export function placeFinder(document: Document.Parsed, targets: AliasTargets): PlaceFinder {
  const indices = new Map<YAMLMap, ReadonlyMap<string | undefined, Pair>>();

  function pairOf(map: YAMLMap, segment: string | number): Pair | undefined {
    let index = indices.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [keyText(pair.key, targets), pair]));
      indices.set(map, index);
    }
    return index.get(String(segment));
  }

  return (path, at) => {
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
    return offsetOf(at === 'key' || isBlank ? key : node);
  };
}
