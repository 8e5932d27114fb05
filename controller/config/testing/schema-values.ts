// Random values that a JSON Schema accepts, made from the schema itself, and such values with one place spoilt: so that
// whatever is added to the policy file is tried, too. Knows the keywords that the policy file's schema uses.

import fc from 'fast-check';
import type { JsonSchema } from '../json-schema.ts';

type Keywords = JsonSchema & Readonly<Record<string, unknown>>;

export function valueFor(given: JsonSchema): fc.Arbitrary<unknown> {
  const schema = given as Keywords;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === undefined) {
    return schema.anyOf === undefined
      ? fc.constantFrom(1, 'a', true, null, ['a'], { a: { b: 1 } })
      : fc.oneof(...schema.anyOf.map(valueFor));
  }
  const examples = schema.examples ?? [];
  const made = [schema.type].flat().map((type) => ofType(type, schema));
  return fc.oneof(...made, ...(examples.length > 0 ? [fc.constantFrom(...examples)] : []));
}

function ofType(type: string, schema: Keywords): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer(bounds(schema));
    case 'string':
      return text(schema);
    case 'array':
      return fc.array(valueFor(schema.items ?? {}), { minLength: Number(schema.minItems ?? 0), maxLength: 3 });
    case 'object':
      return object(schema);
  }
  throw new Error(`no values are made of type ${type}`);
}

function bounds({ minimum, maximum, exclusiveMinimum }: Keywords) {
  const least = exclusiveMinimum === undefined ? Number(minimum ?? -10) : Number(exclusiveMinimum) + 1;
  return { min: least, max: Math.min(Number(maximum ?? 0xffffffff), least + 0xffffffff) };
}

function text({ pattern, minLength = 0, maxLength = 40, allOf }: Keywords): fc.Arbitrary<string> {
  const [min, max] = [Number(minLength), Math.min(Number(maxLength), 40)];
  // Two patterns at once are for modules' paths alone, which have an example.
  if (allOf !== undefined) return fc.constant('./keep-out.js');
  if (pattern === undefined) return fc.string({ minLength: min, maxLength: max });
  return fc.stringMatching(new RegExp(String(pattern)), { size: 'small' }).filter((made) => {
    return made.length >= min && made.length <= max;
  });
}

function object(schema: Keywords): fc.Arbitrary<unknown> {
  const { properties = {}, additionalProperties, propertyNames, required = [], oneOf, anyOf } = schema;
  if (additionalProperties) {
    const key = text((propertyNames ?? {}) as Keywords).filter((name) => name !== '__proto__');
    const minKeys = Number(schema.minProperties ?? 0);
    return fc.dictionary(key, valueFor(additionalProperties), { minKeys, maxKeys: Math.max(2, minKeys) });
  }
  const values = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, valueFor(each)]));
  const choices = (oneOf ?? anyOf ?? [{}]) as readonly Pick<JsonSchema, 'required'>[];
  const ofChoice = choices.map(({ required: more = [] }) => {
    const others = Object.keys(values).filter((name) => !isOtherChoice(name, more, (oneOf ?? []) as typeof choices));
    const chosen = Object.fromEntries(others.map((name) => [name, values[name]!]));
    return fc.record(chosen, { requiredKeys: [...required, ...more] });
  });
  return fc.oneof(...ofChoice).filter((made) => {
    const isFilled = Object.keys(made).length >= Number(schema.minProperties ?? 0);
    return isFilled && (schema.dependentRequired === undefined || !('options' in made) || 'module' in made);
  });
}

function isOtherChoice(name: string, chosen: readonly string[], choices: readonly Pick<JsonSchema, 'required'>[]) {
  return !chosen.includes(name) && choices.some(({ required = [] }) => required.includes(name));
}

const SPOILT: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 12, 70_000, 5_000_000_000, '', ' ', 'yes', '5', '5s', '0ms', '00s'],
  ...['eth0', '10.0.0.0/8', '10.0.0.1/8', '::1', 'fe80::1%1', '0x0', '02-00-00-00-00-03', ' 02:00:00:00:00:03 '],
  ...['[::]:1', '::1:80', '1.3', 'EF', 'Cs1', '*', 'a.b', 'a..b', 'Wan', 'a b', 'ä', 'x'.repeat(70)],
  ...[[], {}, [null], [''], { id: 1 }, { a: 'b' }, { deny: [] }],
];

/** A value with one thing of it, or it itself, made something else. */
export function spoilt(whole: unknown): fc.Arbitrary<unknown> {
  const other = fc.constantFrom(...SPOILT);
  if (typeof whole !== 'object' || whole === null) return other;
  const keys = Object.keys(whole);
  const within = keys.map((key) => {
    const inner = (whole as Record<string, unknown>)[key];
    return spoilt(inner).map((value) => withKey(whole, key, value));
  });
  const more = fc.tuple(fc.constantFrom('via', 'users', 'path', 'a', 'A', '*', 'wan', 'é'), other);
  const grown = more.map(([key, value]) => withKey(whole, Array.isArray(whole) ? String(keys.length) : key, value));
  return fc.oneof({ weight: 4, arbitrary: fc.oneof(...within, grown) }, { weight: 1, arbitrary: other });
}

function withKey(whole: object, key: string, value: unknown): unknown {
  return Array.isArray(whole) ? Object.assign([...whole], { [key]: value }) : { ...whole, [key]: value };
}
