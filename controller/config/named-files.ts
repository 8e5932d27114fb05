// The files beside the policy file that it names by path: certificates, keys, CA files and token files. They are read with
// the policy file, so that a change of one is a change of the configuration, taken or refused as a whole. A path that was not
// read (as in a plan of somebody's text, for which nothing on the disk is opened) counts as not looked at, never as right.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LISTENERS } from './config.ts';

/** A file of this kind beyond it is none. */
const MAX_NAMED_BYTES = 1024 * 1024;

export type NamedFile =
  /** `mode`: the permission bits. */
  { readonly bytes: Uint8Array; readonly mode: number } | { readonly error: string };

export interface NamedFiles {
  /** By the path as the policy file writes it. */
  readonly files: ReadonlyMap<string, NamedFile>;
  /** Milliseconds since 1970, by which certificates are in force or not. */
  readonly now: number;
}

export const NOTHING_READ: NamedFiles = { files: new Map(), now: 0 };

/** The paths that a policy file names, each once; `root` is the file's value. */
export function namedPathsOf(root: unknown): string[] {
  const paths = LISTENERS.flatMap((section) => {
    const listener = member(root, section);
    const tls = member(listener, 'tls');
    const inTls = ['certificate', 'key', 'clientCa'].map((key) => member(tls, key));
    return section === 'http' ? [...inTls, member(listener, 'tokens')] : inTls;
  });
  return [...new Set(paths.filter((path) => typeof path === 'string' && isPath(path)))] as string[];
}

export function isPath(text: string): boolean {
  return text !== '' && !text.includes('\0');
}

/** Never rejects. `file`: the policy file, which the path is relative to. */
export async function readNamedFile(file: string, path: string): Promise<NamedFile> {
  try {
    const handle = await open(resolve(dirname(file), path), 'r');
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return { error: 'is no regular file' };
      if (stats.size > MAX_NAMED_BYTES) return { error: 'is larger than 1 MiB' };
      return { bytes: await handle.readFile(), mode: stats.mode & 0o777 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { error: whyUnreadable(error) };
  }
}

/** Equal for files that mean the same to Lark. */
export function digestOf(named: NamedFile): string {
  if ('error' in named) return named.error;
  return `${createHash('sha256').update(named.bytes).digest('hex')} ${named.mode.toString(8)}`;
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist: check the path, which is relative to this file',
    ENOTDIR: 'does not exist: check the path, which is relative to this file',
    EACCES: 'may not be read: give the user that runs lark read permission',
  };
  return known[code] ?? `cannot be read (${code})`;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
