// From a path to the text of a policy file: read no more than the limit allows, be UTF-8 and nothing else, and lose a
// byte order mark. Whatever goes wrong is a ConfigProblem, so that a path typed wrongly reads like any other error.

import { open } from 'node:fs/promises';
import type { ConfigProblem, ConfigProblemCode } from './problem.ts';

/** The largest policy file. Some 40,000 prefixes fit; a file beyond it is not a policy file. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** Reads a file whole, or at least its first `MAX_FILE_BYTES + 1` bytes. Rejects as node:fs does. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Stops reading where the limit is passed, so that no path (a device, a pipe, a log) can fill the memory. */
export const readFileWithinLimit: ReadFile = async (path) => {
  const handle = await open(path, 'r');
  try {
    const buffer = new Uint8Array(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
};

export type SourceText = { readonly text: string } | { readonly problem: ConfigProblem };

export function decodeSource(file: string, bytes: Uint8Array): SourceText {
  if (bytes.length > MAX_FILE_BYTES) {
    return fail(file, 'CONFIG_TOO_LARGE', `is larger than 1 MiB (${MAX_FILE_BYTES} bytes): expected a policy file`);
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return fail(file, 'CONFIG_ENCODING', 'is UTF-16: save it as UTF-8');
  }
  try {
    // A TextDecoder drops a leading byte order mark, so columns count from the first character seen in an editor.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return fail(file, 'CONFIG_ENCODING', 'is not UTF-8 text: save it as UTF-8');
  }
}

/** What a failed read means for the person who named the file. */
export function unreadable(file: string, error: unknown): ConfigProblem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const known: Record<string, string> = {
    ENOENT: 'does not exist: check the path',
    EACCES: 'may not be read: give the user that runs lark read permission',
    EISDIR: 'is a directory: name the file in it',
  };
  const reason = known[String(code)] ?? `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  return fail(file, 'CONFIG_UNREADABLE', reason).problem;
}

function fail(file: string, code: ConfigProblemCode, message: string): { problem: ConfigProblem } {
  return { problem: { code, severity: 'error', message, file, place: undefined } };
}
