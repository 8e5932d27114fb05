// The JSON Schema (draft 2020-12) of a policy file, for editors: it follows from the schemas that the loader checks by, and
// says no more than they do. It refuses nothing that the loader takes; what holds between several values, what an
// expression says and what only a module knows of its options is for `lark check` to tell.

import { policyCatalogue } from '../../policies/catalogue.ts';
import { formOf, type ValueForm } from '../../policies/options/schema.ts';
import type { PolicyKind } from '../../policies/policy-kind.ts';
import { modulePathForm } from './load-modules.ts';
import { AUDIT, auditSchema, DEFAULT, defaultSchema, MODULE, OPTIONS } from './policy-entry.ts';
import { sections } from './schema.ts';

/** A schema of a mapping or list, as far as this module and the reference read it. */
export interface JsonSchema extends ValueForm {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const ID = 'urn:lark-controller:policy-file';

/** Of files that use the policies of `catalogue`, and any of a module's. */
export function policyFileSchema(catalogue: ReadonlyMap<string, PolicyKind> = policyCatalogue): JsonSchema {
  const forms = Object.entries(sections).map(([name, schema]) => [name, formOf(schema) as JsonSchema] as const);
  const { switches, ...others } = Object.fromEntries(forms);
  return {
    $schema: DIALECT,
    $id: ID,
    title: 'Lark policy file',
    description: "Where Lark listens, which addresses are jobs', what the network looks like, and what the policy is.",
    type: 'object',
    properties: {
      ...Object.fromEntries(Object.entries(others).map(([name, form]) => [name, orNothing(form)])),
      switches: orNothing(withValues(switches!, orNothing)),
      policies: orNothing(policyList(catalogue)),
    },
    additionalProperties: false,
  };
}

/** What stands in the file with nothing in it, as where each of its lines is a comment, means the same as none. */
function orNothing(form: JsonSchema): JsonSchema {
  return { ...form, type: [...[form.type ?? []].flat(), 'null'] };
}

function withValues(form: JsonSchema, change: (value: JsonSchema) => JsonSchema): JsonSchema {
  return { ...form, ...(form.additionalProperties && { additionalProperties: change(form.additionalProperties) }) };
}

function policyList(catalogue: ReadonlyMap<string, PolicyKind>): JsonSchema {
  return {
    title: 'what may talk to what',
    type: 'array',
    items: policyEntry(catalogue),
    examples: [[{ 'isolate-users': true }, { default: 'forward' }]],
  };
}

/** One object rather than a choice of many, so that an editor says what is wrong inside of the policy that is meant. */
function policyEntry(catalogue: ReadonlyMap<string, PolicyKind>): JsonSchema {
  const kinds = [...catalogue].map(([name, kind]) => [name, optionsOf(kind)] as const);
  const names = [...catalogue.keys(), MODULE, DEFAULT];
  return {
    title: 'policy',
    type: 'object',
    properties: {
      ...Object.fromEntries(kinds),
      [MODULE]: { ...modulePathForm, description: MODULE_MEANING, examples: ['./policies/keep-out.js'] },
      [OPTIONS]: { title: "what the module's schema says", description: OPTIONS_MEANING },
      [DEFAULT]: formOf(defaultSchema),
      [AUDIT]: formOf(auditSchema),
    },
    additionalProperties: false,
    oneOf: names.map((name) => ({ required: [name] })),
    dependentRequired: { [OPTIONS]: [MODULE] },
  };
}

const MODULE_MEANING = 'A policy of your own: the path of a JavaScript module, relative to this file.';
const OPTIONS_MEANING = "The options of a module's policy, beside `module`.";

function optionsOf({ schema, summary }: PolicyKind): JsonSchema {
  return { ...formOf(schema), description: `${summary[0]?.toUpperCase()}${summary.slice(1)}.` };
}
