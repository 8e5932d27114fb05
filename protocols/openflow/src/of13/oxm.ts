// OXM match fields: reading, writing and making them (OF1.3.5 §7.2.3.2). A match is a list of fields in wire order. A
// field of a class or number that is not in the table keeps its bytes.

import { badLength, badValue, OpenflowError, truncated } from '../error.ts';
import * as wire from '../wire/bytes.ts';
import type { Codec } from '../wire/layout.ts';
import {
  type NarrowOxmName,
  OxmClass,
  type OxmDefinition,
  type OxmName,
  oxmFields,
  oxmKey,
  oxmNameOf,
  type WideOxmName,
} from './oxm-fields.ts';

/** A field of at most 48 bits. */
export interface NarrowOxm<Name extends NarrowOxmName = NarrowOxmName> {
  readonly field: Name;
  readonly value: number;
  readonly mask?: number;
}
/** A field of 64 or 128 bits. */
export interface WideOxm<Name extends WideOxmName = WideOxmName> {
  readonly field: Name;
  readonly value: bigint;
  readonly mask?: bigint;
}
export interface UnknownOxm {
  readonly field: 'unknown';
  readonly oxmClass: number;
  readonly oxmField: number;
  readonly hasMask: boolean;
  /** Value, mask, and the experimenter of class 0xffff, as they came. */
  readonly bytes: Uint8Array;
  readonly value?: undefined;
  readonly mask?: undefined;
}
export type OxmField =
  | { [Name in NarrowOxmName]: NarrowOxm<Name> }[NarrowOxmName]
  | { [Name in WideOxmName]: WideOxm<Name> }[WideOxmName]
  | UnknownOxm;
export type Match13 = readonly OxmField[];
export type OxmValue<Name extends OxmName> = Name extends WideOxmName ? bigint : number;
export type OxmOf<Name extends OxmName> = Name extends WideOxmName
  ? WideOxm<Name>
  : Name extends NarrowOxmName
    ? NarrowOxm<Name>
    : never;

/** `oxm('ipv4Src', 0x0a000000, 0xff000000)`. */
export function oxm<Name extends OxmName>(field: Name, value: OxmValue<Name>, mask?: OxmValue<Name>): OxmOf<Name> {
  return (mask === undefined ? { field, value } : { field, value, mask }) as unknown as OxmOf<Name>;
}

/** The first field of that name. */
export function getOxm<Name extends OxmName>(match: Match13, field: Name): OxmOf<Name> | undefined {
  return match.find((candidate) => candidate.field === field) as OxmOf<Name> | undefined;
}

const HEADER = 4;

function decode(bytes: Uint8Array, at: number, end: number): OxmField {
  const oxmClass = wire.readU16(bytes, at);
  const oxmField = bytes[at + 2]! >> 1;
  const hasMask = (bytes[at + 2]! & 1) === 1;
  const isExperimenter = oxmClass === OxmClass.EXPERIMENTER && end - at >= HEADER + 4;
  const name = oxmNameOf(oxmKey(oxmClass, oxmField, isExperimenter ? wire.readU32(bytes, at + HEADER) : -1));
  if (name === undefined) {
    return { field: 'unknown', oxmClass, oxmField, hasMask, bytes: wire.view(bytes, at + HEADER, end) };
  }
  const { width } = oxmFields[name];
  const from = at + HEADER + (isExperimenter ? 4 : 0);
  if (end - from !== (hasMask ? 2 * width : width)) {
    throw badLength('match', name, at, `its length says ${end - at - HEADER} bytes, the value has ${width}`);
  }
  const value = readValue(bytes, from, width);
  const oxm = hasMask ? { field: name, value, mask: readValue(bytes, from + width, width) } : { field: name, value };
  return oxm as OxmField;
}

function readValue(bytes: Uint8Array, at: number, width: number): number | bigint {
  if (width === 4) return wire.readU32(bytes, at);
  if (width === 8) return wire.readU64(bytes, at);
  return width === 16 ? wire.readU128(bytes, at) : wire.readUint(bytes, at, width);
}

function encode(out: Uint8Array, at: number, oxm: OxmField): number {
  if (oxm.field === 'unknown') return encodeUnknown(out, at, oxm);
  const definition: OxmDefinition | undefined = oxmFields[oxm.field];
  if (definition === undefined) {
    throw new OpenflowError('OF_BAD_TYPE', `no match field is called ${oxm.field}`, { offset: at, field: 'field' });
  }
  const { width } = definition;
  const hasMask = oxm.mask !== undefined;
  const from = writeHeader(out, at, definition, hasMask, hasMask ? 2 * width : width);
  writeValue(out, from, definition, oxm.value, oxm.field);
  if (!hasMask) return from + width;
  writeValue(out, from + width, definition, oxm.mask, `${oxm.field} mask`, true);
  return from + 2 * width;
}

function encodeUnknown(out: Uint8Array, at: number, oxm: UnknownOxm): number {
  wire.writeUint16(out, at, oxm.oxmClass, 'oxmClass');
  if ((oxm.oxmField & 0x7f) !== oxm.oxmField) throw badValue('oxmField', at, oxm.oxmField, 'an integer of 7 bits');
  out[at + 2] = oxm.oxmField * 2 + (oxm.hasMask ? 1 : 0);
  wire.writeUint8(out, at + 3, oxm.bytes.length, 'bytes.length');
  return wire.writeBytes(out, at + HEADER, oxm.bytes, 'bytes');
}

/** Writes the header (8 bytes with an experimenter); returns where the value goes. */
export function writeHeader(
  out: Uint8Array,
  at: number,
  { oxmClass, oxmField, experimenter }: OxmDefinition,
  hasMask: boolean,
  length: number,
): number {
  const isExperimenter = oxmClass === OxmClass.EXPERIMENTER;
  wire.writeU16(out, at, oxmClass);
  out[at + 2] = oxmField * 2 + (hasMask ? 1 : 0);
  out[at + 3] = isExperimenter ? length + 4 : length;
  if (!isExperimenter) return at + HEADER;
  wire.writeU32(out, at + HEADER, experimenter);
  return at + HEADER + 4;
}

function writeValue(
  out: Uint8Array,
  at: number,
  { width, bits }: OxmDefinition,
  value: number | bigint,
  field: string,
  isMask = false,
): void {
  if (width === 8) wire.writeU64(out, at, value as bigint, field);
  else if (width === 16) wire.writeU128(out, at, value as bigint, field);
  else {
    wire.writeUint(out, at, width, value as number, field);
    // A mask may be all ones: senders differ in whether they clear the bits that the field does not have.
    if (!isMask && (value as number) >= 2 ** bits) throw badValue(field, at, value, `an integer of ${bits} bits`);
  }
}

export const oxmCodec: Codec<OxmField> = {
  name: 'oxm',
  least: HEADER,
  declaration: { kind: 'own' },
  extent: (bytes, at, end) => {
    if (end - at < HEADER) throw truncated('match', 'oxm', at, end);
    const size = HEADER + bytes[at + 3]!;
    if (size > end - at)
      throw badLength('match', 'oxm', at, `its length overruns the match by ${size - (end - at)} bytes`);
    return size;
  },
  decode,
  encode,
};
