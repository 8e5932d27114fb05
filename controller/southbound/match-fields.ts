// A match on the wire as fields with masks, the same for both versions, so that two rules can be held against each other
// whoever made them: is there a packet that both match?

import { type Match10, type OxmField, oxmFields } from 'node-openflow';

interface Masked {
  readonly value: bigint;
  readonly mask: bigint;
}

/** By the field's name; a field that is absent matches anything. */
export type MatchFields = ReadonlyMap<string, Masked>;

export function fieldsOf13(match: readonly OxmField[]): MatchFields {
  const fields = new Map<string, Masked>();
  for (const oxm of match) {
    // A field that is not known can exclude nothing: without it the match is wider, and overlaps more.
    if (oxm.field === 'unknown') continue;
    const all = ones(8 * oxmFields[oxm.field].width);
    const mask = oxm.mask === undefined ? all : BigInt(oxm.mask) & all;
    fields.set(oxm.field, { value: BigInt(oxm.value) & mask, mask });
  }
  return fields;
}

export function fieldsOf10(match: Match10): MatchFields {
  const fields = new Map<string, Masked>();
  for (const [name, value] of Object.entries(match)) {
    if (typeof value === 'number') fields.set(name, { value: BigInt(value), mask: ones(64) });
    else if (value !== undefined) {
      const { address, prefixLength } = value as { address: number; prefixLength: number };
      const mask = ones(32) ^ ones(32 - prefixLength);
      fields.set(name, { value: BigInt(address) & mask, mask });
    }
  }
  return fields;
}

/** True where a packet can match both; what one match says of a packet and the other does not is no difference. */
export function canBothMatch(a: MatchFields, b: MatchFields): boolean {
  for (const [name, { value, mask }] of a) {
    const other = b.get(name);
    if (other !== undefined && ((value ^ other.value) & mask & other.mask) !== 0n) return false;
  }
  return true;
}

function ones(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}
