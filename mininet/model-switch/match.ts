// A match in normal form: per field a value and a mask, value bits outside the mask clear, fields without any mask bit
// left out. Two matches are the same exactly if their keys are; the relations here are those that OpenFlow's strict and
// non-strict commands and CHECK_OVERLAP are defined by (OF1.0 §4.6, OF1.3.5 §6.4).

import { FIELD_NAMES, type FieldName, type FlowKey, fullMask } from './fields.ts';

export interface MaskedValue {
  readonly value: bigint;
  readonly mask: bigint;
}

export interface Match {
  readonly fields: ReadonlyMap<FieldName, MaskedValue>;
  /** Equal for equal matches. */
  readonly key: string;
}

/** Puts a match in normal form. A field without `mask` is matched whole. */
export function normalMatch(fields: Iterable<readonly [FieldName, { value: bigint; mask?: bigint }]>): Match {
  const given = new Map(fields);
  const normal = new Map<FieldName, MaskedValue>();
  for (const field of FIELD_NAMES) {
    const entry = given.get(field);
    if (entry === undefined) continue;
    const mask = (entry.mask ?? fullMask(field)) & fullMask(field);
    if (mask !== 0n) normal.set(field, { value: entry.value & mask, mask });
  }
  const key = Array.from(normal, ([field, { value, mask }]) => `${field}=${value}/${mask}`).join();
  return { fields: normal, key };
}

export const MATCH_ALL = normalMatch([]);

export function isMatchedBy(match: Match, key: FlowKey): boolean {
  for (const [field, { value, mask }] of match.fields) {
    if ((key[field] & mask) !== value) return false;
  }
  return true;
}

/** True if every packet that `narrow` matches is matched by `wide` too: what a non-strict command goes by. */
export function covers(wide: Match, narrow: Match): boolean {
  for (const [field, { value, mask }] of wide.fields) {
    const other = narrow.fields.get(field);
    if (other === undefined || (other.mask & mask) !== mask || (other.value & mask) !== value) return false;
  }
  return true;
}

/** True if some packet could be matched by both. */
export function overlaps(a: Match, b: Match): boolean {
  for (const [field, { value, mask }] of a.fields) {
    const other = b.fields.get(field);
    if (other !== undefined && ((other.value ^ value) & mask & other.mask) !== 0n) return false;
  }
  return true;
}

/** The value that a match fixes a field to, or undefined if it leaves any of its bits open. */
export function exactValue(match: Match, field: FieldName): bigint | undefined {
  const entry = match.fields.get(field);
  return entry !== undefined && entry.mask === fullMask(field) ? entry.value : undefined;
}
