// A structure that comes in several forms, told apart by a number on the wire and by a key in the value: actions by
// `type`, statistics by `stats`. What has a number of no known form goes to a form that keeps its bytes.

import { type ErrorAnswer, OpenflowError, truncated } from '../error.ts';
import { struct } from './compile.ts';
import type { Codec, Flat, Head, Layout, Shape, StructOptions } from './layout.ts';

/** One form: its number, the fields that stand before its own (numbers and lengths), and its own. */
export interface Variant<L extends Layout = Layout> {
  readonly number: number;
  readonly head: Layout;
  readonly body: L;
}

export type Variants = Readonly<Record<string, Variant>>;

/** The value types of a table of variants: a union discriminated by `Key`. */
export type Choice<Key extends string, V extends Variants> = {
  [Name in keyof V]: Flat<{ readonly [K in Key]: Name } & Shape<V[Name]['body']>>;
}[keyof V];

export interface ChoiceOptions<Key extends string> extends Pick<StructOptions, 'fault' | 'unit' | 'align'> {
  readonly name: string;
  readonly key: Key;
  /** The number of the form of the structure at `at`. Called only with `least` bytes there. */
  readonly numberAt: (bytes: Uint8Array, at: number, end: number) => number;
  /** How many bytes `numberAt` needs. */
  readonly least: number;
  /** The variant for a number in no variant; without one, such a number is an error. */
  readonly fallback?: string;
  /** How that error is to be answered. */
  readonly unknownAnswer?: ErrorAnswer;
  /** Writes the number where the variant's own head does not. */
  readonly writeNumber?: (out: Uint8Array, at: number, number: number) => void;
}

/** A codec for the union of the variants. */
export function choice<const Key extends string, const V extends Variants>(
  options: ChoiceOptions<Key>,
  variants: V,
): Codec<Choice<Key, V>> {
  const { name, key, fault = 'request', least, numberAt, fallback, writeNumber } = options;
  const answer = options.unknownAnswer ?? { type: 1, code: 1 };
  const cases: Record<string, Codec<unknown>> = Object.create(null);
  const byNumber = new Map<number, Codec<unknown>>();
  for (const [variantName, { number, head, body }] of Object.entries(variants)) {
    const label: Head = { [key]: variantName };
    const codec = struct(`${name}.${variantName}`, [...head, ...body], options, label);
    cases[variantName] = codec;
    if (variantName !== fallback) byNumber.set(number, codec);
  }
  const last = fallback === undefined ? undefined : cases[fallback];
  const find = (bytes: Uint8Array, at: number, end: number): Codec<unknown> => {
    if (end - at < least) throw truncated(fault, name, at, end);
    const number = numberAt(bytes, at, end);
    const found = byNumber.get(number) ?? last;
    if (found === undefined) throw unknownNumber(name, at, number, answer);
    return found;
  };
  return {
    name,
    least,
    declaration: { kind: 'choice', cases },
    extent: (bytes, at, end) => find(bytes, at, end).extent(bytes, at, end),
    decode: (bytes, at, end) => find(bytes, at, end).decode(bytes, at, end) as Choice<Key, V>,
    encode: (out, at, value) => {
      const variantName = (value as Record<string, unknown> | undefined)?.[key] as string;
      const codec = cases[variantName];
      if (codec === undefined) throw unknownName(name, key, variantName, at);
      if (writeNumber !== undefined && variantName !== fallback) writeNumber(out, at, variants[variantName]!.number);
      return codec.encode(out, at, value);
    },
  };
}

function unknownNumber(name: string, offset: number, number: number, answer: ErrorAnswer): OpenflowError {
  const text = `${name} at byte ${offset}: there is no type ${number}`;
  return new OpenflowError('OF_BAD_TYPE', text, { offset, field: name, answer });
}

function unknownName(name: string, key: string, given: string, offset: number): OpenflowError {
  return new OpenflowError('OF_BAD_TYPE', `${name}: no ${key} called ${JSON.stringify(given)}`, { offset, field: key });
}
