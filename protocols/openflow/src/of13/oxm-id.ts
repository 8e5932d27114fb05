// The header of an OXM field alone, as a name for the field: table features list which fields a table can match and set,
// Nicira's register actions say from where to where.

import { badLength, badValue, truncated } from '../error.ts';
import { readU16, readU32, view, writeBytes, writeUint16 } from '../wire/bytes.ts';
import type { Codec } from '../wire/layout.ts';
import { writeHeader } from './oxm.ts';
import { OxmClass, type OxmName, oxmFields, oxmKey, oxmNameOf } from './oxm-fields.ts';

export interface KnownOxmId {
  readonly field: OxmName;
  /** The header asks for a mask too. */
  readonly hasMask: boolean;
}
export interface UnknownOxmId {
  readonly field: 'unknown';
  /** The 4 bytes of the header, or 8 with an experimenter. */
  readonly bytes: Uint8Array;
  readonly hasMask?: undefined;
}
export type OxmId = KnownOxmId | UnknownOxmId;

export function oxmId(field: OxmName, hasMask = false): KnownOxmId {
  return { field, hasMask };
}

function decode(bytes: Uint8Array, at: number, end: number): OxmId {
  const hasMask = (bytes[at + 2]! & 1) === 1;
  const isExperimenter = end - at === 8;
  const key = oxmKey(readU16(bytes, at), bytes[at + 2]! >> 1, isExperimenter ? readU32(bytes, at + 4) : -1);
  const name = oxmNameOf(key);
  if (name === undefined || bytes[at + 3] !== lengthOf(name, hasMask)) {
    return { field: 'unknown', bytes: view(bytes, at, end) };
  }
  return { field: name, hasMask };
}

function lengthOf(name: OxmName, hasMask: boolean): number {
  const { width, oxmClass } = oxmFields[name];
  return (hasMask ? 2 * width : width) + (oxmClass === OxmClass.EXPERIMENTER ? 4 : 0);
}

export const oxmIdCodec: Codec<OxmId> = {
  name: 'oxmId',
  least: 4,
  declaration: { kind: 'own' },
  extent: (bytes, at, end) => {
    if (end - at < 4) throw truncated('request', 'oxmId', at, end);
    const size = readU16(bytes, at) === OxmClass.EXPERIMENTER ? 8 : 4;
    if (size > end - at) throw badLength('request', 'oxmId', at, 'an experimenter field needs 8 bytes');
    return size;
  },
  decode,
  encode: (out, at, id) => {
    if (id.field === 'unknown') {
      if (id.bytes.length !== 4 && id.bytes.length !== 8) throw badValue('bytes', at, id.bytes.length, '4 or 8 bytes');
      return writeBytes(out, at, id.bytes, 'bytes');
    }
    const definition = oxmFields[id.field];
    if (definition === undefined) throw badValue('field', at, id.field, 'the name of a match field');
    const { width } = definition;
    return writeHeader(out, at, definition, id.hasMask, id.hasMask ? 2 * width : width);
  },
};

/** Only fields whose header has four bytes: what Nicira's 24-byte register actions have room for. */
export const shortOxmId: Codec<OxmId> = {
  ...oxmIdCodec,
  extent: () => 4,
  encode: (out, at, id) => {
    const end = oxmIdCodec.encode(out, at, id);
    if (end - at !== 4) throw badValue('field', at, id.field, 'a field without an experimenter');
    return end;
  },
};

/** A range of bits as Nicira packs it into 16 bits: offset in the upper ten, number of bits less one in the lower six. */
export interface BitRange {
  readonly offset: number;
  /** 1 to 64. */
  readonly bits: number;
}

export const bitRange: Codec<BitRange> = {
  name: 'bitRange',
  least: 2,
  declaration: { kind: 'own' },
  extent: () => 2,
  decode: (bytes, at) => {
    const packed = readU16(bytes, at);
    return { offset: packed >> 6, bits: (packed & 63) + 1 };
  },
  encode: (out, at, range) => {
    const { offset, bits } = range;
    if (!(offset >= 0 && offset < 1024 && bits >= 1 && bits <= 64)) {
      throw badValue('range', at, `${offset}, ${bits}`, 'an offset of 0 to 1023 and 1 to 64 bits');
    }
    writeUint16(out, at, offset * 64 + bits - 1, 'range');
    return at + 2;
  },
};
