import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../../policies/policy.ts';
import { registrationKey } from '../job.ts';
import { nameListFor } from '../name-list.ts';
import { address, sampleJob } from '../testing/sample-job.ts';
import type { EndedJob, StoredJob } from './job-store.ts';
import { decodeEnded, decodeJob, encodeEnded, encodeJob, OLDEST_FORM, RECORD_FORM, RecordError } from './records.ts';

const text = fc.string({ unit: 'binary' });
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(undefined),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '\ud800', 'NaN'),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const addresses = fc.subarray(['10.1.0.1', '255.255.255.254', '2001:db8::1', 'ffff:ffff::']).map((a) => a.map(address));

const stored: fc.Arbitrary<StoredJob> = fc
  .record({
    job: fc.record({
      registration: fc.record({ globalJobId: text, start: text, machine: text, slot: text }),
      user: text,
      accountingGroup: optional(text),
      addresses,
      mac: optional(
        fc.nat(0xffffffff).map((low) => sampleJob({ mac: '02:00:00:00:00:01' }).mac! + low),
      ) as fc.Arbitrary<StoredJob['job']['mac']>,
      externalInterface: optional(text),
      attributes: fc.array(fc.tuple(text, value)).map((entries) => new Map(entries)),
      ads: fc.record({ job: text, machine: text }),
    }),
    enforcement: fc.constantFrom('port', 'by-address', 'unenforced', 'waiting'),
    lease: optional(fc.tuple(fc.nat(), fc.nat())),
    location: optional(
      fc.record({ dpid: fc.bigInt(0n, 2n ** 64n - 1n), portNo: fc.nat(0xffffffff), portName: optional(text) }),
    ),
    peer: optional(text),
    sequence: fc.nat(),
  })
  .map(({ lease, job, ...rest }) => ({
    ...rest,
    job: { ...job, key: registrationKey(job.registration) },
    leaseMs: lease?.[0],
    leaseEndsAt: lease?.[1],
  }));

const ended: fc.Arbitrary<EndedJob> = fc.record({
  sequence: fc.nat(),
  key: text,
  addresses,
  switches: fc.oneof(fc.constant('all' as const), fc.array(text)),
});

/** One list at a time, by a number of four bytes. */
let names = nameListFor([]);
const NUMBER = 0x89abcdef;
const write = (job: StoredJob) =>
  encodeJob(job, (list) => {
    names = list;
    return NUMBER;
  });
const reading = {
  listOf: (number: number) => {
    expect(number).toBe(NUMBER);
    return names;
  },
};

/** As form 2 had it: the names in the record, and a sum that knows nothing of the form. */
function inForm2(bytes: Buffer): Buffer {
  const jsonLength = bytes.readUInt32BE(9);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(jsonLength, 0);
  header.writeUInt32BE(names.bytes.length, 4);
  const json = bytes.subarray(13, 13 + jsonLength);
  const content = Buffer.concat([header, json, names.bytes, bytes.subarray(13 + jsonLength)]);
  const start = Buffer.from([2, 0, 0, 0, 0]);
  start.writeUInt32BE(crc32(content), 1);
  return Buffer.concat([start, content]);
}

/** With the ads and attributes of a record that was read as those of one that was made. */
function plain({ job, ...rest }: StoredJob): StoredJob {
  const { attributes, ads } = job;
  return { ...rest, job: { ...job, attributes: new Map(attributes), ads: { job: ads.job, machine: ads.machine } } };
}

describe('a record', () => {
  it('gives back the job that was written, to the last value', () => {
    fc.assert(
      fc.property(stored, (job) => {
        expect(plain(decodeJob(job.sequence, write(job), reading))).toEqual(job);
      }),
    );
  });

  it('that was written in the form before gives back its job', () => {
    fc.assert(
      fc.property(stored, (job) => {
        const former = inForm2(write(job));
        const listOf = () => expect.fail('its names are in the record');
        expect(plain(decodeJob(job.sequence, former, { listOf }))).toEqual(job);
      }),
    );
  });

  it('gives back the former job that was written', () => {
    fc.assert(
      fc.property(ended, (job) => {
        expect(decodeEnded(job.sequence, encodeEnded(job))).toEqual(job);
      }),
    );
  });

  it('that was damaged in any bit, or cut, is an error', () => {
    fc.assert(
      fc.property(stored, fc.nat(), fc.integer({ min: 0, max: 7 }), (job, at, bit) => {
        const bytes = write(job);
        const damaged = Buffer.from(bytes);
        damaged[at % bytes.length]! ^= 1 << bit;
        expect(() => decodeJob(1, damaged, reading)).toThrow(RecordError);
        expect(() => decodeJob(1, bytes.subarray(0, at % bytes.length), reading)).toThrow(RecordError);
      }),
    );
  });

  it('whose form alone was damaged is not taken for one of the form before', () => {
    fc.assert(
      fc.property(stored, (job) => {
        const damaged = write(job);
        damaged[0] = OLDEST_FORM;
        expect(() => decodeJob(1, damaged, reading)).toThrow(/checksum/);
      }),
    );
  });

  it('of a later form is called so', () => {
    const bytes = encodeEnded({ sequence: 1, key: 'k', addresses: [], switches: 'all' });
    bytes[0] = RECORD_FORM + 1;
    expect(() => decodeEnded(1, bytes)).toThrow(expect.objectContaining({ isNewer: true }));
  });

  it('of an earlier form is refused by name, and is not called newer', () => {
    const bytes = encodeEnded({ sequence: 1, key: 'k', addresses: [], switches: 'all' });
    bytes[0] = OLDEST_FORM - 1;
    expect(() => decodeEnded(1, bytes)).toThrow(
      expect.objectContaining({ isNewer: false, message: expect.stringContaining(`form ${OLDEST_FORM - 1}`) }),
    );
  });
});
