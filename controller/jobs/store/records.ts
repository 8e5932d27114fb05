// Jobs, tombstones and short texts as bytes. A record is one byte that tells its form, a CRC-32 of what follows, begun with the form (big-endian), and its
// content. Of a tombstone that is JSON, of a text and of a list of names the text, in UTF-8; of a job the number of the list of its attributes' names
// and the length of its JSON (both big-endian), that JSON, and the ads as they are kept in memory: they are checked by the sum, and not looked into
// before somebody asks, for which they may stay at rest in the store.
// Reading a record gives back exactly what was written, and values are those that were frozen at registration: nothing is
// evaluated anew. A record of another form, or one that was damaged, is an error and never skipped.

import { crc32 } from 'node:zlib';
import { formatIp, type IpAddress, type MacAddress, parseIp } from '../../../protocols/packet/address.ts';
import type { AddressLease } from '../addresses/address-lease.ts';
import type { Enforcement } from '../admission.ts';
import { type AdsAtRest, FrozenAds } from '../frozen-ads.ts';
import { type Registration, registrationKey } from '../job.ts';
import { type NameList, nameListOf } from '../name-list.ts';
import { sharedText } from '../own-text.ts';
import type { EndedJob, StoredJob } from './job-store.ts';

/** The form written by this version; each change of the interfaces below, or of `FrozenAds.bytes`, makes another. */
export const RECORD_FORM = 3;
/** As form 3, but for the records of jobs: see `readJob2`. */
export const OLDEST_FORM = 2;
const HEADER_BYTES = 5;
/** Of a job: the number of its list of names, and how long its JSON is. */
const JOB_HEADER_BYTES = 8;

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

/** @param numberOf the number by which a list of names is found again, below 2^32. */
export function encodeJob(stored: StoredJob, numberOf: (names: NameList) => number): Buffer {
  const { job, enforcement, leaseMs, leaseEndsAt, location, peer } = stored;
  const record: JobRecord = {
    registration: job.registration,
    user: job.user,
    group: job.accountingGroup ?? null,
    addresses: job.addresses.map(formatIp),
    mac: job.mac ?? null,
    interface: job.externalInterface ?? null,
    enforcement,
    lease: leaseMs === undefined || leaseEndsAt === undefined ? null : { ms: leaseMs, endsAt: leaseEndsAt },
    location:
      location === undefined
        ? null
        : { dpid: location.dpid.toString(16), portNo: location.portNo, portName: location.portName ?? null },
    peer: peer ?? null,
  };
  const ads = job.ads instanceof FrozenAds ? job.ads : FrozenAds.of(job.ads, job.attributes);
  const json = Buffer.from(JSON.stringify(record));
  const header = Buffer.allocUnsafe(JOB_HEADER_BYTES);
  header.writeUInt32BE(numberOf(ads.names), 0);
  header.writeUInt32BE(json.length, 4);
  return seal([header, json, ads.bytes]);
}

export interface JobReading {
  /** The list that `numberOf` gave this number for. */
  readonly listOf: (number: number) => NameList;
  /** Where the ads of the job of this number, these, are read later, so that they need not be kept; without it they are copied. */
  readonly atRest?: (sequence: number, ads: Buffer) => AdsAtRest;
}

export function decodeJob(sequence: number, bytes: Uint8Array, reading: JobReading): StoredJob {
  const content = unseal(bytes);
  const { record, ads } = bytes[0] === OLDEST_FORM ? readJob2(content) : readJob(sequence, content, reading);
  const registration = { ...record.registration, machine: sharedText(record.registration.machine) };
  return {
    sequence,
    job: {
      key: registrationKey(registration),
      registration,
      user: sharedText(record.user),
      accountingGroup: record.group === null ? undefined : sharedText(record.group),
      addresses: record.addresses.map(readAddress),
      mac: (record.mac ?? undefined) as MacAddress | undefined,
      externalInterface: record.interface === null ? undefined : sharedText(record.interface),
      attributes: ads,
      ads,
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
            portName: record.location.portName === null ? undefined : sharedText(record.location.portName),
          },
    peer: record.peer === null ? undefined : sharedText(record.peer),
  };
}

export function encodeEnded({ key, addresses, switches }: EndedJob): Buffer {
  const record: EndedRecord = { key, addresses: addresses.map(formatIp), switches };
  return seal([Buffer.from(JSON.stringify(record))]);
}

export function decodeEnded(sequence: number, bytes: Uint8Array): EndedJob {
  const { key, addresses, switches } = JSON.parse(unseal(bytes).toString('utf8')) as EndedRecord;
  return { sequence, key, addresses: addresses.map(readAddress), switches };
}

interface LeaseRecord {
  readonly registration: Registration;
  readonly addresses: readonly {
    readonly pool: string;
    readonly address: string;
    readonly prefixLength: number;
    readonly gateway: string | null;
  }[];
  readonly endsAt: number;
  readonly peer: string;
}

export function encodeLease({ registration, addresses, endsAt, peer }: AddressLease): Buffer {
  const record: LeaseRecord = {
    registration,
    addresses: addresses.map(({ address, gateway, ...rest }) => ({
      ...rest,
      address: formatIp(address),
      gateway: gateway === undefined ? null : formatIp(gateway),
    })),
    endsAt,
    peer,
  };
  return seal([Buffer.from(JSON.stringify(record))]);
}

export function decodeLease(number: number, bytes: Uint8Array): AddressLease {
  const { registration, addresses, endsAt, peer } = JSON.parse(unseal(bytes).toString('utf8')) as LeaseRecord;
  const leased = addresses.map(({ address, gateway, ...rest }) => ({
    ...rest,
    address: readAddress(address),
    gateway: gateway === null ? undefined : readAddress(gateway),
  }));
  return { number, key: registrationKey(registration), registration, addresses: leased, endsAt, peer };
}

export function encodeText(text: string): Buffer {
  return seal([Buffer.from(text)]);
}

export function decodeText(bytes: Uint8Array): string {
  return unseal(bytes).toString('utf8');
}

/** @param names as `NameList.bytes`. */
export function encodeNames(names: Uint8Array): Buffer {
  return seal([names]);
}

/** `NameList.bytes`, in the record's own memory. */
export function decodeNames(bytes: Uint8Array): Buffer {
  return unseal(bytes);
}

function readJob(sequence: number, content: Buffer, { listOf, atRest }: JobReading) {
  const [number, length] = jobHeader(content);
  const adsAt = JOB_HEADER_BYTES + length;
  const record = jobJson(content, adsAt);
  const ads = content.subarray(adsAt);
  const names = listOf(number);
  return {
    record,
    ads:
      atRest === undefined ? new FrozenAds(names, Buffer.from(ads)) : new FrozenAds(names, ads, atRest(sequence, ads)),
  };
}

/** Form 2 has two lengths, of the JSON and of the list of names, which follows it. */
function readJob2(content: Buffer) {
  const [length, namesLength] = jobHeader(content);
  const namesAt = JOB_HEADER_BYTES + length;
  const adsAt = namesAt + namesLength;
  const record = jobJson(content, namesAt, adsAt);
  const names = nameListOf(content.subarray(namesAt, adsAt));
  return { record, ads: new FrozenAds(names, Buffer.from(content.subarray(adsAt))) };
}

/** The ads in a job's record of this form, in the record's own memory. Throws a RecordError. */
export function adsIn(record: Buffer): Buffer {
  const content = unseal(record);
  const [, length] = jobHeader(content);
  return content.subarray(JOB_HEADER_BYTES + length);
}

function jobHeader(content: Buffer): readonly [number, number] {
  return content.length < JOB_HEADER_BYTES ? [0, 0] : [content.readUInt32BE(0), content.readUInt32BE(4)];
}

/** @param least how many bytes the content must have at least. */
function jobJson(content: Buffer, end: number, least = end): JobRecord {
  if (content.length < least) throw new RecordError(`it has ${content.length} bytes, and should have ${least} or more`);
  return JSON.parse(content.toString('utf8', JOB_HEADER_BYTES, end)) as JobRecord;
}

/** The number of the list to which a job's record refers, which is not checked. */
export function namesNumberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER_BYTES);
}

/** What `decode` makes of a record. Throws a RecordError that says which it is. */
export function readRecord<T>(table: string, key: number, value: Buffer, decode: (key: number, bytes: Buffer) => T): T {
  try {
    return decode(key, value);
  } catch (error) {
    const isNewer = error instanceof RecordError && error.isNewer;
    throw new RecordError(`record ${key} of ${table}: ${error instanceof Error ? error.message : error}`, isNewer);
  }
}

function seal(content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.allocUnsafe(HEADER_BYTES), ...content]);
  bytes.writeUInt8(RECORD_FORM, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES), RECORD_FORM), 1);
  return bytes;
}

/** The content of a sound record of a form that is read. */
function unseal(bytes: Uint8Array): Buffer {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.length < HEADER_BYTES) throw new RecordError(`it has ${record.length} bytes, too few for any record`);
  const form = record.readUInt8(0);
  if (form > RECORD_FORM)
    throw new RecordError(`it has form ${form}, and this version reads form ${RECORD_FORM}`, true);
  const content = record.subarray(HEADER_BYTES);
  if (form < OLDEST_FORM) {
    throw new RecordError(`it has form ${form}, and this version reads forms ${OLDEST_FORM} to ${RECORD_FORM}`);
  }
  // Or one damaged bit would make one form of another.
  const seed = form === OLDEST_FORM ? 0 : form;
  if (record.readUInt32BE(1) !== crc32(content, seed)) throw new RecordError('its checksum is not that of its content');
  return content;
}

function readAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new RecordError(`${JSON.stringify(text)} is no address`);
  return address;
}
