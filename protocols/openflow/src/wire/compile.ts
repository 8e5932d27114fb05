// Turns a layout into a codec. Decoder and encoder are generated once, as straight-line JavaScript with fixed offsets and
// one object literal, because interpreting the layout field by field costs several times a hand-written codec. Only
// declarations of this package reach the generated text, never a byte of input.

import { badLength, badValue, type Fault, truncated } from '../error.ts';
import * as bytesLibrary from './bytes.ts';
import { readU16, writeU16, writeZeros } from './bytes.ts';
import { decoderSource } from './decoder-source.ts';
import { encoderSource } from './encoder-source.ts';
import {
  type Codec,
  type Flat,
  type Head,
  type Layout,
  lengthOffset,
  type Shape,
  type StructOptions,
  sizeOf,
} from './layout.ts';
import { finishLength, listDecoder, listEncoder } from './sequence.ts';

type Decode = (bytes: Uint8Array, at: number, end: number) => unknown;
type Encode = (out: Uint8Array, at: number, value: unknown) => number;

/** A codec for the layout's values. `head` are constant properties that each decoded value starts with. */
export function struct<const L extends Layout, const H extends Head = Record<never, never>>(
  name: string,
  layout: L,
  options: StructOptions = {},
  head?: H,
): Codec<Flat<H & Shape<L>>> {
  const fault = options.fault ?? 'request';
  const least = sizeOf(layout);
  const isFixed = layout.every((field) => !field.isVariable);
  const wrongSize = (at: number, end: number) => sizeFault(name, layout, fault, at, end);
  const decode = generate(name, 'decode', decoderSource(layout, head ?? {}, options), { wrongSize, ...parts(layout) });
  const encode = generate(name, 'encode', encoderSource(layout, options), { structName: name, ...parts(layout) });
  return {
    name,
    least,
    declaration: { kind: 'struct', layout, head: head ?? {}, unit: options.unit ?? 1 },
    extent: extentOf(name, layout, least, isFixed, options),
    decode: decode as Decode as Codec<Flat<H & Shape<L>>>['decode'],
    encode: encode as Encode as Codec<Flat<H & Shape<L>>>['encode'],
  };
}

function extentOf(
  name: string,
  layout: Layout,
  least: number,
  isFixed: boolean,
  { fault = 'request', unit = 1, align = 1 }: StructOptions,
): Codec<unknown>['extent'] {
  const lengthAt = lengthOffset(layout);
  if (lengthAt < 0) {
    return (_bytes, at, end) => {
      if (end - at < least) throw sizeFault(name, layout, fault, at, end);
      return isFixed ? least : end - at;
    };
  }
  return (bytes, at, end) => {
    if (end - at < lengthAt + 2) throw truncated(fault, name, at, end);
    const length = readU16(bytes, at + lengthAt);
    if (isFixed ? length !== least : length < least) {
      const expected = isFixed ? `${least}` : `at least ${least}`;
      throw badLength(fault, name, at, `its length field says ${length}, expected ${expected}`);
    }
    if (length % unit !== 0) throw badLength(fault, name, at, `length ${length} is not a multiple of ${unit}`);
    if (length > end - at)
      throw badLength(fault, name, at, `length ${length} overruns the ${end - at} bytes there are`);
    // Some senders leave out the padding behind the last structure of a message.
    return Math.min(Math.ceil(length / align) * align, end - at);
  };
}

/** Says which field the bytes end in, or that there are too many of them. */
function sizeFault(name: string, layout: Layout, fault: Fault, at: number, end: number): Error {
  let position = at;
  for (const field of layout) {
    position += field.size;
    if (position > end) return truncated(fault, `${name}.${field.name || field.kind}`, position - field.size, end);
  }
  return badLength(fault, name, position, `${end - position} bytes too many`);
}

/** The codecs that a layout refers to, under the names by which the generated code knows them. */
function parts(layout: Layout): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  layout.forEach((field, index) => {
    if (field.codec === undefined) return;
    known[`codec${index}`] = field.codec;
    known[`decodeList${index}`] = listDecoder(field.codec);
    known[`encodeList${index}`] = listEncoder(field.codec);
  });
  return known;
}

/** Evaluates a generated function's source, with the byte library and `scope` in reach. `name` and `what` show in profiles. */
export function generate(name: string, what: string, body: string, scope: Record<string, unknown> = {}): unknown {
  const known = { ...bytesLibrary, badValue, badLength, writeU16, writeZeros, finishLength, ...scope };
  const label = `node-openflow/${what}-${name}.js`;
  const source = `'use strict';\nreturn ${body}\n//# sourceURL=${label}`;
  return new Function(...Object.keys(known), source)(...Object.values(known));
}
