// Random messages for property tests, made from the same declarations as the codecs: whatever the types allow can come.
// Only what has a codec of its own (matches, OXM fields, HELLO's elements) needs a generator of its own here.

import fc from 'fast-check';
import type { Hello } from '../src/hello.ts';
import type { Message } from '../src/message.ts';
import { checkedMatch10, type Match10, match10 } from '../src/of10/match.ts';
import { table10 } from '../src/of10/messages.ts';
import { checkedMatch13, match13 } from '../src/of13/match.ts';
import { table13 } from '../src/of13/messages.ts';
import { type OxmField, oxmCodec } from '../src/of13/oxm.ts';
import { type OxmName, oxmFields } from '../src/of13/oxm-fields.ts';
import { bitRange, oxmIdCodec, shortOxmId } from '../src/of13/oxm-id.ts';
import { setFieldBody } from '../src/of13/set-field.ts';
import type { Codec, Field } from '../src/wire/layout.ts';

type Any = fc.Arbitrary<unknown>;

const uint = (bytes: number) => fc.integer({ min: 0, max: 2 ** (8 * bytes) - 1 });
const bits = (count: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(count)) - 1n });
const someBytes = (maxLength = 24) => fc.uint8Array({ maxLength });
/** Numbers that no table of variants has. */
const unknownNumber = fc.integer({ min: 0x7000, max: 0x7fff });
const unknownNames = new Set(['actionType', 'instructionType', 'propertyType', 'bandType', 'elementType']);

const ipv4Block = fc.record({ address: uint(4), prefixLength: fc.integer({ min: 1, max: 32 }) });
const linkFields = { inPort: uint(2), dlSrc: uint(6), dlDst: uint(6), dlVlan: uint(2), dlVlanPcp: uint(1) };
const networkFields = { nwSrc: ipv4Block, nwDst: ipv4Block };

const anyMatch10: fc.Arbitrary<Match10> = fc.record(
  {
    ...linkFields,
    ...networkFields,
    dlType: uint(2),
    nwTos: uint(1),
    nwProto: uint(1),
    tpSrc: uint(2),
    tpDst: uint(2),
  },
  { requiredKeys: [] },
);

/** Matches with their prerequisites. */
export const soundMatch10: fc.Arbitrary<Match10> = fc.oneof(
  fc.record({ ...linkFields, dlType: uint(2) }, { requiredKeys: [] }),
  fc.record(
    { ...linkFields, ...networkFields, dlType: fc.constant(0x0806), nwProto: uint(1) },
    { requiredKeys: ['dlType'] },
  ),
  fc.record(
    { ...linkFields, ...networkFields, dlType: fc.constant(0x0800), nwTos: uint(1), nwProto: uint(1) },
    { requiredKeys: ['dlType'] },
  ),
  fc.record(
    {
      ...linkFields,
      ...networkFields,
      dlType: fc.constant(0x0800),
      nwTos: uint(1),
      nwProto: fc.constantFrom(1, 6, 17),
      tpSrc: uint(2),
      tpDst: uint(2),
    },
    { requiredKeys: ['dlType', 'nwProto'] },
  ),
);

/** A value for a field, masked at will where the field allows it. */
function oxmOf(field: OxmName, withMask = true): fc.Arbitrary<OxmField> {
  const { width, bits: count, isMaskable } = oxmFields[field];
  const narrow = (value: bigint) => (width > 6 ? value : Number(value));
  const plain = bits(count).map((value) => ({ field, value: narrow(value) }));
  if (!isMaskable || !withMask) return plain as fc.Arbitrary<OxmField>;
  const masked = fc
    .tuple(bits(count), bits(count))
    .map(([value, mask]) => ({ field, value: narrow(value & mask), mask: narrow(mask) }));
  return fc.oneof(plain, masked) as fc.Arbitrary<OxmField>;
}

const names = Object.keys(oxmFields) as OxmName[];
const unknownOxm: fc.Arbitrary<OxmField> = fc.record({
  field: fc.constant('unknown' as const),
  oxmClass: fc.constantFrom(0x0002, 0x8000, 0x9000),
  oxmField: fc.integer({ min: 100, max: 127 }),
  hasMask: fc.boolean(),
  bytes: someBytes(),
});
const anyOxm = fc.oneof(
  fc.constantFrom(...names).chain((name) => oxmOf(name)),
  unknownOxm,
);
const anyMatch13 = fc.array(anyOxm, { maxLength: 6 });

const fixedOxm = (field: OxmName, value: number) => fc.constant({ field, value } as OxmField);
/** Each list: what must be there, then what may. */
const families: readonly (readonly [readonly (readonly [OxmName, number])[], readonly OxmName[]])[] = [
  [
    [],
    [
      'inPort',
      'metadata',
      'ethDst',
      'ethSrc',
      'tunnelId',
      'reg0',
      'reg7',
      'xreg2',
      'xxreg3',
      'ctState',
      'ctMark',
      'ctZone',
    ],
  ],
  [[['ethType', 0x0806]], ['arpOp', 'arpSpa', 'arpTpa', 'arpSha', 'arpTha']],
  [[['ethType', 0x0800]], ['inPort', 'ipDscp', 'ipEcn', 'ipProto', 'ipv4Src', 'ipv4Dst']],
  [
    [
      ['ethType', 0x0800],
      ['ipProto', 6],
    ],
    ['ipv4Src', 'ipv4Dst', 'tcpSrc', 'tcpDst', 'tcpFlags'],
  ],
  [
    [
      ['ethType', 0x86dd],
      ['ipProto', 17],
    ],
    ['ipv6Src', 'ipv6Dst', 'ipv6Flabel', 'udpSrc', 'udpDst'],
  ],
  [
    [
      ['ethType', 0x0800],
      ['ipProto', 132],
    ],
    ['sctpSrc', 'sctpDst'],
  ],
  [
    [
      ['ethType', 0x0800],
      ['ipProto', 1],
    ],
    ['icmpv4Type', 'icmpv4Code'],
  ],
  [
    [
      ['ethType', 0x86dd],
      ['ipProto', 58],
    ],
    ['ipv6Src', 'icmpv6Type', 'icmpv6Code'],
  ],
  [
    [
      ['ethType', 0x86dd],
      ['ipProto', 58],
      ['icmpv6Type', 135],
    ],
    ['ipv6NdTarget', 'ipv6NdSll'],
  ],
  [
    [
      ['ethType', 0x86dd],
      ['ipProto', 58],
      ['icmpv6Type', 136],
    ],
    ['ipv6NdTarget', 'ipv6NdTll'],
  ],
  [[['ethType', 0x8847]], ['mplsLabel', 'mplsTc', 'mplsBos']],
  [[['vlanVid', 0x1005]], ['vlanPcp', 'ethSrc']],
  [[['ethType', 0x88e7]], ['pbbIsid']],
  [[['ethType', 0x86dd]], ['ipv6Exthdr', 'inPort']],
];

/** Matches with their prerequisites, in order, without duplicates. */
export const soundMatch13: fc.Arbitrary<readonly OxmField[]> = fc
  .constantFrom(...families)
  .chain(([required, optional]) =>
    fc
      .subarray([...optional])
      .chain((chosen) =>
        fc.tuple(...required.map(([name, value]) => fixedOxm(name, value)), ...chosen.map((name) => oxmOf(name))),
      ),
  );

const elements = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('versionBitmap' as const), bitmaps: fc.array(uint(4), { maxLength: 4 }) }),
    fc.record({ type: fc.constant('unknown' as const), elementType: unknownNumber, data: someBytes() }),
  ),
  { maxLength: 3 },
);

const anyOxmId = fc.record({ field: fc.constantFrom(...names), hasMask: fc.boolean() });
const shortNames = names.filter((name) => oxmFields[name].oxmClass !== 0xffff);
const ownGenerators = new Map<string, Any>([
  ['elements', elements],
  ['oxm', anyOxm],
  ['oxmId', anyOxmId],
  ['field', fc.constantFrom(...names).chain((name) => oxmOf(name, false))],
  ['bitRange', fc.record({ offset: fc.integer({ min: 0, max: 1023 }), bits: fc.integer({ min: 1, max: 64 }) })],
]);
const byCodec = new Map<unknown, Any>([
  [match10, anyMatch10],
  [checkedMatch10, soundMatch10],
  [match13, anyMatch13],
  [checkedMatch13, soundMatch13],
  [oxmCodec, anyOxm],
  [oxmIdCodec, anyOxmId],
  [shortOxmId, fc.record({ field: fc.constantFrom(...shortNames), hasMask: fc.boolean() })],
  [setFieldBody, ownGenerators.get('field')!],
  [bitRange, ownGenerators.get('bitRange')!],
]);
const made = new Map<Codec<unknown>, Any>();

/** An arbitrary for the values of any codec of this package. */
export function valuesOf(codec: Codec<unknown>): Any {
  let arbitrary = byCodec.get(codec) ?? made.get(codec);
  if (arbitrary === undefined) {
    arbitrary = make(codec);
    made.set(codec, arbitrary);
  }
  return arbitrary;
}

function make(codec: Codec<unknown>): Any {
  const { declaration } = codec;
  if (declaration.kind === 'choice') return fc.oneof(...Object.values(declaration.cases).map(valuesOf));
  if (declaration.kind === 'own') {
    const arbitrary = ownGenerators.get(codec.name);
    if (arbitrary === undefined) throw new Error(`no generator for ${codec.name}`);
    return arbitrary;
  }
  const { layout, head, unit } = declaration;
  const fields: Record<string, Any> = {};
  for (const [key, value] of Object.entries(head)) fields[key] = fc.constant(value);
  for (const field of layout) if (field.name !== '') fields[field.name] = fieldValues(field, codec.least, unit);
  return fc.record(fields);
}

function fieldValues(field: Field, least: number, unit: number): Any {
  if (unknownNames.has(field.name)) return unknownNumber;
  switch (field.kind) {
    case 'uint':
      return uint(field.size);
    case 'u64':
      return bits(64);
    case 'uints':
      return fc.array(uint(4), { minLength: field.number, maxLength: field.number });
    case 'text':
      return fc
        .string({ unit: fc.constantFrom('a', 'Z', '0', '-', ' ', 'é', '網', '🐦'), maxLength: field.size })
        .filter((value) => Buffer.byteLength(value) <= field.size);
    case 'part':
      return valuesOf(field.codec!);
    case 'list':
      return fc.array(valuesOf(field.codec!), { maxLength: 3 });
    default: {
      const short = (unit - (least % unit)) % unit;
      return fc.integer({ min: 0, max: 3 }).chain((units) => {
        const size = short + units * Math.max(unit, 1);
        return fc.uint8Array({ minLength: size, maxLength: size });
      });
    }
  }
}

const tables = [
  ...Object.entries(table10.byName).map(([name, codec]) => [`1.0 ${name}`, codec] as const),
  ...Object.entries(table13.byName).map(([name, codec]) => [`1.3 ${name}`, codec] as const),
];

const hellos: fc.Arbitrary<Hello> = fc.record({
  version: fc.integer({ min: 1, max: 255 }),
  type: fc.constant('hello' as const),
  xid: uint(4),
  elements,
});

/** For each kind of message: its label and an arbitrary for it. */
export const messageKinds: readonly (readonly [string, fc.Arbitrary<Message>])[] = [
  ['hello', hellos],
  ...tables.map(([label, codec]) => [label, valuesOf(codec as Codec<unknown>) as fc.Arbitrary<Message>] as const),
];

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...messageKinds.map(([, arbitrary]) => arbitrary));
