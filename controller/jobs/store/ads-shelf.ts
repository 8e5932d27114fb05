// The ads of the jobs that are on the disk, which are not kept in memory: a hundred thousand jobs have 700 MB of them, and
// hardly anybody asks. LMDB maps its file, so that one is read in some microseconds, its sum checked each time: it may come from
// the disk long after it was written.
//
// Invariant: as long as ads are on the shelf the job's record is in the file, and has them.

import type { Database } from 'lmdb';
import { type AdsAtRest, FrozenAds } from '../frozen-ads.ts';
import type { StoreChange, StoredJob } from './job-store.ts';
import { adsIn, readRecord } from './records.ts';

export class AdsShelf {
  readonly #jobs: Database<Buffer, number>;
  readonly #damaged: (what: string) => Error;
  /** By the number of the job. */
  readonly #ads = new Map<number, FrozenAds>();
  /** Those in the record that is being loaded, in its own memory. */
  #passing: { readonly sequence: number; readonly ads: Buffer } | undefined;

  /** @param damaged what is thrown where the file has lost ads: `what` says which. */
  constructor(jobs: Database<Buffer, number>, damaged: (what: string) => Error) {
    this.#jobs = jobs;
    this.#damaged = damaged;
  }

  /** Where the ads of a job are read whose record is of the present form. */
  placeOf(sequence: number): AdsAtRest {
    return new Place(this, sequence);
  }

  /** The same while that record is being loaded: until `holds` its ads are at hand, and are not read once more. */
  readonly passing = (sequence: number, ads: Buffer): AdsAtRest => {
    this.#passing = { sequence, ads };
    return this.placeOf(sequence);
  };

  /** As `AdsAtRest.read`. */
  read(sequence: number): Buffer {
    if (this.#passing?.sequence === sequence) return this.#passing.ads;
    // The memory of what was read last is used again.
    this.#passing = undefined;
    // As long as lmdb says, in a buffer that may be longer.
    const record = this.#jobs.getBinaryFast(sequence);
    if (record === undefined) throw this.#damaged(`record ${sequence} of job is gone`);
    try {
      return readRecord('job', sequence, record.subarray(0, record.length), (_, bytes) => adsIn(bytes));
    } catch (error) {
      throw this.#damaged(error instanceof Error ? error.message : String(error));
    }
  }

  /** A job that was loaded. */
  holds({ sequence, job: { ads } }: StoredJob): void {
    this.#passing = undefined;
    if (ads instanceof FrozenAds && ads.isAtRest) this.#ads.set(sequence, ads);
  }

  /** These changes are in the file. */
  put(changes: readonly StoreChange[]): void {
    const ended = new Set(changes.map(endedBy));
    for (const change of changes) {
      if (change.kind !== 'job') continue;
      const { sequence, job } = change.job;
      if (this.#ads.has(sequence) || ended.has(sequence) || !(job.ads instanceof FrozenAds)) continue;
      job.ads.rest(this.placeOf(sequence));
      this.#ads.set(sequence, job.ads);
    }
  }

  /** The record is about to go: whoever still has the job finds its ads in memory. */
  take(sequence: number): void {
    try {
      this.#ads.get(sequence)?.wake();
    } catch {
      // The file has lost them: who asks is told so, and the job can end all the same.
    }
    this.#ads.delete(sequence);
  }
}

/** The job of whose record this change leaves nothing. */
function endedBy(change: StoreChange): number | undefined {
  if (change.kind === 'ended') return change.ended.sequence;
  return change.kind === 'free' ? change.sequence : undefined;
}

class Place implements AdsAtRest {
  readonly #shelf: AdsShelf;
  readonly #sequence: number;

  constructor(shelf: AdsShelf, sequence: number) {
    this.#shelf = shelf;
    this.#sequence = sequence;
  }

  read(): Buffer {
    return this.#shelf.read(this.#sequence);
  }
}
