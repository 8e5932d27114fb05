// Holds the direction in which Lark's parts may know each other: protocols ← policies ← controller/* ← controller/main.ts,
// the two published packages alone, and the laboratory unknown to all but the command that demonstrates it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findCycle, type Import, importsIn, importsOf, sourcesBelow } from './import-graph.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = sourcesBelow(root, ['controller', 'policies', 'protocols', 'mininet', 'test']);
// Without this file, whose examples are no imports.
const imports = importsOf(root, files).filter(({ from }) => from !== 'test/unit/import-direction.test.ts');

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

const isTest = (file: string): boolean => /\.test\.ts$|(^|\/)(test|testing|bench|tools)\//.test(file);
const below = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const show = (each: Import): string => `${each.from} -> ${each.target}`;

/** The imports of files that are not only there for tests. */
const shipped = imports.filter(({ from }) => !isTest(from));

describe('every import of a file', () => {
  it('leads to a file that is there', () => {
    // What the dashboard's page has of a package is served beside its own files, and declared there.
    const isThere = (target: string) =>
      [target, target.replace(/\.js$/, '.d.ts')].some((each) => existsSync(join(root, each)));
    const missing = imports.filter(({ kind, target }) => kind === 'file' && !isThere(target));
    expect(missing.map(show)).toEqual([]);
  });

  it('is found: there are far more than a broken reader would see', () => {
    expect(imports.length).toBeGreaterThan(files.length);
  });
});

describe('protocols', () => {
  const fromProtocols = imports.filter(({ from }) => below('protocols')(from));

  it('import nothing of policies, controller, mininet or test', () => {
    const outward = fromProtocols.filter(({ kind, target }) => kind === 'file' && !below('protocols')(target));
    expect(outward.map(show)).toEqual([]);
  });

  it.each(['openflow', 'classad'])('%s stands alone: its own files, node and its declared dependencies', (name) => {
    const folder = `protocols/${name}`;
    const { dependencies = {}, devDependencies = {}, name: own } = manifestOf(folder);
    const rootDev = manifestOf('.').devDependencies ?? {};
    const outward = fromProtocols.filter(({ from, kind, target }) => {
      if (!below(folder)(from) || kind === 'node') return false;
      if (kind === 'file') return !below(folder)(target);
      const inTest = isTest(from) && (target in devDependencies || target in rootDev || target === own);
      return !(target in dependencies) && !inTest;
    });
    expect(outward.map(show)).toEqual([]);
  });
});

describe('policies', () => {
  it('import only protocols', () => {
    const outward = imports.filter(
      ({ from, kind, target }) =>
        below('policies')(from) && kind === 'file' && !below('policies')(target) && !below('protocols')(target),
    );
    expect(outward.map(show)).toEqual([]);
  });
});

describe('packages', () => {
  it('are declared dependencies wherever code that ships imports them, and declared at all in tests', () => {
    const { dependencies = {}, devDependencies = {} } = manifestOf('.');
    const undeclared = imports.filter(({ from, kind, target }) => {
      if (kind !== 'package' || /^protocols\/(openflow|classad)\//.test(from)) return false;
      return !(target in dependencies) && !(isTest(from) && target in devDependencies);
    });
    expect(undeclared.map(show)).toEqual([]);
  });
});

describe('controller', () => {
  const inController = shipped.filter(({ from, kind }) => below('controller')(from) && kind === 'file');

  it('knows the laboratory and main.ts only as what the command loads when asked to', () => {
    const special = inController.filter(({ target }) => below('mininet')(target) || target === 'controller/main.ts');
    const wrong = special.filter(({ from, isLazy }) => !(from === 'controller/cli/lark.ts' && isLazy));
    expect(wrong.map(show)).toEqual([]);
  });

  it('imports nothing that is only there for tests', () => {
    const wrong = inController.filter(({ target }) => isTest(target));
    expect(wrong.map(show)).toEqual([]);
  });

  it('has no cycle between its folders', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, target, isLazy } of inController) {
      const [a, b] = [part(from), part(target)];
      if (!below('controller')(target) || a === b || isLazy) continue;
      edges.set(a, (edges.get(a) ?? new Set()).add(b));
    }
    const cycle = findCycle(edges);
    const witness = cycle?.slice(1).map((to, i) => {
      const example = inController.find(({ from, target }) => part(from) === cycle[i] && part(target) === to);
      return example === undefined ? to : show(example);
    });
    expect(witness).toBeUndefined();
  });
});

/** `controller/jobs/feed/x.ts` is of `controller/jobs`; `controller/main.ts` is a part of its own. */
function part(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

describe('the reader of imports', () => {
  it('sees every form of import, and resolves it', () => {
    const text = [
      "import { a } from '../config/config.ts';",
      'import {',
      '  type B,',
      '  c,',
      "} from './c.ts';",
      "import type { D } from '@scope/pkg/sub';",
      "import fs, * as all from 'node:fs';",
      "import './effect.ts';",
      "export * from 'pkg/deep';",
      "export type { E } from './e.ts';",
      "const lazy = await import('../main.ts');",
      "type T = typeof import('./t.ts');",
    ].join('\n');
    const seen = importsIn('controller/cli/x.ts', text).map(({ target, kind, isLazy, isTypeOnly }) =>
      [target, kind, isLazy ? 'lazy' : '', isTypeOnly ? 'type' : ''].filter(Boolean).join(' '),
    );
    expect(seen).toEqual([
      'controller/config/config.ts file',
      'controller/cli/c.ts file',
      '@scope/pkg package type',
      'node:fs node',
      'controller/cli/effect.ts file',
      'pkg package',
      'controller/cli/e.ts file type',
      'controller/main.ts file lazy',
      'controller/cli/t.ts file lazy type',
    ]);
  });

  it('takes neither comments nor other statements for imports', () => {
    const text = [
      "// import { a } from './a.ts';",
      " * import './b.ts'",
      'export const from = "x";',
      "export const a = 'b';",
    ];
    expect(importsIn('controller/x.ts', text.join('\n'))).toEqual([]);
  });
});

describe('the finder of cycles', () => {
  it('finds a cycle and shows it, and finds none where there is none', () => {
    const graph = (edges: Readonly<Record<string, readonly string[]>>) =>
      new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));
    expect(findCycle(graph({ a: ['b', 'c'], b: ['c'], c: ['d'], d: ['b'] }))).toEqual(['b', 'c', 'd', 'b']);
    expect(findCycle(graph({ a: ['b', 'c'], b: ['c'], c: [] }))).toBeUndefined();
  });
});
