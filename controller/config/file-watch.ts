// Notices when files change, and has the change taken. The system tells of changes where it can; whatever it tells, the
// content is looked at and compared with the content last tried, so a file that is touched does nothing and a bad one is
// tried once. A content is taken when two looks in a row have found it, so one that is being written is left to be
// finished. The system tells nothing on some network file systems, and may refuse to: the files are looked at every few
// seconds anyway.

import { FolderWatches, type FolderWatchesParts } from './folder-watches.ts';

export interface WatchTiming {
  /** A look comes after this long without an event, */
  readonly quietMs: number;
  /** but no longer than this after the first. */
  readonly longestMs: number;
  /** A look without an event. */
  readonly everyMs: number;
}

export const WATCH_TIMING: WatchTiming = { quietMs: 100, longestMs: 1000, everyMs: 10_000 };

export interface FileWatchParts {
  /** What the files say now. Never rejects: that one cannot be read is a content, too. */
  readonly look: () => Promise<Content>;
  /** The fingerprint of the content last tried, by whomever. */
  readonly tried: () => string | undefined;
  /** Tries the files as they are; from then on `tried` is of what it found. One call at a time. */
  readonly onChange: () => Promise<unknown>;
  readonly onFailure: FolderWatchesParts['onFailure'];
  readonly timing?: WatchTiming;
}

export interface Content {
  /** Equal for equal contents. */
  readonly fingerprint: string;
  /** All files that it is of, as absolute paths; also those that are not there. */
  readonly files: readonly string[];
}

export class FileWatch {
  readonly #parts: FileWatchParts;
  readonly #timing: WatchTiming;
  readonly #folders: FolderWatches;
  #every: NodeJS.Timeout | undefined;
  #next: NodeJS.Timeout | undefined;
  /** When the first event came since the last look, by `performance.now()`. */
  #firstEventAt: number | undefined;
  #isLooking = false;
  /** An event came while the content was looked at or tried. */
  #isStale = false;
  #isStopped = false;
  /** The fingerprint of the last look, where it differs from the content last tried. */
  #found: string | undefined;

  constructor(parts: FileWatchParts) {
    this.#parts = parts;
    this.#timing = parts.timing ?? WATCH_TIMING;
    this.#folders = new FolderWatches({ onEvent: () => this.#expect(), onFailure: parts.onFailure });
  }

  /** False: changes are noticed by looking every few seconds only. */
  get isTold(): boolean {
    return this.#folders.isComplete;
  }

  start(): void {
    this.#every = setInterval(() => void this.#look(), this.#timing.everyMs).unref();
    this.#expect();
  }

  /** Nothing is noticed from now on; what is being tried goes on. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#every);
    clearTimeout(this.#next);
    this.#folders.close();
  }

  /** A look, when things are quiet. */
  #expect(): void {
    if (this.#isStopped) return;
    const { quietMs, longestMs } = this.#timing;
    const now = performance.now();
    this.#firstEventAt ??= now;
    clearTimeout(this.#next);
    const waitMs = Math.max(0, Math.min(quietMs, this.#firstEventAt + longestMs - now));
    this.#next = setTimeout(() => {
      this.#firstEventAt = undefined;
      void this.#look();
    }, waitMs).unref();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      this.#isStale = true;
      return;
    }
    this.#isLooking = true;
    this.#isStale = false;
    try {
      const { fingerprint, files } = await this.#parts.look();
      if (await this.#folders.lead(files)) this.#isStale = true;
      if (!this.#isStopped) await this.#judge(fingerprint);
    } finally {
      this.#isLooking = false;
    }
    if (this.#isStale) this.#expect();
  }

  async #judge(fingerprint: string): Promise<void> {
    if (fingerprint === this.#parts.tried()) {
      this.#found = undefined;
    } else if (fingerprint === this.#found) {
      this.#found = undefined;
      await this.#parts.onChange();
    } else {
      this.#found = fingerprint;
      this.#isStale = true;
    }
  }
}
