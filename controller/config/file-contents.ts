// What a policy file and the files that it names say at this moment: the bytes, and one fingerprint of them all,
// by which another content is told from the same one written again. What cannot be read has a fingerprint, too: a file that
// is gone is a change, and so is its return. What a module imports in turn is not looked at, as it is not loaded anew.

import { createHash } from 'node:crypto';
import { readFile as readWhole } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { modulePathProblem, modulePathsOf } from './load-modules.ts';
import { digestOf, type NamedFile, namedPathsOf, readNamedFile } from './named-files.ts';
import { decodeSource, type ReadFile, readFileWithinLimit } from './source-text.ts';
import { readYaml } from './yaml-source.ts';

export interface FileContents {
  readonly file: { readonly bytes: Uint8Array } | { readonly error: unknown };
  /** Of the modules, by the path as the file writes it: the SHA-256 of the bytes, or why there are none. */
  readonly modules: ReadonlyMap<string, string>;
  /** Certificates, keys and their like, by the path as the file writes it. */
  readonly named: ReadonlyMap<string, NamedFile>;
  /** Equal for equal contents of the file and of all that it names. */
  readonly fingerprint: string;
  /** Of the file alone. */
  readonly digest: string;
}

/**
 * Never rejects.
 * @param path the policy file, which the modules' paths are relative to.
 * @param former what was read before: an unchanged file is not parsed again for the modules that it names.
 */
export async function readContents(
  path: string,
  readFile: ReadFile = readFileWithinLimit,
  former?: FileContents,
): Promise<FileContents> {
  const file = await readFile(path).then(
    (bytes) => ({ bytes }),
    (error: unknown) => ({ error }),
  );
  const digest = 'bytes' in file ? sha256Of(file.bytes) : reasonOf(file.error);
  const names =
    former?.digest === digest
      ? { modules: [...former.modules.keys()], named: [...former.named.keys()] }
      : namesIn(path, file);
  const modules = await byName(names.modules, (name) => moduleDigest(path, name));
  const named = await byName(names.named, (name) => readNamedFile(path, name));
  const parts = [digest, [...modules], [...named].map(([name, each]) => [name, digestOf(each)])];
  return { file, modules, named, digest, fingerprint: sha256Of(JSON.stringify(parts)) };
}

/** Every file that the contents are of, as absolute paths: the policy file first. */
export function filesOf(path: string, { modules, named }: FileContents): string[] {
  const usable = [...modules.keys()].filter((name) => modulePathProblem(name) === undefined);
  return [resolve(path), ...[...usable, ...named.keys()].map((name) => resolve(dirname(path), name))];
}

export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** None where the file is not YAML: what is wrong with it is told when it is parsed. */
function namesIn(path: string, file: FileContents['file']): { modules: string[]; named: string[] } {
  const source = 'error' in file ? undefined : decodeSource(path, file.bytes);
  const yaml = source !== undefined && 'text' in source ? readYaml(path, source.text) : undefined;
  if (yaml === undefined || 'problems' in yaml) return { modules: [], named: [] };
  return { modules: modulePathsOf(yaml.source.value), named: namedPathsOf(yaml.source.value) };
}

async function byName<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<Map<string, T>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}

async function moduleDigest(path: string, name: string): Promise<string> {
  if (modulePathProblem(name) !== undefined) return 'not a path';
  return readWhole(resolve(dirname(path), name)).then(sha256Of, reasonOf);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
