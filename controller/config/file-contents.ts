// What a policy file and the modules that it names say at this moment: the file's bytes, and one fingerprint of them all,
// by which another content is told from the same one written again. What cannot be read has a fingerprint, too: a file that
// is gone is a change, and so is its return. What a module imports in turn is not looked at, as it is not loaded anew.

import { createHash } from 'node:crypto';
import { readFile as readWhole } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { modulePathProblem, modulePathsOf } from './load-modules.ts';
import { decodeSource, type ReadFile, readFileWithinLimit } from './source-text.ts';
import { readYaml } from './yaml-source.ts';

export interface FileContents {
  readonly file: { readonly bytes: Uint8Array } | { readonly error: unknown };
  /** Of the modules, by the path as the file writes it: the SHA-256 of the bytes, or why there are none. */
  readonly modules: ReadonlyMap<string, string>;
  /** Equal for equal contents of the file and of its modules. */
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
  const names = former?.digest === digest ? [...former.modules.keys()] : namesIn(path, file);
  const modules = new Map(
    await Promise.all(names.map(async (name) => [name, await moduleDigest(path, name)] as const)),
  );
  return { file, modules, digest, fingerprint: sha256Of(JSON.stringify([digest, [...modules]])) };
}

/** Every file that the contents are of, as absolute paths: the policy file first. */
export function filesOf(path: string, { modules }: FileContents): string[] {
  const usable = [...modules.keys()].filter((name) => modulePathProblem(name) === undefined);
  return [resolve(path), ...usable.map((name) => resolve(dirname(path), name))];
}

export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** None where the file is not YAML: what is wrong with it is told when it is parsed. */
function namesIn(path: string, file: FileContents['file']): string[] {
  if ('error' in file) return [];
  const source = decodeSource(path, file.bytes);
  if ('problem' in source) return [];
  const yaml = readYaml(path, source.text);
  return 'problems' in yaml ? [] : modulePathsOf(yaml.source.value);
}

async function moduleDigest(path: string, name: string): Promise<string> {
  if (modulePathProblem(name) !== undefined) return 'not a path';
  return readWhole(resolve(dirname(path), name)).then(sha256Of, reasonOf);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
