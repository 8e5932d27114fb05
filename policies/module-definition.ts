// A policy from a module of the operator's own, checked at run time, since nothing says that a compiler ever saw it: what
// the module exports becomes a PolicyKind or a sentence that says what is wrong, and what its `create` returns a Policy
// that is guarded.

import type { z } from 'zod';
import { guarded } from './guarded-policy.ts';
import { isOfOneJob } from './options/one-job-attributes.ts';
import { describeValue, type Reading } from './options/schema.ts';
import type { Policy, SpecialField } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

/** What a module's default export must be. Without `schema` the options reach `create` as they stand in the file. */
export interface PolicyModule<Options = unknown> {
  /** What it does, in one line. */
  readonly summary: string;
  readonly schema?: z.ZodType<Options>;
  /** May throw an error whose message says what is wrong with the options. */
  create(options: Options, context: PolicyContext): Policy | undefined;
}

/** Infers the type of the options from the schema. */
export function definePolicyModule<Options>(module: PolicyModule<Options>): PolicyModule<Options> {
  return module;
}

/** What is wrong with a module's policy; the message is a sentence for the person who wrote the module. */
export class PolicyModuleError extends Error {}

const EXAMPLE = 'export default { summary, create(options) { return { name, significantAttributes, judge } } }';

/** @param namespace what importing the module gave. */
export function readPolicyModule(namespace: unknown): Reading<PolicyKind> {
  if (!isObject(namespace) || namespace.default === undefined) {
    return { problem: `it has no default export: expected "${EXAMPLE}"` };
  }
  const definition = namespace.default;
  if (!isObject(definition)) {
    return { problem: `its default export is ${describeExport(definition)}: expected "${EXAMPLE}"` };
  }
  const { summary, schema, create } = definition as Partial<Record<keyof PolicyModule, unknown>>;
  if (typeof summary !== 'string' || summary.trim() === '') {
    return { problem: 'its default export has no summary: expected a line that says what the policy does' };
  }
  if (typeof create !== 'function') {
    return { problem: 'its default export has no function create: expected one that makes a policy of the options' };
  }
  if (schema !== undefined && !isSchema(schema)) {
    return { problem: 'its schema has no function safeParse: expected a zod schema, or none' };
  }
  const module = definition as unknown as PolicyModule;
  return {
    value: {
      summary,
      schema: module.schema ?? ANYTHING,
      create(options, context) {
        const policy: unknown = module.create(options, context);
        return policy === undefined ? undefined : guarded(checkedPolicy(policy));
      },
    },
  };
}

/** For modules that check their options themselves; the one thing of zod's types that the loader asks for. */
const ANYTHING = {
  safeParse: (data: unknown) => ({ success: true, data }),
} as unknown as z.ZodType<unknown>;

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const ATTRIBUTE = /^(Machine\.)?[A-Za-z_][A-Za-z0-9_]{0,127}$/i;
const SPECIAL_FIELDS: readonly SpecialField[] = ['connections', 'vlan'];

function checkedPolicy(policy: unknown): Policy {
  if (!isObject(policy)) fail(`create returned ${describeExport(policy)}: expected a policy, or undefined for none`);
  const { name, significantAttributes, addressSets, judge, needs } = policy as Partial<Record<keyof Policy, unknown>>;
  if (typeof name !== 'string' || !NAME.test(name)) {
    fail(`the policy's name is ${describeExport(name)}: expected one in lower case, such as keep-out`);
  }
  if (typeof judge !== 'function') fail(`the policy ${name} has no function judge`);
  const sets = addressSetsOf(addressSets ?? {});
  checkAttributes(significantAttributes, sets);
  if (needs !== undefined && !(Array.isArray(needs) && needs.every((field) => SPECIAL_FIELDS.includes(field)))) {
    fail(`needs is ${describeExport(needs)}: expected a list of ${SPECIAL_FIELDS.join(' and ')}`);
  }
  return policy as unknown as Policy;
}

function checkAttributes(attributes: unknown, sets: readonly string[]): void {
  if (!Array.isArray(attributes)) {
    fail(
      "the policy has no significantAttributes: expected a list of attribute names such as ['EndpointType', 'Owner']",
    );
  }
  const seen = new Set<string>();
  for (const attribute of attributes) {
    if (typeof attribute !== 'string') fail(`significantAttributes holds ${describeExport(attribute)}: expected names`);
    if (!sets.includes(attribute) && !ATTRIBUTE.test(attribute)) {
      fail(`${JSON.stringify(attribute)} is no attribute: expected a name such as Owner or Machine.Name`);
    }
    if (isOfOneJob(attribute)) {
      fail(`the policy may not read ${attribute}: it is of one job alone, so every job would be a class of its own`);
    }
    if (seen.has(attribute.toLowerCase()))
      fail(`significantAttributes names ${attribute} twice; letter case does not count`);
    seen.add(attribute.toLowerCase());
  }
  const undeclared = sets.find((set) => !attributes.includes(set));
  if (undeclared !== undefined) fail(`the address set ${undeclared} is not among significantAttributes: add it there`);
}

function addressSetsOf(sets: unknown): string[] {
  if (!isObject(sets)) fail(`addressSets is ${describeExport(sets)}: expected sets of prefixes by name`);
  for (const [name, prefixes] of Object.entries(sets)) {
    if (!Array.isArray(prefixes) || !prefixes.every(isPrefix)) {
      fail(`the address set ${name} is no list of prefixes: make it with the schema prefixList`);
    }
  }
  return Object.keys(sets);
}

function isPrefix(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { network, length } = value;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) return false;
  return typeof network === 'bigint' ? length <= 128 : typeof network === 'number' && length <= 32;
}

function isSchema(value: unknown): boolean {
  return isObject(value) && typeof value.safeParse === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function describeExport(value: unknown): string {
  return typeof value === 'function' ? 'a function' : describeValue(value);
}

function fail(message: string): never {
  throw new PolicyModuleError(message);
}
