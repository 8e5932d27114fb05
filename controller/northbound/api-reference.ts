// The API's reference as Markdown, made from its OpenAPI document: for readers of the documentation, and of what changed in it.

interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly examples?: readonly unknown[];
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

export interface OpenapiOperation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

/** As much of OpenAPI 3.1 as the reference shows. */
export interface OpenapiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenapiOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> };
}

const HEAD = `# The HTTP API: reference

Made from the OpenAPI document by \`npm run docs\`; a running Lark has the document at \`/docs/json\` and a page to try it at \`/docs\`.
[http-api.md](http-api.md) says what the resources are for.
`;

export function apiReference(document: OpenapiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ title: `${method.toUpperCase()} ${path}`, operation })),
  );
  const sections = (document.tags ?? []).map(({ name, description = '' }) => {
    const ofTag = operations.filter(({ operation }) => operation.tags?.includes(name));
    return [`## ${name}\n\n${description}.\n`, ...ofTag.map(({ title, operation }) => operationText(title, operation))];
  });
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = schemas.map(([name, schema]) => schemaText(name, schema));
  return [HEAD, ...sections.flat(), '## Values\n', ...values].join('\n');
}

function operationText(title: string, { summary, parameters = [], requestBody, responses }: OpenapiOperation): string {
  const lines = [`### ${title}`, '', `${summary}.`, ''];
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: where, required, description, schema }) => {
      const notes = [required === true ? 'needed' : '', description ?? schema.description ?? ''];
      return [`\`${name}\``, where, typeText(schema), notes.filter((note) => note !== '').join('; ')];
    });
    lines.push(table(['parameter', 'in', 'type', ''], rows), '');
  }
  for (const [type, { schema = {} }] of Object.entries(requestBody?.content ?? {})) {
    lines.push(`Body as \`${type}\`: ${bodyText(schema)}.`, '');
  }
  const rows = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [type, value] = Object.entries(content)[0] ?? [];
    return [status, value?.schema === undefined ? (type ?? '') : typeText(value.schema), description];
  });
  lines.push(table(['status', 'answer', 'when'], rows), '');
  return lines.join('\n');
}

function bodyText(schema: JsonSchema): string {
  if (schema.properties === undefined) return schema.description ?? typeText(schema);
  const names = Object.entries(schema.properties).map(([name, property]) => {
    const isNeeded = schema.required?.includes(name) === true;
    return `\`${name}\` (${typeText(property)}${isNeeded ? ', needed' : ''})`;
  });
  return names.join(', ');
}

function schemaText(name: string, schema: JsonSchema): string {
  const lines = [`### ${name}`, ''];
  if (schema.description !== undefined) lines.push(`${schema.description}.`, '');
  lines.push(table(['member', 'type', ''], memberRows(schema, '')), '');
  const example = schema.examples?.[0];
  if (example !== undefined) lines.push('```json', JSON.stringify(example, undefined, 2), '```', '');
  return lines.join('\n');
}

/** One row a member; those of an object within it by their path. */
function memberRows({ properties = {}, required = [] }: JsonSchema, above: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const notes = [required.includes(name) ? '' : 'may be missing', schema.description ?? ''];
    const path = `${above}${name}`;
    const row = [`\`${path}\``, typeText(schema), notes.filter((note) => note !== '').join('; ')];
    const within = schema.items ?? schema;
    const isList = schema.items !== undefined;
    return [row, ...memberRows(within, isList ? `${path}[].` : `${path}.`)];
  });
}

function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), `|${titles.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
