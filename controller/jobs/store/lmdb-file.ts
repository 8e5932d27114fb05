// Looks at the file of an LMDB environment before LMDB maps it into memory: on a file that is cut short or is something
// else, the library ends the whole process with a signal, and nobody would be told why.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where the meta pages' fields are, in bytes from the page's begin (LMDB's data version 2, 64 bits, lmdb-js's page header). */
const META = { magic: 24, version: 28, lastPage: 144 } as const;
const PAGE_SIZE_AT = 48;
const MAGIC = 0xbeefc0de;
const HEAD_BYTES = 256;
const META_PAGES = 2;

export interface LmdbFile {
  /** What is wrong with it, as the end of a sentence; undefined where it is sound, or empty, or not there. */
  readonly problem: string | undefined;
  /** Something was ever written to it. */
  readonly hasRecords: boolean;
}

/** Of `data.mdb`. */
export function lookAtLmdbFile(path: string): LmdbFile {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    // LMDB makes it, or says itself why it cannot.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    return size === 0 ? NOTHING : look((at) => readAt(file, at), size);
  } finally {
    closeSync(file);
  }
}

const NOTHING: LmdbFile = { problem: undefined, hasRecords: false };
const wrong = (problem: string): LmdbFile => ({ problem, hasRecords: true });

function look(read: (at: number) => DataView | undefined, size: number): LmdbFile {
  const pageSize = read(0)?.getUint32(PAGE_SIZE_AT, true) ?? 0;
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return wrong('it is no LMDB file');
  let lastPage = 0n;
  for (let page = 0; page < META_PAGES; page++) {
    const meta = read(page * pageSize);
    if (meta === undefined) return wrong(`it is cut short: it has ${size} bytes`);
    if (meta.getUint32(META.magic, true) !== MAGIC) {
      return wrong('it is no LMDB file, or its first pages were overwritten');
    }
    const last = meta.getBigUint64(META.lastPage, true);
    if (last > lastPage) lastPage = last;
  }
  const needed = (lastPage + 1n) * BigInt(pageSize);
  if (BigInt(size) < needed) return wrong(`it is cut short: it has ${size} bytes, and should have ${needed} or more`);
  return { problem: undefined, hasRecords: lastPage >= META_PAGES };
}

function readAt(file: number, at: number): DataView | undefined {
  const head = new Uint8Array(HEAD_BYTES);
  return readSync(file, head, 0, HEAD_BYTES, at) === HEAD_BYTES ? new DataView(head.buffer) : undefined;
}
