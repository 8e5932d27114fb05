// Table features (OF1.3.5 §7.3.5.5.2): what each table can match, do and set, as lists of bare headers.

import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import { struct } from '../wire/compile.ts';
import {
  type Codec,
  constant,
  type Layout,
  length,
  list,
  type Named,
  pad,
  rest,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from '../wire/layout.ts';
import { oxmIdCodec } from './oxm-id.ts';

/** The header of an instruction or action without its body. `data` has an experimenter's four bytes. */
const featureId = struct('featureId', [u16('id'), length(), rest('data')], { fault: 'tableFeatures' });
const tableNumber = struct('tableId', [u8('tableId')]);

function property<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length()], body };
}

const ids = list('ids', featureId);
const tables = list('tables', tableNumber);
const fields = list('fields', oxmIdCodec);

const declared = choice(
  {
    name: 'tableFeatureProperty',
    key: 'type',
    fault: 'tableFeatures',
    align: 8,
    least: 4,
    numberAt: readU16,
    fallback: 'unknown',
  },
  {
    instructions: property(0, ids),
    instructionsMiss: property(1, ids),
    nextTables: property(2, tables),
    nextTablesMiss: property(3, tables),
    writeActions: property(4, ids),
    writeActionsMiss: property(5, ids),
    applyActions: property(6, ids),
    applyActionsMiss: property(7, ids),
    match: property(8, fields),
    wildcards: property(10, fields),
    writeSetField: property(12, fields),
    writeSetFieldMiss: property(13, fields),
    applySetField: property(14, fields),
    applySetFieldMiss: property(15, fields),
    experimenter: property(0xfffe, u32('experimenter'), u32('expType'), rest('data')),
    experimenterMiss: property(0xffff, u32('experimenter'), u32('expType'), rest('data')),
    unknown: { number: -1, head: [], body: [u16('propertyType'), length(), rest('data')] },
  },
);

export type Of13TableFeatureProperty = Named<ValueOf<typeof declared>>;
export const tableFeatureProperty13: Codec<Of13TableFeatureProperty> = declared;

export const tableFeatures13 = struct(
  'tableFeatures',
  [
    length(),
    u8('tableId'),
    pad(5),
    text('name', 32),
    u64('metadataMatch'),
    u64('metadataWrite'),
    u32('config'),
    u32('maxEntries'),
    list('properties', tableFeatureProperty13),
  ],
  { fault: 'tableFeatures', unit: 8 },
);
export type Of13TableFeatures = ValueOf<typeof tableFeatures13>;
