// Jobs and tombstones as bytes. A record is one byte that tells its form, a CRC-32 of what follows (big-endian), and
// JSON in UTF-8. Reading one gives back exactly what was written: values are those that were frozen at registration, so
// nothing is evaluated anew. A record of a later form, or one that was damaged, is an error and never skipped.

import { crc32 } from 'node:zlib';
import type { AttributeValue } from '../../../policies/policy.ts';
import { formatIp, type IpAddress, type MacAddress, parseIp } from '../../../protocols/packet/address.ts';
import type { Enforcement } from '../admission.ts';
import type { Registration } from '../job.ts';
import type { EndedJob, StoredJob } from './job-store.ts';

/** The form written by this version; each change of the interfaces below makes another. */
export const RECORD_FORM = 1;
const HEADER_BYTES = 5;

/** Says what is wrong with a record; which store it is of and what to do is for the caller to add. */
export class RecordError extends Error {
  readonly isNewer: boolean;
  constructor(message: string, isNewer = false) {
    super(message);
    this.name = 'RecordError';
    this.isNewer = isNewer;
  }
}

interface JobRecord {
  readonly registration: Registration;
  readonly user: string;
  readonly group: string | null;
  readonly addresses: readonly string[];
  readonly mac: number | null;
  readonly interface: string | null;
  /** The attributes' names as JSON of their own: the jobs of a pool have few different lists, and each is read once. */
  readonly names: string;
  readonly values: readonly PlainValue[];
  readonly jobAd: string;
  readonly machineAd: string;
  readonly enforcement: Enforcement;
  readonly lease: { readonly ms: number; readonly endsAt: number } | null;
  readonly location: { readonly dpid: string; readonly portNo: number; readonly portName: string | null } | null;
  readonly peer: string | null;
}

interface EndedRecord {
  readonly key: string;
  readonly addresses: readonly string[];
  readonly switches: readonly string[] | 'all';
}

/** JSON has no bigints, no -0, no infinities: `{ i: "9007199254740993" }` is an integer, `{ r: "-Infinity" }` a real; null is undefined. */
type PlainValue = string | number | boolean | null | { readonly i: string } | { readonly r: string };

export function encodeJob({ job, enforcement, leaseMs, leaseEndsAt, location, peer }: StoredJob): Buffer {
  const record: JobRecord = {
    registration: job.registration,
    user: job.user,
    group: job.accountingGroup ?? null,
    addresses: job.addresses.map(formatIp),
    mac: job.mac ?? null,
    interface: job.externalInterface ?? null,
    names: JSON.stringify([...job.attributes.keys()]),
    values: Array.from(job.attributes.values(), toPlainValue),
    jobAd: job.jobAdText,
    machineAd: job.machineAdText,
    enforcement,
    lease: leaseMs === undefined || leaseEndsAt === undefined ? null : { ms: leaseMs, endsAt: leaseEndsAt },
    location:
      location === undefined
        ? null
        : { dpid: location.dpid.toString(16), portNo: location.portNo, portName: location.portName ?? null },
    peer: peer ?? null,
  };
  return seal(record);
}

export function decodeJob(sequence: number, bytes: Uint8Array): StoredJob {
  const record = unseal(bytes) as JobRecord;
  return {
    sequence,
    job: {
      registration: record.registration,
      user: record.user,
      accountingGroup: record.group ?? undefined,
      addresses: record.addresses.map(readAddress),
      mac: (record.mac ?? undefined) as MacAddress | undefined,
      externalInterface: record.interface ?? undefined,
      attributes: readAttributes(record),
      jobAdText: record.jobAd,
      machineAdText: record.machineAd,
    },
    enforcement: record.enforcement,
    leaseMs: record.lease?.ms,
    leaseEndsAt: record.lease?.endsAt,
    location:
      record.location === null
        ? undefined
        : {
            dpid: BigInt(`0x${record.location.dpid}`),
            portNo: record.location.portNo,
            portName: record.location.portName ?? undefined,
          },
    peer: record.peer ?? undefined,
  };
}

export function encodeEnded({ key, addresses, switches }: EndedJob): Buffer {
  const record: EndedRecord = { key, addresses: addresses.map(formatIp), switches };
  return seal(record);
}

export function decodeEnded(sequence: number, bytes: Uint8Array): EndedJob {
  const { key, addresses, switches } = unseal(bytes) as EndedRecord;
  return { sequence, key, addresses: addresses.map(readAddress), switches };
}

function seal(record: object): Buffer {
  const text = JSON.stringify(record);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text));
  bytes.write(text, HEADER_BYTES);
  bytes.writeUInt8(RECORD_FORM, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES)), 1);
  return bytes;
}

function unseal(bytes: Uint8Array): unknown {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.length < HEADER_BYTES) throw new RecordError(`it has ${record.length} bytes, too few for any record`);
  const form = record.readUInt8(0);
  if (form > RECORD_FORM)
    throw new RecordError(`it has form ${form}, and this version reads up to ${RECORD_FORM}`, true);
  const text = record.subarray(HEADER_BYTES);
  if (form !== RECORD_FORM || record.readUInt32BE(1) !== crc32(text)) {
    throw new RecordError('its checksum is not that of its content');
  }
  return JSON.parse(text.toString('utf8'));
}

/** Lists of names by their JSON, so that jobs share them. */
const nameLists = new Map<string, readonly string[]>();
const MOST_NAME_LISTS = 256;

function readAttributes({ names, values }: Pick<JobRecord, 'names' | 'values'>): Map<string, AttributeValue> {
  let list = nameLists.get(names);
  if (list === undefined) {
    list = JSON.parse(names) as readonly string[];
    if (nameLists.size >= MOST_NAME_LISTS) nameLists.clear();
    nameLists.set(names, list);
  }
  const attributes = new Map<string, AttributeValue>();
  for (const [i, name] of list.entries()) attributes.set(name, fromPlainValue(values[i] ?? null));
  return attributes;
}

function readAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new RecordError(`${JSON.stringify(text)} is no address`);
  return address;
}

function toPlainValue(value: AttributeValue): PlainValue {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return { i: value.toString() };
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return { r: '-0' };
  return Number.isFinite(value) ? value : { r: String(value) };
}

function fromPlainValue(value: PlainValue): AttributeValue {
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  return 'i' in value ? BigInt(value.i) : Number(value.r);
}
