// One entry of the list under `policies`, taken apart: the policy's name and options, and the keys that may stand beside
// them, which are `audit` and, for a policy from a module, `options`.

import { z } from 'zod';
import { unknownName } from '../../policies/options/nearest-name.ts';
import { describeValue, oneOf } from '../../policies/options/schema.ts';
import type { PolicyKind } from '../../policies/policy-kind.ts';
import type { Findings } from './findings.ts';
import type { Path } from './yaml-source.ts';

export interface PolicyEntryText {
  /** The key that names the policy: one of the catalogue, `default`, `module`, or a name that does not exist. */
  readonly name: string;
  /** Where the name stands. */
  readonly path: Path;
  readonly options: unknown;
  readonly optionsPath: Path;
  /** For `module`: the module's path as written. */
  readonly module: unknown;
  readonly audit: boolean;
}

export const DEFAULT = 'default';
export const MODULE = 'module';
export const AUDIT = 'audit';
export const OPTIONS = 'options';

export const auditSchema = z
  .boolean()
  .describe(
    '`true`: the drops of this entry are recorded and shown by `lark explain`, and not enforced. It may stand beside `default: drop`, too.',
  );

export const defaultSchema = oneOf('drop', 'forward').describe(
  'What holds for all that no policy drops or allows: `drop` or `forward`. Only as the last entry; without it, `forward`.',
);

/** The parts of an entry; undefined, with errors reported, where it is no policy with its options. */
export function readEntry(
  entry: unknown,
  path: Path,
  catalogue: ReadonlyMap<string, PolicyKind>,
  findings: Findings,
): PolicyEntryText | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    const example = typeof entry === 'string' && catalogue.has(entry) ? `${entry}: …` : 'isolate-users: true';
    const message = `expected a policy and its options, such as "- ${example}"; found ${describeValue(entry)}`;
    findings.error('CONFIG_VALUE_INVALID', path, message);
    return undefined;
  }
  const values = entry as Record<string, unknown>;
  const isModule = Object.hasOwn(values, MODULE);
  const [name, ...others] = Object.keys(values).filter((key) => key !== AUDIT && !(isModule && key === OPTIONS));
  if (name === undefined) {
    const found = Object.hasOwn(values, AUDIT) ? 'audit alone' : 'an empty mapping';
    findings.error('CONFIG_VALUE_INVALID', path, `expected a policy and its options; found ${found}`);
    return undefined;
  }
  for (const other of others) findings.error('CONFIG_VALUE_INVALID', [...path, other], besides(other, name), 'key');
  const isAudited = Object.hasOwn(values, AUDIT) ? findings.check(auditSchema, [...path, AUDIT], values[AUDIT]) : false;
  return {
    name,
    path: [...path, name],
    options: isModule ? values[OPTIONS] : values[name],
    optionsPath: isModule && Object.hasOwn(values, OPTIONS) ? [...path, OPTIONS] : [...path, name],
    module: isModule ? values[MODULE] : undefined,
    audit: isAudited === true,
  };
}

function besides(other: string, name: string): string {
  if (other === OPTIONS)
    return `"options" belongs to a policy from a module: put the options of "${name}" under its name`;
  return `${JSON.stringify(other)} stands in the entry of "${name}": put "- " before it if it is a policy, or indent it if it is an option`;
}

export function unknownPolicy(name: string, catalogue: ReadonlyMap<string, PolicyKind>): string {
  const known = [...catalogue.keys(), MODULE, DEFAULT];
  const said = unknownName('policy', name, known);
  return said.includes('did you mean')
    ? said
    : `unknown policy ${JSON.stringify(name)}; this version has ${known.join(', ')}`;
}
