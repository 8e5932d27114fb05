// A version's table of messages: for each OFPT_ number its codec. A vendor or experimenter message that is known in
// detail has a type of its own; all others share the general one.

import type { Variant, Variants } from './choice.ts';
import { struct } from './compile.ts';
import { type Codec, constant, type Flat, type Layout, length, type Shape, u32 } from './layout.ts';

/** A message's type number and the fields behind the header. */
export function message<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [], body };
}

export type MessageOf<Version extends number, V extends Variants> = {
  [Name in keyof V]: Flat<
    { readonly version: Version; readonly type: Name; readonly xid: number } & Shape<V[Name]['body']>
  >;
}[keyof V];

export interface MessageTable<Message> {
  readonly byName: Readonly<Record<string, Codec<Message>>>;
  /** Indexed by OFPT_ number, an extension's by that plus a multiple of 0x100. */
  readonly byNumber: ReadonlyMap<number, Codec<Message>>;
}

export function messageTable<Version extends number, const V extends Variants>(
  version: Version,
  variants: V,
): MessageTable<MessageOf<Version, V>> {
  type Message = MessageOf<Version, V>;
  const byName: Record<string, Codec<Message>> = Object.create(null);
  const byNumber = new Map<number, Codec<Message>>();
  for (const [type, { number, head, body }] of Object.entries(variants)) {
    const layout: Layout = [constant(1, version), constant(1, number % 0x100), length(), u32('xid'), ...head, ...body];
    const codec = struct(type, layout, {}, { version, type }) as unknown as Codec<Message>;
    byName[type] = codec;
    byNumber.set(number, codec);
  }
  return { byName, byNumber };
}

/** A message of an extension: the general one's number, and what stands before the extension's own fields. */
export function extension<const L extends Layout>(number: number, head: Layout, ...body: L): Variant<L> {
  return { number, head, body };
}
