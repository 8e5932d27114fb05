// Node's fs.watch on the folders by which some files are reached, kept up to date with where the paths lead. A folder that was
// made anew, or may have been, is watched anew: a watch stays with the folder that it was opened on, even when another
// stands at its path. Only events about names on the way are passed on. The system tells of all that happens in a folder, though:
// one in which too much happens is not watched for a while, so that a file that others write without end costs little.

import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { wayOf } from './way-of-path.ts';

export interface FolderWatchesParts {
  /** Something on the way may have changed. */
  readonly onEvent: () => void;
  /** The system does not let this folder be watched, or (FOLDER_BUSY) it is left alone for a while. */
  readonly onFailure: (folder: string, error: unknown) => void;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** The code of the error where too much happens in a folder. */
export const FOLDER_BUSY = 'FOLDER_BUSY';

/** Of a folder, in a second: unpacking an archive beside the file is fewer. */
const MOST_EVENTS_PER_SEC = 5000;
/** It is looked at meanwhile, as a folder is that cannot be watched. */
const BUSY_PAUSE_MS = 30_000;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Device and inode. */
  readonly identity: string;
  names: ReadonlySet<string>;
  /** Names have come and gone, the folder's own perhaps, after which the system tells nothing more. */
  isDoubtful: boolean;
  /** Events within the second that began at `since`. */
  events: number;
  since: number;
}

export class FolderWatches {
  readonly #parts: FolderWatchesParts;
  readonly #now: () => number;
  readonly #folders = new Map<string, WatchedFolder>();
  /** Those in which too much happened, and until when they are left alone. */
  readonly #busyUntil = new Map<string, number>();
  #isClosed = false;
  #isComplete = true;

  constructor(parts: FolderWatchesParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Every folder is watched, so that no change goes unnoticed as far as the system tells of it. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Watches what leads to these files (absolute paths) now, and nothing else. Never rejects. True where a watch was opened:
   * what happened just before it was not told, so look again.
   */
  async lead(files: readonly string[]): Promise<boolean> {
    const wanted = await namesByFolder(files);
    const identities = new Map(
      await Promise.all(Array.from(wanted.keys(), async (folder) => [folder, await identityOf(folder)] as const)),
    );
    if (this.#isClosed) return false;
    for (const [folder, { identity, isDoubtful }] of [...this.#folders]) {
      if (!wanted.has(folder) || isDoubtful || identities.get(folder) !== identity) this.#drop(folder);
    }
    let isOpened = false;
    this.#isComplete = true;
    for (const [folder, until] of this.#busyUntil) {
      if (!wanted.has(folder) || this.#now() >= until) this.#busyUntil.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const known = this.#folders.get(folder);
      if (known !== undefined) known.names = names;
      else if (this.#busyUntil.has(folder)) this.#isComplete = false;
      else isOpened = this.#open(folder, identities.get(folder) ?? '', names) || isOpened;
    }
    return isOpened;
  }

  close(): void {
    this.#isClosed = true;
    for (const folder of [...this.#folders.keys()]) this.#drop(folder);
  }

  #open(folder: string, identity: string, names: ReadonlySet<string>): boolean {
    try {
      const watcher = watch(folder, { persistent: false });
      const watched: WatchedFolder = { watcher, identity, names, isDoubtful: false, events: 0, since: this.#now() };
      watcher.on('change', (type, name) => this.#onChange(folder, watched, type, name));
      watcher.on('error', (error) => {
        this.#drop(folder);
        this.#fail(folder, error);
      });
      this.#folders.set(folder, watched);
      return true;
    } catch (error) {
      // Gone since it was looked up: another look finds where the way ends now.
      if (isGone(error)) return true;
      this.#fail(folder, error);
      return false;
    }
  }

  #onChange(folder: string, watched: WatchedFolder, type: string, name: string | Buffer | null): void {
    if (this.#folders.get(folder) !== watched) return;
    if (this.#isTooMuch(watched)) {
      this.#busyUntil.set(folder, this.#now() + BUSY_PAUSE_MS);
      this.#drop(folder);
      const message = `more than ${MOST_EVENTS_PER_SEC} changes a second`;
      this.#fail(folder, Object.assign(new Error(message), { code: FOLDER_BUSY }));
      return;
    }
    // What happens to the folder itself is told under its own name.
    const isOnTheWay = name === null || watched.names.has(String(name)) || String(name) === basename(folder);
    if (!isOnTheWay) return;
    if (type === 'rename') watched.isDoubtful = true;
    this.#parts.onEvent();
  }

  #isTooMuch(watched: WatchedFolder): boolean {
    watched.events++;
    if (watched.events <= MOST_EVENTS_PER_SEC) return false;
    const now = this.#now();
    if (now - watched.since < 1000) return true;
    watched.events = 1;
    watched.since = now;
    return false;
  }

  #fail(folder: string, error: unknown): void {
    this.#isComplete = false;
    this.#parts.onFailure(folder, error);
  }

  #drop(folder: string): void {
    this.#folders.get(folder)?.watcher.close();
    this.#folders.delete(folder);
  }
}

async function namesByFolder(files: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const names = new Map<string, Set<string>>();
  for (const way of await Promise.all(files.map(wayOf))) {
    for (const [folder, ofWay] of way) names.set(folder, new Set([...(names.get(folder) ?? []), ...ofWay]));
  }
  return names;
}

/** Empty where there is nothing. */
async function identityOf(folder: string): Promise<string> {
  return stat(folder, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => '',
  );
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
