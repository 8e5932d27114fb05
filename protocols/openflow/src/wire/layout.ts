// The language in which every structure is declared: a layout is a list of fields, in wire order. From it follow the
// TypeScript type (`Shape`), the decoder and the encoder (compile.ts), and the test's generator of random values.
// Pads, constants and lengths are part of the layout but not of the value: they are checked or computed.

import type { Fault } from '../error.ts';

/** How one kind of value is read and written. `end` is where the enclosing structure ends; nothing reads beyond it. */
export interface Codec<Value> {
  readonly name: string;
  /** Least number of bytes. */
  readonly least: number;
  /** Bytes that the value at `at` takes: at least 1 and at most `end - at`, else an OpenflowError. */
  extent(bytes: Uint8Array, at: number, end: number): number;
  /** Decodes the value that fills `at` to `end`. */
  decode(bytes: Uint8Array, at: number, end: number): Value;
  /** Writes the value at `at`; returns the position behind it. */
  encode(out: Uint8Array, at: number, value: Value): number;
  /** What it was made from, for tools that walk the declarations. */
  readonly declaration: Declaration;
}

/** What tools (the tests' generators) can know of a codec. */
export type Declaration =
  | { readonly kind: 'struct'; readonly layout: Layout; readonly head: Head; readonly unit: number }
  | { readonly kind: 'choice'; readonly cases: Readonly<Record<string, Codec<unknown>>> }
  | { readonly kind: 'own' };

/** Constant properties that a struct's value starts with, such as `{ type: 'output' }`. */
export type Head = Readonly<Record<string, string | number>>;

declare const valueType: unique symbol;

/** One field of a layout. `Name` is '' for what has no place in the value. */
export interface Field<Name extends string = string, Value = unknown> {
  readonly kind:
    | 'uint'
    | 'u64'
    | 'uints'
    | 'text'
    | 'pad'
    | 'constant'
    | 'length'
    | 'lengthOf'
    | 'tagOf'
    | 'part'
    | 'list'
    | 'rest';
  readonly name: Name;
  /** Bytes on the wire; the least number of them where `isVariable`. */
  readonly size: number;
  readonly isVariable: boolean;
  /** The constant's value, the number of integers, or for lengthOf/tagOf nothing. */
  readonly number: number;
  /** For lengthOf and tagOf: the field that it speaks of. */
  readonly target: string;
  readonly codec?: Codec<unknown>;
  readonly [valueType]?: Value;
}

export type Layout = readonly Field[];

/** The type of the values of a layout. */
export type Shape<L extends Layout> = {
  readonly [F in L[number] as F['name'] extends '' ? never : F['name']]: F extends Field<string, infer Value>
    ? Value
    : never;
};

export type ValueOf<C> = C extends Codec<infer Value> ? Value : never;

/**
 * The same union under the name of the alias that it is given: declaration files then refer to it by that name, and do
 * not write it out wherever it is part of something.
 */
export type Named<Union> = Union extends unknown ? Union : never;

/** Flattens an intersection, so that errors and editors show the fields. */
export type Flat<T> = { readonly [K in keyof T]: T[K] };

interface Extra {
  readonly isVariable?: boolean;
  readonly number?: number;
  readonly target?: string;
  readonly codec?: Codec<unknown>;
}

function field<Name extends string, Value>(
  kind: Field['kind'],
  name: Name,
  size: number,
  extra: Extra = {},
): Field<Name, Value> {
  return { kind, name, size, isVariable: false, number: 0, target: '', ...extra };
}

export const u8 = <N extends string>(name: N): Field<N, number> => field('uint', name, 1);
export const u16 = <N extends string>(name: N): Field<N, number> => field('uint', name, 2);
export const u32 = <N extends string>(name: N): Field<N, number> => field('uint', name, 4);
/** A MAC address: a 48-bit number. */
export const mac = <N extends string>(name: N): Field<N, number> => field('uint', name, 6);
export const u64 = <N extends string>(name: N): Field<N, bigint> => field('u64', name, 8);
/** `count` 32-bit integers. */
export const u32s = <N extends string>(name: N, count: number): Field<N, readonly number[]> =>
  field('uints', name, 4 * count, { number: count });
/** NUL-filled text of a fixed width. */
export const text = <N extends string>(name: N, width: number): Field<N, string> => field('text', name, width);
/** Bytes that are ignored when read and zero when written. */
export const pad = (size: number): Field<'', never> => field('pad', '', size);
/** A number that tells one structure from another: already looked at when the structure is decoded. */
export const constant = (size: 1 | 2 | 4, number: number): Field<'', never> => field('constant', '', size, { number });
/** The structure's own length in bytes, 16 bits. */
export const length = (): Field<'', never> => field('length', '', 2);
/** The length in bytes of a later list, 16 bits. */
export const lengthOf = (target: string): Field<'', never> => field('lengthOf', '', 2, { target });
/** A 16-bit tag that the codec of a later part reads and writes itself, because other fields stand in between. */
export const tagOf = (target: string): Field<'', never> => field('tagOf', '', 2, { target });
/** A value of a codec of its own. */
export const part = <N extends string, V>(name: N, codec: Codec<V>, isVariable = true): Field<N, V> =>
  field('part', name, codec.least, { codec, isVariable });
/** A structure of a fixed size. */
export const fixed = <N extends string, V>(name: N, codec: Codec<V>): Field<N, V> => part(name, codec, false);
/** Values of one codec, up to the end of the structure or for as many bytes as `lengthOf` says. */
export const list = <N extends string, V>(name: N, codec: Codec<V>): Field<N, readonly V[]> =>
  field('list', name, 0, { codec, isVariable: true });
/** All bytes up to the end of the structure, as a view. */
export const rest = <N extends string>(name: N): Field<N, Uint8Array> => field('rest', name, 0, { isVariable: true });

export interface StructOptions {
  /** Which OpenFlow error answers a fault in it. */
  readonly fault?: Fault;
  /** Its length must be a multiple of this. */
  readonly unit?: number;
  /** Its length field leaves out the padding that follows up to a multiple of this. */
  readonly align?: number;
}

/** Least number of bytes of a layout's values. */
export function sizeOf(layout: Layout): number {
  return layout.reduce((sum, field) => sum + field.size, 0);
}

/** Where the layout's own length field stands, or -1. It always stands before anything of variable size. */
export function lengthOffset(layout: Layout): number {
  const index = layout.findIndex((field) => field.kind === 'length');
  return index < 0 ? -1 : sizeOf(layout.slice(0, index));
}
