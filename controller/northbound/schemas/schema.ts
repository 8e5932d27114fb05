// The few forms that the API's JSON schemas are made of (JSON Schema 2020-12, as OpenAPI 3.1 has it). Every member is always
// there unless it is named in `optional`, and there are no others: so a schema says all that an answer has, and the test that
// holds answers against it sees what was forgotten.

export type Schema = Readonly<Record<string, unknown>>;

export const text = (description?: string, more: Schema = {}): Schema => ({
  type: 'string',
  ...said(description),
  ...more,
});
export const flag = (description?: string): Schema => ({ type: 'boolean', ...said(description) });
export const count = (description?: string): Schema => ({ type: 'integer', minimum: 0, ...said(description) });
/** Not negative, and not whole. */
export const measure = (description?: string): Schema => ({ type: 'number', minimum: 0, ...said(description) });
export const time = (description?: string): Schema =>
  text(description ?? 'ISO 8601', { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' });
export const oneOf = (values: readonly string[], description?: string): Schema => text(description, { enum: values });
export const dpid = (description = 'Datapath id'): Schema => text(description, { pattern: '^[0-9a-f]{16}$' });
export const list = (items: Schema, description?: string): Schema => ({ type: 'array', items, ...said(description) });
export const ref = (name: string): Schema => ({ $ref: `${name}#` });

export function nullable(schema: Schema): Schema {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const { type, ...rest } = schema;
  if (Array.isArray(rest.enum)) return { ...rest, type: [type, 'null'], enum: [...rest.enum, null] };
  return { ...rest, type: [type, 'null'] };
}

export function object(
  properties: Readonly<Record<string, Schema>>,
  { description, optional = [] }: { readonly description?: string; readonly optional?: readonly string[] } = {},
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', ...said(description), additionalProperties: false, required, properties };
}

function said(description: string | undefined): Schema {
  return description === undefined ? {} : { description };
}
