// Jobs, tombstones and short texts as bytes. A record is one byte that tells its form, a CRC-32 of what follows (big-endian), and its
// content. Of a tombstone that is JSON, of a text the text, in UTF-8; of a job two lengths (big-endian), JSON, the names of its ads' attributes as
// JSON, and the ads as they are kept in memory: they are checked by the sum, and not looked into before somebody asks.
// Reading a record gives back exactly what was written, and values are those that were frozen at registration: nothing is
// evaluated anew. A record of another form, or one that was damaged, is an error and never skipped.

import { crc32 } from 'node:zlib';
import { formatIp, type IpAddress, type MacAddress, parseIp } from '../../../protocols/packet/address.ts';
import type { Enforcement } from '../admission.ts';
import { FrozenAds } from '../frozen-ads.ts';
import { type Registration, registrationKey } from '../job.ts';
import { nameListOf } from '../name-list.ts';
import { sharedText } from '../own-text.ts';
import type { EndedJob, StoredJob } from './job-store.ts';

/** The form written by this version; each change of the interfaces below, or of `FrozenAds.bytes`, makes another. */
export const RECORD_FORM = 2;
const HEADER_BYTES = 5;
/** How long a job's JSON is, and the names of its attributes. */
const LENGTHS_BYTES = 8;

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

/** Copies bytes to where they last. */
export type Keep = (bytes: Uint8Array) => Buffer;

interface EndedRecord {
  readonly key: string;
  readonly addresses: readonly string[];
  readonly switches: readonly string[] | 'all';
}

export function encodeJob({ job, enforcement, leaseMs, leaseEndsAt, location, peer }: StoredJob): Buffer {
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
  const parts = [Buffer.from(JSON.stringify(record)), ads.names.bytes] as const;
  const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
  lengths.writeUInt32BE(parts[0].length, 0);
  lengths.writeUInt32BE(parts[1].length, 4);
  return seal([lengths, ...parts, ads.bytes]);
}

/** The ads are kept in memory that `keep` gives: the record's own bytes may be LMDB's, and are more than what is kept. */
export function decodeJob(sequence: number, bytes: Uint8Array, keep: Keep = Buffer.from): StoredJob {
  const { record, ads } = readJob(unseal(bytes), keep);
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

export function encodeText(text: string): Buffer {
  return seal([Buffer.from(text)]);
}

export function decodeText(bytes: Uint8Array): string {
  return unseal(bytes).toString('utf8');
}

function readJob(content: Buffer, keep: Keep): { readonly record: JobRecord; readonly ads: FrozenAds } {
  const namesAt = LENGTHS_BYTES + (content.length < LENGTHS_BYTES ? 0 : content.readUInt32BE(0));
  const adsAt = namesAt + (content.length < LENGTHS_BYTES ? 0 : content.readUInt32BE(4));
  if (content.length < adsAt) throw new RecordError(`it has ${content.length} bytes, and should have ${adsAt} or more`);
  const record = JSON.parse(content.toString('utf8', LENGTHS_BYTES, namesAt)) as JobRecord;
  return { record, ads: new FrozenAds(nameListOf(content.subarray(namesAt, adsAt)), keep(content.subarray(adsAt))) };
}

function seal(content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.allocUnsafe(HEADER_BYTES), ...content]);
  bytes.writeUInt8(RECORD_FORM, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES)), 1);
  return bytes;
}

/** The content of a sound record of this form. */
function unseal(bytes: Uint8Array): Buffer {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.length < HEADER_BYTES) throw new RecordError(`it has ${record.length} bytes, too few for any record`);
  const form = record.readUInt8(0);
  if (form > RECORD_FORM)
    throw new RecordError(`it has form ${form}, and this version reads form ${RECORD_FORM}`, true);
  const content = record.subarray(HEADER_BYTES);
  if (form !== RECORD_FORM) throw new RecordError(`it has form ${form}, and this version reads form ${RECORD_FORM}`);
  if (record.readUInt32BE(1) !== crc32(content)) throw new RecordError('its checksum is not that of its content');
  return content;
}

function readAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new RecordError(`${JSON.stringify(text)} is no address`);
  return address;
}
