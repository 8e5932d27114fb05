// Looks at the file of an LMDB environment before LMDB maps it into memory: on a file that is cut short or is something
// else, the library ends the whole process with a signal, and nobody would be told why.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where the meta pages' fields are, in bytes from the page's begin (LMDB's data version 2, 64 bits, lmdb-js's page header). */
const META = { magic: 24, version: 28, lastPage: 144 } as const;
const PAGE_SIZE_AT = 48;
const MAGIC = 0xbeefc0de;
const HEAD_BYTES = 256;
const META_PAGES = 2;

/** What is wrong with `data.mdb`, as the end of a sentence; undefined where it is sound, or empty, or not there. */
export function lmdbFileProblem(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    // LMDB makes it, or says itself why it cannot.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    return size === 0 ? undefined : problemOf((at) => readAt(file, at), size);
  } finally {
    closeSync(file);
  }
}

function problemOf(read: (at: number) => DataView | undefined, size: number): string | undefined {
  const pageSize = read(0)?.getUint32(PAGE_SIZE_AT, true) ?? 0;
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return 'it is no LMDB file';
  let lastPage = 0n;
  for (let page = 0; page < META_PAGES; page++) {
    const meta = read(page * pageSize);
    if (meta === undefined) return `it is cut short: it has ${size} bytes`;
    if (meta.getUint32(META.magic, true) !== MAGIC) return 'it is no LMDB file, or its first pages were overwritten';
    const last = meta.getBigUint64(META.lastPage, true);
    if (last > lastPage) lastPage = last;
  }
  const needed = (lastPage + 1n) * BigInt(pageSize);
  return BigInt(size) < needed ? `it is cut short: it has ${size} bytes, and should have ${needed} or more` : undefined;
}

function readAt(file: number, at: number): DataView | undefined {
  const head = new Uint8Array(HEAD_BYTES);
  return readSync(file, head, 0, HEAD_BYTES, at) === HEAD_BYTES ? new DataView(head.buffer) : undefined;
}
