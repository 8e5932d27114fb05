// Policies from modules of the operator's own: found in the policy file, imported relative to it, and checked to define a
// policy. Importing is the one effect; it runs the module's top level, as the user that Lark runs as. A module that was
// changed is loaded anew, since its address carries its time of change and a digest of it; what it imports in turn is not.

import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readPolicyModule } from '../../policies/module-definition.ts';
import type { ValueForm } from '../../policies/options/schema.ts';
import type { PolicyKind } from '../../policies/policy-kind.ts';

export type LoadedModule = { readonly kind: PolicyKind } | { readonly problem: string };

/** By the path as the file writes it. */
export type PolicyModules = ReadonlyMap<string, LoadedModule>;

export const NO_MODULES: PolicyModules = new Map();

/** Imports a module by its file URL: its namespace. Rejects as `import()` does. */
export type ImportModule = (url: string) => Promise<unknown>;

const importByUrl: ImportModule = (url) => import(/* @vite-ignore */ url);

/** The paths that the `module:` entries of a policy file name, each once; `root` is the file's value. */
export function modulePathsOf(root: unknown): string[] {
  const list = isMapping(root) ? root.policies : undefined;
  if (!Array.isArray(list)) return [];
  const paths = list.map((entry: unknown) => (isMapping(entry) ? entry.module : undefined));
  return [...new Set(paths.filter((path) => typeof path === 'string'))];
}

/**
 * Never rejects: a module that cannot be loaded is a problem of its entry.
 * @param file the policy file, which the paths are relative to.
 * @param digests the modules' paths, and a digest of what each says (`FileContents.modules`).
 */
export async function loadModules(
  file: string,
  digests: ReadonlyMap<string, string>,
  importModule: ImportModule = importByUrl,
): Promise<PolicyModules> {
  const loading = Array.from(
    digests,
    async ([path, digest]) => [path, await loadModule(file, path, digest, importModule)] as const,
  );
  return new Map(await Promise.all(loading));
}

const PLACE = /^(\.{1,2})?\//;
const NAME = /\.m?js$/;

/** How the file writes a module's path. */
export const modulePathForm: ValueForm = {
  title: "a JavaScript module's path",
  type: 'string',
  allOf: [PLACE, NAME].map(({ source }) => ({ pattern: source })),
};

/** What is wrong with a path before anything is read, or undefined. */
export function modulePathProblem(path: string): string | undefined {
  if (!PLACE.test(path)) {
    return `expected a path relative to this file, such as ./policies/keep-out.js, or an absolute one; found ${JSON.stringify(path)}`;
  }
  if (NAME.test(path)) return undefined;
  const hint = path.endsWith('.ts') ? ': compile it, and name what comes out' : '';
  return `expected a JavaScript module, whose name ends in .js or .mjs${hint}; found ${JSON.stringify(path)}`;
}

async function loadModule(
  file: string,
  path: string,
  digest: string,
  importModule: ImportModule,
): Promise<LoadedModule> {
  const badPath = modulePathProblem(path);
  if (badPath !== undefined) return { problem: badPath };
  const absolute = resolve(dirname(file), path);
  let namespace: unknown;
  try {
    // Both: a change may keep the time, and a digest alone would name what was replaced before it was imported.
    const { mtimeMs } = await stat(absolute);
    namespace = await importModule(`${pathToFileURL(absolute).href}?changed=${mtimeMs}-${digest.slice(0, 16)}`);
  } catch (error) {
    return { problem: `the module ${path} cannot be loaded: ${whyNotLoaded(absolute, error)}` };
  }
  const reading = readPolicyModule(namespace);
  return 'value' in reading
    ? { kind: reading.value }
    : { problem: `the module ${path} does not define a policy: ${reading.problem}` };
}

function whyNotLoaded(path: string, error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `${path} does not exist`;
  if (code === 'EACCES') return `${path} may not be read by the user that runs lark`;
  const said = error.message.split('\n')[0] ?? '';
  if (error instanceof SyntaxError) {
    return `it is not valid JavaScript (${said}); "node --check ${path}" shows the line`;
  }
  return `${error.name}: ${said}`;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
