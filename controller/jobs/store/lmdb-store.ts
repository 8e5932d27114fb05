// The job store in LMDB, a directory with two files. What it promises, and how:
// - A commit is synced before its promise resolves. LMDB's own transaction makes it whole. This thread only puts the records
//   into it; what waits for the disk, writing its pages and the sync, happens in another one (lmdb's asynchronous
//   transactions; its synchronous ones would do that here), so a slow disk delays answers and never the event loop.
// - Commits that come while a sync is under way are written together when it ends: one sync for many registrations. They
//   keep their order, and where a group cannot be written each of its commits is tried by itself, so that one does not
//   fail for another's sake.
// - It never opens as empty what is not: a file that is cut short, a record that is damaged, a form that is newer, each is
//   a StoreError that says what to do.
// - It has one Lark at a time: while a process has it open, no other one opens it.
// - The ads of a job that is on the disk are not kept in memory: they are read where LMDB has them, until their record goes.
// LMDB keeps readers from seeing half a commit after `kill -9`; after a power cut it goes back to the last sync.

import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type DatabaseOptions, open, type RootDatabase } from 'lmdb';
import type { Job } from '../job.ts';
import { AdsShelf } from './ads-shelf.ts';
import {
  type JobStore,
  type StoreChange,
  type StoredClass,
  type StoredJob,
  type StoredJobPort,
  type StoredState,
  StoreError,
} from './job-store.ts';
import { lookAtLmdbFile } from './lmdb-file.ts';
import {
  decodeEnded,
  decodeJob,
  decodeLease,
  decodeText,
  encodeEnded,
  encodeJob,
  encodeLease,
  encodeText,
  RecordError,
  readRecord,
} from './records.ts';
import { STORE_ERRORS, type StoreErrorCode } from './store-errors.ts';
import { StoredNames } from './stored-names.ts';

/** Which tables there are and what is in their keys; the form of each record is its own. */
const LAYOUT = 4;
const LAYOUT_KEY = 'layout';
/** The number of the transaction that wrote last: tells whether one that failed is in the file. */
const COMMIT_KEY = 'commit';
/** Changes in one transaction: bounds how long writing them may keep the event loop. */
const MOST_CHANGES_AT_ONCE = 1024;

interface Waiting {
  readonly changes: readonly StoreChange[];
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

/** Records as LMDB has them, until the next is read: whoever reads one copies what is to last. From lmdb's `encoder`. */
const PASSING = {
  encoder: {
    encode: (record: Buffer) => record,
    decode: (bytes: Buffer, size: number) => bytes.subarray(0, size),
  },
} as DatabaseOptions;

type Environment = RootDatabase<Buffer, string>;

const ENVIRONMENT = {
  encoding: 'binary',
  noSubdir: false,
  maxDbs: 8,
  // After a power cut the file is as it was at the last sync, and pages that were in use then were not written to.
  overlappingSync: true,
  // Each transaction is one of ours, and not of whatever a turn of the event loop writes: nobody would hear of the failure of those.
  eventTurnBatching: false,
} as const;

export class LmdbJobStore implements JobStore {
  readonly #path: string;
  readonly #environment: Environment;
  readonly #jobs: Database<Buffer, number>;
  readonly #ended: Database<Buffer, number>;
  readonly #switches: Database<Buffer, string>;
  readonly #jobPorts: Database<Buffer, string>;
  readonly #classes: Database<Buffer, number>;
  readonly #leases: Database<Buffer, number>;
  readonly #names: StoredNames;
  readonly #shelf: AdsShelf;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #broken: StoreError | undefined;
  /** The number of the last transaction. */
  #commits: number;
  /** How often the disk was asked to take what was written. */
  #syncs = 0;

  private constructor(path: string, environment: Environment) {
    this.#path = path;
    this.#environment = environment;
    this.#commits = Number(environment.get(COMMIT_KEY) ?? 0);
    this.#jobs = environment.openDB<Buffer, number>('jobs', PASSING);
    this.#ended = environment.openDB<Buffer, number>('ended', { encoding: 'binary' });
    this.#switches = environment.openDB<Buffer, string>('switches', { encoding: 'binary' });
    this.#jobPorts = environment.openDB<Buffer, string>('jobPorts', { encoding: 'binary' });
    this.#classes = environment.openDB<Buffer, number>('classes', { encoding: 'binary' });
    this.#leases = environment.openDB<Buffer, number>('leases', { encoding: 'binary' });
    const names = environment.openDB<Buffer, number>('names', { encoding: 'binary' });
    this.#names = new StoredNames({ names, jobs: this.#jobs });
    this.#shelf = new AdsShelf(this.#jobs, (what) => damaged(path, what));
  }

  /** Opens the store in a directory, or makes one. Throws a StoreError. */
  static open(path: string): LmdbJobStore {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw unusable(path, error);
    }
    const { problem, hasRecords } = lookAtLmdbFile(join(path, 'data.mdb'));
    if (problem !== undefined) throw damaged(path, problem);
    try {
      const environment = open<Buffer, string>({ path, ...ENVIRONMENT });
      checkAlone(environment, path);
      checkLayout(environment, path, hasRecords);
      return new LmdbJobStore(path, environment);
    } catch (error) {
      throw error instanceof StoreError ? error : unusable(path, error);
    }
  }

  get syncs(): number {
    return this.#syncs;
  }

  get broken(): StoreError | undefined {
    return this.#broken;
  }

  load(each?: (job: Job) => void): StoredState {
    try {
      const state = {
        jobs: this.#loadJobs(each),
        ended: Array.from(this.#ended.getRange(), ({ key, value }) => readRecord('ended', key, value, decodeEnded)),
        switches: Array.from(this.#switches.getKeys()),
        jobPorts: Array.from(this.#jobPorts.getKeys(), jobPortOf),
        classes: Array.from(this.#classes.getRange(), ({ key, value }) => readRecord('class', key, value, decodeClass)),
        leases: Array.from(this.#leases.getRange(), ({ key, value }) => readRecord('lease', key, value, decodeLease)),
      };
      this.#checkWhole(state);
      return state;
    } catch (error) {
      if (error instanceof RecordError && error.isNewer) throw newer(this.#path, error.message);
      throw damaged(this.#path, saidBy(error));
    }
  }

  /** Of a damaged file some records may not be found, and nothing else tells: each table says by itself how many it has. */
  #checkWhole(state: StoredState): void {
    for (const name of ['jobs', 'ended', 'switches', 'jobPorts', 'classes', 'leases'] as const) {
      const { entryCount } = this.#tables[name].getStats() as { readonly entryCount: number };
      const found = state[name].length;
      if (found !== entryCount) throw new Error(`of ${entryCount} records of ${name}, ${found} can be found`);
    }
  }

  get #tables() {
    return {
      jobs: this.#jobs,
      ended: this.#ended,
      switches: this.#switches,
      jobPorts: this.#jobPorts,
      classes: this.#classes,
      leases: this.#leases,
    };
  }

  #loadJobs(each?: (job: Job) => void): readonly StoredJob[] {
    this.#names.load();
    const reading = { listOf: this.#names.listOf, atRest: this.#shelf.passing };
    const decode = (key: number, bytes: Buffer) => decodeJob(key, bytes, reading);
    return Array.from(this.#jobs.getRange(), ({ key, value }) => {
      const stored = readRecord('job', key, value, decode);
      each?.(stored.job);
      this.#shelf.holds(stored);
      return stored;
    });
  }

  commit(changes: readonly StoreChange[]): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      // After this turn, so that all that came in with one read of the sockets shares the commit.
      this.#writing ??= Promise.resolve().then(() => this.#writeAll());
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#broken ??= new StoreError('STORE_BROKEN', `The job store ${this.#path} is closed: Lark is stopping.`);
    // Without it, after one that failed, lmdb waits for a sync that does not come.
    await this.#environment.childTransaction(() => undefined);
    await this.#environment.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const written = await this.#write(this.#takeGroup());
      this.#shelf.put(written.flatMap(({ changes }) => changes));
      for (const { resolve } of written) resolve();
      if (this.#broken !== undefined) for (const { reject } of this.#waiting.splice(0)) reject(this.#broken);
    }
    this.#writing = undefined;
  }

  #takeGroup(): readonly Waiting[] {
    let changes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && changes + waiting.changes.length > MOST_CHANGES_AT_ONCE) break;
      changes += waiting.changes.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Those that are on the disk now; the others are rejected. */
  async #write(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    try {
      await this.#transact(group.flatMap(({ changes }) => changes));
      return group;
    } catch (error) {
      if (group.length > 1 && this.#broken === undefined) return this.#writeEach(group);
      for (const { reject } of group) reject(this.#broken ?? writeFailed(this.#path, error));
      return [];
    }
  }

  async #writeEach(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const written: Waiting[] = [];
    for (const waiting of group) written.push(...(await this.#write([waiting])));
    return written;
  }

  /** Throws what kept the changes from the file; or else, where they are in it and the disk did not take them, the store is broken. */
  async #transact(changes: readonly StoreChange[]): Promise<void> {
    this.#commits += 1;
    const number = String(this.#commits);
    try {
      await this.#environment.childTransaction(() => {
        for (const change of changes) this.#apply(change);
        this.#names.tidy();
        this.#environment.putSync(COMMIT_KEY, Buffer.from(number));
        this.#syncs += 1;
      });
      await this.#environment.flushed;
    } catch (error) {
      const cause = await causeOf(error);
      if (this.#environment.get(COMMIT_KEY)?.toString() === number) this.#broken = notSynced(this.#path, cause);
      else this.#names.aborted();
      throw cause;
    }
    this.#names.committed();
  }

  #apply(change: StoreChange): void {
    switch (change.kind) {
      case 'job':
        this.#jobs.putSync(
          change.job.sequence,
          encodeJob(change.job, (names) => this.#names.numberOf(names)),
        );
        return;
      case 'ended':
        this.#shelf.take(change.ended.sequence);
        this.#jobs.removeSync(change.ended.sequence);
        this.#ended.putSync(change.ended.sequence, encodeEnded(change.ended));
        return;
      case 'free':
        this.#shelf.take(change.sequence);
        this.#jobs.removeSync(change.sequence);
        this.#ended.removeSync(change.sequence);
        return;
      case 'switch':
        this.#switches.putSync(change.dpid, Buffer.alloc(0));
        return;
      case 'forget':
        this.#switches.removeSync(change.dpid);
        for (const key of this.#jobPortsOf(change.dpid)) this.#jobPorts.removeSync(key);
        return;
      case 'jobPort':
        if (change.isJobPort) this.#jobPorts.putSync(jobPortKey(change), Buffer.alloc(0));
        else this.#jobPorts.removeSync(jobPortKey(change));
        return;
      case 'lease':
        this.#leases.putSync(change.lease.number, encodeLease(change.lease));
        return;
      case 'leaseEnded':
        this.#leases.removeSync(change.number);
        return;
      case 'class':
        if (change.key !== undefined) this.#classes.putSync(change.number, encodeText(change.key));
        else this.#classes.removeSync(change.number);
    }
  }

  #jobPortsOf(dpid: string): readonly string[] {
    return Array.from(this.#jobPorts.getKeys({ start: `${dpid} `, end: `${dpid}!` }));
  }
}

/** Before there is any table, so that a file with records and without a layout is one that has lost some. */
function checkLayout(environment: Environment, path: string, hasRecords: boolean): void {
  const layout = environment.get(LAYOUT_KEY)?.toString();
  if (layout === undefined) {
    if (hasRecords) throw damaged(path, 'it has records, but does not say in which layout');
    environment.putSync(LAYOUT_KEY, Buffer.from(String(LAYOUT)));
    return;
  }
  if (!/^\d+$/.test(layout)) throw damaged(path, `its layout is ${JSON.stringify(layout.slice(0, 64))}`);
  if (Number(layout) > LAYOUT) {
    throw newer(path, `it has layout ${layout}, and this version reads up to ${LAYOUT}`);
  }
  // A version that knows nothing of these tables must not change jobs in it: it would forget what belongs to them.
  if (Number(layout) < LAYOUT) environment.putSync(LAYOUT_KEY, Buffer.from(String(LAYOUT)));
}

/**
 * Two Larks would not hear of each other's changes, and give the same numbers twice. Each process that has read is a reader of the
 * store until it ends, however it ends; this one reads first, so of two that start at once one sees the other at least.
 */
function checkAlone(environment: Environment, path: string): void {
  environment.get(LAYOUT_KEY);
  environment.readerCheck();
  const readers = [...environment.readerList().matchAll(/^ *(\d+) /gm)].map(([, pid]) => Number(pid));
  const other = readers.find((pid) => pid !== process.pid);
  if (other === undefined) return;
  void environment.close();
  throw failure('STORE_IN_USE', `The job store ${path} is in use by process ${other}`);
}

/** A switch's job ports stand together; any name makes a key. */
function jobPortKey({ dpid, portName }: StoredJobPort): string {
  return `${dpid} ${Buffer.from(portName).toString('hex')}`;
}

function jobPortOf(key: string): StoredJobPort {
  const [dpid = '', hex = ''] = key.split(' ');
  return { dpid, portName: Buffer.from(hex, 'hex').toString() };
}

function decodeClass(number: number, bytes: Buffer): StoredClass {
  return { number, key: decodeText(bytes) };
}

/** Why a transaction failed. Where writing or syncing it did, lmdb tells the reason apart from the failure. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<never> };
  return commitError === undefined ? error : commitError.catch((cause: unknown) => cause);
}

function unusable(path: string, cause: unknown): StoreError {
  return failure('STORE_UNUSABLE', `The job store ${path} cannot be opened: ${saidBy(cause)}`, { cause });
}

function damaged(path: string, what: string): StoreError {
  return failure('STORE_DAMAGED', `The job store ${path} is damaged: ${what}`);
}

function newer(path: string, what: string): StoreError {
  return failure('STORE_NEWER', `The job store ${path} is of a later version of Lark: ${what}`);
}

function writeFailed(path: string, cause: unknown): StoreError {
  return failure('STORE_WRITE_FAILED', `The job store ${path} cannot be written to: ${saidBy(cause)}`, { cause });
}

function notSynced(path: string, cause: unknown): StoreError {
  const problem = `The disk of the job store ${path} did not take what was written: ${saidBy(cause)}`;
  return failure('STORE_BROKEN', problem, { cause });
}

function failure(code: StoreErrorCode, problem: string, options?: ErrorOptions): StoreError {
  return new StoreError(code, `${problem}. ${STORE_ERRORS[code].remedy}`, options);
}

function saidBy(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
