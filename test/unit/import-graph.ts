// The imports between Lark's sources, as values for import-direction.test.ts. Found by pattern, not by a parser: Biome's
// format puts every import at the start of a line, and the test checks this reader against examples.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Import {
  /** Path from the project's root, such as `controller/cli/lark.ts`. */
  readonly from: string;
  /** Such a path; or `node:fs`, or a package's name without what follows it. */
  readonly target: string;
  readonly kind: 'file' | 'node' | 'package';
  /** By `import()`, so only when it is run. */
  readonly isLazy: boolean;
  /** By `import type` or `export type`, so gone when it runs. */
  readonly isTypeOnly: boolean;
}

const SOURCE = /\.(ts|mts|js|mjs)$/;
const NOT_OURS = new Set(['node_modules', 'dist']);

/** The TypeScript and JavaScript files below these folders of `root`, as paths from it, sorted. */
export function sourcesBelow(root: string, folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => !NOT_OURS.has(entry.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory()) return sourcesBelow(root, [path]);
        return SOURCE.test(entry.name) ? [path] : [];
      }),
  );
}

export function importsOf(root: string, files: readonly string[]): readonly Import[] {
  return files.flatMap((file) => importsIn(file, readFileSync(join(root, file), 'utf8')));
}

/** `import … from 'x'`, `import 'x'`, `export … from 'x'` at the start of a line, and `import('x')` anywhere. */
const STATIC = /^(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /(typeof\s+)?\bimport\(\s*['"]([^'"\n]+)['"]/g;

export function importsIn(file: string, text: string): readonly Import[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const statics = [...code.matchAll(STATIC)].map(([, type, specifier = '']) =>
    resolved(file, specifier, false, type !== undefined),
  );
  const dynamics = [...code.matchAll(DYNAMIC)].map(([, type, specifier = '']) =>
    resolved(file, specifier, true, type !== undefined),
  );
  return [...statics, ...dynamics];
}

function resolved(from: string, specifier: string, isLazy: boolean, isTypeOnly: boolean): Import {
  if (specifier.startsWith('.')) {
    return { from, target: posix.join(posix.dirname(from), specifier), kind: 'file', isLazy, isTypeOnly };
  }
  if (specifier.startsWith('node:')) return { from, target: specifier, kind: 'node', isLazy, isTypeOnly };
  const parts = specifier.split('/');
  const target = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { from, target, kind: 'package', isLazy, isTypeOnly };
}

/** One cycle of a directed graph, its first node repeated at the end; undefined where there is none. */
export function findCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
