// The LMDB store on real files in a directory of its own.

import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Database, open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddressLease } from '../addresses/address-lease.ts';
import { address, sampleJob } from '../testing/sample-job.ts';
import { EMPTY_STATE, type StoreChange, type StoredJob } from './job-store.ts';
import { LmdbJobStore } from './lmdb-store.ts';

let directory: string;
let store: LmdbJobStore | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lark-store-'));
});

afterEach(async () => {
  await store?.close();
  store = undefined;
  await rm(directory, { recursive: true });
});

const path = () => join(directory, 'store');
const dataFile = () => join(path(), 'data.mdb');

function stored(sequence: number, changes: Partial<StoredJob> = {}): StoredJob {
  const job = sampleJob({ id: `j${sequence}`, addresses: [`10.1.${sequence >> 8}.${sequence & 255}`, '2001:db8::1'] });
  const location = { dpid: 0xffff_0000_0000_0001n, portNo: 7, portName: 'veth7' };
  const base = { job, enforcement: 'port' as const, leaseMs: 1000, leaseEndsAt: 2000, location, peer: '192.0.2.1' };
  return { ...base, sequence, ...changes };
}

const put = (job: StoredJob): StoreChange => ({ kind: 'job', job });

/** Closes the store and opens it again. */
async function reopen(): Promise<LmdbJobStore> {
  await store?.close();
  store = LmdbJobStore.open(path());
  return store;
}

/** Changes a table of the closed store behind its back. */
/** @param bytes undefined: the record goes. */
async function tamper(table: string | undefined, key: number | string, bytes: Uint8Array | undefined): Promise<void> {
  await store?.close();
  store = undefined;
  const environment = open<Buffer, number | string>({ path: path(), encoding: 'binary', noSubdir: false, maxDbs: 4 });
  const place =
    table === undefined ? environment : environment.openDB<Buffer, number | string>(table, { encoding: 'binary' });
  await (bytes === undefined ? place.remove(key) : place.put(key, Buffer.from(bytes)));
  await environment.close();
}

async function remove(table: string, key: number): Promise<void> {
  await inTable(table, async (place) => void (await place.remove(key)));
}

function leased(number: number): AddressLease {
  const { registration, key } = sampleJob({ id: `s#${number}` });
  const four = { pool: 'four', address: address(`10.1.0.${number}`), prefixLength: 24, gateway: address('10.1.0.254') };
  const six = { pool: 'six', address: address(`2001:db8::${number}`), prefixLength: 64, gateway: undefined };
  return { number, key, registration, addresses: [four, six], endsAt: 1_754_300_000_000, peer: '192.0.2.1' };
}

/** How many lists of names there are. */
function namesInFile(): Promise<number> {
  return inTable('names', async (place) => place.getCount());
}

/** With the store closed. */
async function inTable<T>(table: string, use: (place: Database<Buffer, number>) => Promise<T>): Promise<T> {
  await store?.close();
  store = undefined;
  const environment = open<Buffer, number>({ path: path(), encoding: 'binary', noSubdir: false, maxDbs: 8 });
  try {
    return await use(environment.openDB<Buffer, number>(table, { encoding: 'binary' }));
  } finally {
    await environment.close();
  }
}

describe('a store', () => {
  it('is empty at first, and then has what was committed, in order, after it is opened again', async () => {
    const first = await reopen();
    expect(first.load()).toEqual(EMPTY_STATE);
    const ended = { sequence: 9, key: 'k', addresses: [address('10.1.0.9')], switches: ['0000000000000001'] };
    await first.commit([put(stored(300)), put(stored(2)), { kind: 'switch', dpid: 'b' }, { kind: 'ended', ended }]);
    await first.commit([
      { kind: 'switch', dpid: 'a' },
      { kind: 'forget', dpid: 'b' },
      put(stored(300, { peer: undefined })),
    ]);
    const [port, other] = [
      { dpid: 'a', portName: 'veth 7' },
      { dpid: 'a', portName: 'é' },
    ];
    const classes = [
      { number: 0, key: 'zero' },
      { number: 70_000, key: 'more' },
    ];
    await first.commit([port, other].map((each): StoreChange => ({ kind: 'jobPort', ...each, isJobPort: true })));
    await first.commit([{ kind: 'jobPort', ...port, isJobPort: false }]);
    await first.commit(classes.map((each): StoreChange => ({ kind: 'class', ...each })));
    await first.commit([1, 2, 3].map((number): StoreChange => ({ kind: 'lease', lease: leased(number) })));
    await first.commit([{ kind: 'leaseEnded', number: 2 }]);
    const leases = [leased(1), leased(3)];
    const state = (await reopen()).load();
    const jobs = [stored(2), stored(300, { peer: undefined })];
    expect(state).toEqual({ jobs, ended: [ended], switches: ['a'], jobPorts: [other], classes, leases });
  });

  it('does in any order of changes what the words say', async () => {
    const sequence = fc.integer({ min: 1, max: 4 });
    const dpid = fc.constantFrom('1', '2');
    const portName = fc.constantFrom('a', 'b');
    const key = fc.constantFrom('x', 'y', undefined);
    const change: fc.Arbitrary<StoreChange> = fc.oneof(
      sequence.map((n) => put(stored(n))),
      sequence.map(
        (n): StoreChange => ({ kind: 'ended', ended: { sequence: n, key: `${n}`, addresses: [], switches: 'all' } }),
      ),
      sequence.map((n): StoreChange => ({ kind: 'free', sequence: n })),
      fc.record({ kind: fc.constantFrom('switch' as const, 'forget' as const), dpid }),
      fc.record({ kind: fc.constant('jobPort' as const), dpid, portName, isJobPort: fc.boolean() }),
      fc.record({ kind: fc.constant('class' as const), number: fc.nat(3), key }),
      fc.nat(3).map((number): StoreChange => ({ kind: 'lease', lease: leased(number) })),
      fc.record({ kind: fc.constant('leaseEnded' as const), number: fc.nat(3) }),
    );
    const opened = await reopen();
    const model = { jobs: new Set<number>(), ended: new Set<number>(), switches: new Set<string>() };
    const [ports, classes] = [new Set<string>(), new Map<number, string>()];
    const leases = new Map<number, AddressLease>();
    const runs = fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), async (commits) => {
      await Promise.all(commits.map((changes) => opened.commit(changes)));
      for (const each of commits.flat()) {
        if (each.kind === 'job') model.jobs.add(each.job.sequence);
        else if (each.kind === 'ended') {
          model.jobs.delete(each.ended.sequence);
          model.ended.add(each.ended.sequence);
        } else if (each.kind === 'free') {
          model.jobs.delete(each.sequence);
          model.ended.delete(each.sequence);
        } else if (each.kind === 'switch') model.switches.add(each.dpid);
        else if (each.kind === 'forget') {
          model.switches.delete(each.dpid);
          for (const port of ports) if (port.startsWith(each.dpid)) ports.delete(port);
        } else if (each.kind === 'jobPort') {
          if (each.isJobPort) ports.add(`${each.dpid} ${each.portName}`);
          else ports.delete(`${each.dpid} ${each.portName}`);
        } else if (each.kind === 'lease') leases.set(each.lease.number, each.lease);
        else if (each.kind === 'leaseEnded') leases.delete(each.number);
        else if (each.key === undefined) classes.delete(each.number);
        else classes.set(each.number, each.key);
      }
      const { jobs, ended, switches, ...memory } = opened.load();
      expect(jobs.map((job) => job.sequence)).toEqual([...model.jobs].sort());
      expect(ended.map((job) => job.sequence)).toEqual([...model.ended].sort());
      expect(switches).toEqual([...model.switches].sort());
      expect(memory.jobPorts.map((each) => `${each.dpid} ${each.portName}`)).toEqual([...ports].sort());
      expect(new Map(memory.classes.map((each) => [each.number, each.key]))).toEqual(classes);
      expect(memory.leases).toEqual([...leases.values()].sort((a, b) => a.number - b.number));
    });
    await fc.assert(runs, { numRuns: 40 });
  });

  it('takes up one of a layout before it, which had no job ports, classes, names and leases, and keeps older versions from it', async () => {
    const former = await reopen();
    await former.commit([put(stored(1)), { kind: 'switch', dpid: 'a' }]);
    await tamper(undefined, 'layout', Buffer.from('1'));
    const opened = await reopen();
    expect(opened.load()).toEqual({ ...EMPTY_STATE, jobs: [stored(1)], switches: ['a'] });
    await opened.close();
    store = undefined;
    const environment = open<Buffer, string>({ path: path(), encoding: 'binary', noSubdir: false });
    expect(environment.get('layout')?.toString()).toBe('4');
    await environment.close();
  });

  it('writes the names of attributes once for all jobs that have the same, and again after a restart for those that are new', async () => {
    // As long as real ones: what the store reads it keeps apart from what it reads next.
    const alike = sampleJob({ id: 'a', attributes: { long: 'x'.repeat(20_000) } });
    const other = sampleJob({ id: 'b', attributes: { other: 'y'.repeat(20_000) } });
    const first = await reopen();
    await first.commit([
      put(stored(1, { job: alike })),
      put(stored(2, { job: alike })),
      put(stored(3, { job: other })),
    ]);
    const attributes = [alike, alike, other].map((job) => [...job.attributes]);
    expect(await namesInFile()).toBe(2);
    const second = await reopen();
    const { jobs } = second.load();
    expect(jobs.map(({ job }) => [...job.attributes])).toEqual(attributes);
    const third = sampleJob({ id: 'c', attributes: { third: 1 } });
    await second.commit([put(jobs[2]!), put(stored(4, { job: third }))]);
    expect(await namesInFile()).toBe(3);
    expect((await reopen()).load().jobs).toHaveLength(4);
  });

  it('writes names that were to be written with what could not be written', async () => {
    const opened = await reopen();
    const job = sampleJob({ attributes: { other: 1 } });
    const attributes = new Map([['long', 'x'.repeat(2 ** 20)]]);
    const unwritable = put(stored(2, { job: { ...job, ads: { job: '', machine: '' }, attributes } }));
    await expect(opened.commit([put(stored(1, { job })), unwritable])).rejects.toThrow(/cannot be written/);
    await opened.commit([put(stored(2, { job }))]);
    expect((await reopen()).load().jobs).toHaveLength(1);
  });

  it('keeps no names that no job has any more, once there are many', async () => {
    const opened = await reopen();
    const withNames = (sequence: number) =>
      stored(sequence, { job: sampleJob({ attributes: { [`a${sequence}`]: 1 } }) });
    const isKept = (sequence: number) => sequence % 5 === 0;
    for (let sequence = 1; sequence <= 1500; sequence++) {
      const gone: StoreChange[] = isKept(sequence) ? [] : [{ kind: 'free', sequence }];
      await opened.commit([put(withNames(sequence)), ...gone]);
    }
    expect(await namesInFile()).toBeLessThan(1024);
    const { jobs } = (await reopen()).load();
    expect(jobs).toHaveLength(300);
    for (const { job, sequence } of jobs)
      expect(new Map(job.attributes)).toEqual(new Map(withNames(sequence).job.attributes));
  });

  it('says which record lacks its names', async () => {
    const opened = await reopen();
    await opened.commit([put(stored(7))]);
    await remove('names', 1);
    const damaged = await reopen();
    expect(() => damaged.load()).toThrow(/record 7 of job: the list 1 of its attributes' names is missing/);
  });

  it('writes what comes in together with far fewer syncs than commits', async () => {
    const opened = await reopen();
    await Promise.all(Array.from({ length: 500 }, (_, i) => opened.commit([put(stored(i + 1))])));
    expect(opened.syncs).toBeLessThan(10);
    expect((await reopen()).load().jobs).toHaveLength(500);
  });

  it('makes the directory, which only its owner may read', async () => {
    await reopen();
    expect(statSync(path()).mode & 0o777).toBe(0o700);
  });
});

describe('a store that is not as it should be is refused, with what to do:', () => {
  beforeEach(async () => {
    const opened = await reopen();
    await opened.commit(Array.from({ length: 200 }, (_, i) => put(stored(i + 1))));
  });

  const refusal = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return error as { code: string; message: string };
    }
    return undefined;
  };

  it.each([
    ['cut short', async () => truncate(dataFile(), 40960), 'cut short'],
    ['cut within its first page', async () => truncate(dataFile(), 100), 'no LMDB file'],
    ['no LMDB file', async () => writeFile(dataFile(), Buffer.alloc(20_000, 0x5a)), 'no LMDB file'],
    [
      'overwritten at its begin',
      async () => {
        const bytes = await readFile(dataFile());
        bytes.fill(0xff, 20, 40);
        await writeFile(dataFile(), bytes);
      },
      'overwritten',
    ],
  ])('%s', async (_, damage, says) => {
    await store?.close();
    store = undefined;
    await damage();
    const error = refusal(() => LmdbJobStore.open(path()));
    expect(error).toMatchObject({ code: 'STORE_DAMAGED', message: expect.stringContaining(says) });
    expect(error?.message).toContain('Put back a copy');
    expect(error?.message).toContain(path());
  });

  it('a record that is damaged', async () => {
    await tamper('jobs', 7, Buffer.from('0123456789').fill(1, 0, 1));
    const opened = await reopen();
    expect(refusal(() => opened.load())).toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringMatching(/record 7 of job/),
    });
  });

  it('a record of a later form, a later layout, and a layout that is none', async () => {
    await tamper('ended', 7, Buffer.from([9, 0, 0, 0, 0, 1]));
    const opened = await reopen();
    expect(refusal(() => opened.load())).toMatchObject({
      code: 'STORE_NEWER',
      message: expect.stringContaining('form 9'),
    });
    await tamper(undefined, 'layout', Buffer.from('5'));
    expect(refusal(() => LmdbJobStore.open(path()))).toMatchObject({ code: 'STORE_NEWER' });
    await tamper(undefined, 'layout', Buffer.from('two'));
    expect(refusal(() => LmdbJobStore.open(path()))).toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it('records without a layout, which every store gets before anything else', async () => {
    await tamper(undefined, 'layout', undefined);
    expect(refusal(() => LmdbJobStore.open(path()))).toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('does not say in which layout'),
    });
  });

  it.each(['jobs', 'ended', 'switches', 'jobPorts', 'classes', 'leases'] as const)(
    'a table some of whose records cannot be found: %s',
    async (table) => {
      const others = Array.from({ length: 200 }, (_, i): StoreChange[] => [
        { kind: 'ended', ended: { sequence: 1000 + i, key: 'k', addresses: [], switches: ['0000000000000001'] } },
        { kind: 'switch', dpid: i.toString(16).padStart(16, '0') },
        { kind: 'jobPort', dpid: '0000000000000001', portName: `p${i}`, isJobPort: true },
        { kind: 'class', number: i, key: `class ${i}` },
        { kind: 'lease', lease: leased(i + 1) },
      ]);
      await store?.commit(others.flat());
      await store?.close();
      store = undefined;
      const bytes = await readFile(dataFile());
      // Behind a table's name stands how many records it has.
      for (let at = bytes.indexOf(table); at >= 0; at = bytes.indexOf(table, at + 1)) {
        const count = bytes.subarray(at, at + 64).indexOf(Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0));
        if (count >= 0) bytes.writeUInt8(230, at + count);
      }
      await writeFile(dataFile(), bytes);
      const opened = LmdbJobStore.open(path());
      expect(refusal(() => opened.load())).toMatchObject({
        code: 'STORE_DAMAGED',
        message: expect.stringContaining(`of 230 records of ${table}, 200 can be found`),
      });
      await opened.close();
    },
  );

  it('a path that is a file, or leads through one', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(refusal(() => LmdbJobStore.open(file))).toMatchObject({ code: 'STORE_UNUSABLE' });
    expect(refusal(() => LmdbJobStore.open(join(file, 'x')))).toMatchObject({ code: 'STORE_UNUSABLE' });
  });

  it('a directory that cannot be written to, root or not', () => {
    // Not even root makes a file there.
    expect(refusal(() => LmdbJobStore.open('/proc/self'))).toMatchObject({ code: 'STORE_UNUSABLE' });
  });
});
