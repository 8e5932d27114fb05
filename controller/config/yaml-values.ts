// The values of a composed YAML document. Keys given twice, aliases to nothing or to themselves, tags and keys that are
// no text are faults with their offset. An alias is followed, and everything under it counts each time, so that a few
// lines of aliases to aliases cannot expand without bound.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { ConfigProblemCode } from './problem.ts';
import { MAX_DEPTH } from './yaml-syntax.ts';

/** Values in a file, those under aliases counted at each use. The largest file holds fewer without aliases. */
export const MAX_VALUES = 600_000;

/** What each alias stands for: the nearest node before it that has its anchor. */
export type AliasTargets = ReadonlyMap<Alias, Node>;

export interface Fault {
  readonly code: ConfigProblemCode;
  readonly offset: number;
  readonly message: string;
}

export interface NodeReading {
  readonly value: unknown;
  readonly targets: AliasTargets;
  readonly faults: readonly Fault[];
}

export function readNode(document: Document.Parsed): NodeReading {
  const faults: Fault[] = [];
  const targets = aliasTargets(document);
  const open = new Set<Node>();
  let count = 0;
  const fault = (code: ConfigProblemCode, node: unknown, message: string) =>
    void faults.push({ code, offset: offsetOf(node as Node), message });

  function read(node: Node | null, depth: number): unknown {
    count++;
    if (count > MAX_VALUES) return undefined;
    if (depth > MAX_DEPTH) {
      fault('CONFIG_TOO_LARGE', node, `nested more than ${MAX_DEPTH} levels deep, aliases followed`);
      return undefined;
    }
    if (node === null) return null;
    if (isAlias(node)) return readAlias(node, depth);
    if (node.tag !== undefined)
      fault('CONFIG_SYNTAX', node, `tags such as ${node.tag} have no meaning here: remove it`);
    if (isScalar(node)) return readScalar(node);
    open.add(node);
    let value: unknown;
    if (isSeq(node)) value = node.items.map((item) => read(item as Node | null, depth + 1));
    else if (isMap(node)) value = readMap(node, depth);
    open.delete(node);
    return value;
  }

  function readAlias(alias: Alias, depth: number): unknown {
    const target = targets.get(alias);
    if (target === undefined) {
      const hint = 'define it before this line, or quote the text if it only begins with a star';
      fault('CONFIG_SYNTAX', alias, `*${alias.source} refers to no anchor &${alias.source}: ${hint}`);
      return undefined;
    }
    if (open.has(target)) {
      fault('CONFIG_SYNTAX', alias, `*${alias.source} stands inside the value that it refers to`);
      return undefined;
    }
    return read(target, depth + 1);
  }

  function readMap(map: YAMLMap, depth: number): unknown {
    const value = Object.create(null) as Record<string, unknown>;
    for (const pair of map.items) {
      const key = keyText(pair.key, targets);
      if (key === undefined || key === '__proto__') {
        fault('CONFIG_SYNTAX', pair.key ?? map, 'a key must be a plain name, a piece of text');
        continue;
      }
      if (Object.hasOwn(value, key)) {
        fault(
          'CONFIG_KEY_DUPLICATE',
          pair.key,
          `the key ${JSON.stringify(key)} is given twice here: keep one of the two`,
        );
      }
      value[key] = read(pair.value as Node | null, depth + 1);
    }
    return value;
  }

  const value = read(document.contents, 0);
  if (count > MAX_VALUES) {
    const message = `expands to more than ${MAX_VALUES} values: write out less by alias`;
    return { value, targets, faults: [{ code: 'CONFIG_TOO_LARGE', offset: 0, message }] };
  }
  return { value, targets, faults };
}

function readScalar(scalar: Scalar): unknown {
  if (scalar.type !== Scalar.PLAIN) return String(scalar.value);
  const text = scalar.source ?? '';
  if (/^(~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  // Fifteen digits are exact in a double; a longer or zero-led number is an identifier, not a quantity.
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** The text of a mapping's key as it was written; undefined for keys that are lists, mappings or empty. */
export function keyText(key: unknown, targets: AliasTargets): string | undefined {
  const node = isAlias(key) ? targets.get(key) : key;
  if (!isScalar(node)) return undefined;
  const text = node.type === Scalar.PLAIN ? node.source : String(node.value);
  return text === '' ? undefined : text;
}

function aliasTargets(document: Document.Parsed): AliasTargets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  // In document order: an anchor may be defined again, and an alias means the last one before it.
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

export function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
