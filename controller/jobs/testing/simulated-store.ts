// A store whose disk the test holds in its hand: commits wait until it syncs them or fails them, and a crash leaves what
// was synced, and of the rest as much from the front as the test says. Records go through their real form.

import type { NameList } from '../name-list.ts';
import {
  type EndedJob,
  type JobStore,
  type StoreChange,
  type StoredJob,
  type StoredState,
  StoreError,
} from '../store/job-store.ts';
import {
  decodeEnded,
  decodeJob,
  decodeLease,
  decodeText,
  encodeEnded,
  encodeJob,
  encodeLease,
  encodeText,
} from '../store/records.ts';

interface Disk {
  readonly jobs: ReadonlyMap<number, Uint8Array>;
  readonly ended: ReadonlyMap<number, Uint8Array>;
  readonly switches: ReadonlySet<string>;
  /** Names by datapath id. */
  readonly jobPorts: ReadonlyMap<string, ReadonlySet<string>>;
  readonly classes: ReadonlyMap<number, Uint8Array>;
  readonly leases: ReadonlyMap<number, Uint8Array>;
}

/** Lists of names, which no crash loses here: the real store writes them with the jobs. */
const lists: NameList[] = [];
const listOf = (number: number) => lists[number]!;
const numberOf = (list: NameList) => (lists.includes(list) ? lists.indexOf(list) : lists.push(list) - 1);

const EMPTY: Disk = {
  jobs: new Map(),
  ended: new Map(),
  switches: new Set(),
  jobPorts: new Map(),
  classes: new Map(),
  leases: new Map(),
};

export class SimulatedStore implements JobStore {
  /** False: commits wait for `sync` or `fail`. */
  isAutomatic = true;
  readonly broken = undefined;
  #disk: Disk;
  readonly #waiting: { changes: readonly StoreChange[]; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(disk: Disk = EMPTY) {
    this.#disk = disk;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  load(): StoredState {
    const { jobs, ended, switches, jobPorts, classes, leases } = this.#disk;
    return {
      jobs: Array.from(jobs, ([sequence, bytes]): StoredJob => decodeJob(sequence, bytes, { listOf })),
      ended: Array.from(ended, ([sequence, bytes]): EndedJob => decodeEnded(sequence, bytes)),
      switches: [...switches],
      jobPorts: [...jobPorts].flatMap(([dpid, names]) => Array.from(names, (portName) => ({ dpid, portName }))),
      classes: Array.from(classes, ([number, bytes]) => ({ number, key: decodeText(bytes) })),
      leases: Array.from(leases, ([number, bytes]) => decodeLease(number, bytes)),
    };
  }

  commit(changes: readonly StoreChange[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (this.isAutomatic) this.sync();
    });
  }

  async close(): Promise<void> {}

  /** The first `count` commits that wait are on the disk. */
  sync(count = this.#waiting.length): void {
    for (const { changes, resolve } of this.#waiting.splice(0, count)) {
      this.#disk = changes.reduce(applied, this.#disk);
      resolve();
    }
  }

  /** All commits that wait are refused, as on a full disk. */
  fail(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new StoreError('STORE_WRITE_FAILED', 'No space left.'));
  }

  /** The store after a crash at which so many of the commits that waited had got to the disk. */
  afterCrash(unacknowledged: number): SimulatedStore {
    const written = this.#waiting.slice(0, unacknowledged).flatMap(({ changes }) => changes);
    return new SimulatedStore(written.reduce(applied, this.#disk));
  }
}

function applied(disk: Disk, change: StoreChange): Disk {
  const [jobs, ended, switches] = [new Map(disk.jobs), new Map(disk.ended), new Set(disk.switches)];
  const [jobPorts, classes] = [new Map(disk.jobPorts), new Map(disk.classes)];
  const leases = new Map(disk.leases);
  switch (change.kind) {
    case 'job':
      jobs.set(change.job.sequence, encodeJob(change.job, numberOf));
      break;
    case 'ended':
      jobs.delete(change.ended.sequence);
      ended.set(change.ended.sequence, encodeEnded(change.ended));
      break;
    case 'free':
      jobs.delete(change.sequence);
      ended.delete(change.sequence);
      break;
    case 'switch':
      switches.add(change.dpid);
      break;
    case 'forget':
      switches.delete(change.dpid);
      jobPorts.delete(change.dpid);
      break;
    case 'jobPort': {
      const others = [...(jobPorts.get(change.dpid) ?? [])].filter((name) => name !== change.portName);
      jobPorts.set(change.dpid, new Set(change.isJobPort ? [...others, change.portName] : others));
      break;
    }
    case 'lease':
      leases.set(change.lease.number, encodeLease(change.lease));
      break;
    case 'leaseEnded':
      leases.delete(change.number);
      break;
    case 'class':
      if (change.key === undefined) classes.delete(change.number);
      else classes.set(change.number, encodeText(change.key));
  }
  return { jobs, ended, switches, jobPorts, classes, leases };
}
