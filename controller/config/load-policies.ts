// The list under `policies`: one policy an entry, in the order in which they are asked, and perhaps `default: drop` as the
// last. Each entry is checked by its kind's schema; the queues and alternates that it names are collected for the
// check against the switches.

import { unknownName } from '../../policies/options/nearest-name.ts';
import { describeValue, oneOf } from '../../policies/options/schema.ts';
import type { PolicyContext, PolicyKind } from '../../policies/policy-kind.ts';
import type { Config, PolicyEntry } from './config.ts';
import type { Findings } from './findings.ts';
import type { Path } from './yaml-source.ts';

/** A name in a policy that some switch's `wan` must define. */
export interface WanReference {
  readonly kind: 'queue' | 'alternate';
  readonly name: string;
  readonly path: Path;
}

export interface LoadedPolicies {
  readonly policies: readonly PolicyEntry[];
  readonly default: Config['default'];
  readonly references: readonly WanReference[];
}

const DEFAULT = 'default';
const defaultAction = oneOf('drop', 'forward');

export function loadPolicies(
  list: unknown,
  catalogue: ReadonlyMap<string, PolicyKind>,
  findings: Findings,
): LoadedPolicies {
  const policies: PolicyEntry[] = [];
  const references: WanReference[] = [];
  let fallback: Config['default'] = { action: 'forward', place: undefined };
  if (!Array.isArray(list)) {
    const message = `policies: expected a list, each entry beginning with "- "; found ${describeValue(list)}`;
    if (list !== undefined && list !== null) findings.error('CONFIG_VALUE_INVALID', ['policies'], message);
    return { policies, default: fallback, references };
  }
  for (const [index, entry] of list.entries()) {
    const found = nameOfEntry(entry, ['policies', index], catalogue, findings);
    if (found === undefined) continue;
    const { name, options } = found;
    const path = ['policies', index, name];
    const place = findings.source.place(path, 'key');
    if (name === DEFAULT) {
      const action = findings.check(defaultAction, path, options);
      if (action !== undefined) fallback = { action, place };
      if (index < list.length - 1) {
        findings.error(
          'CONFIG_CONFLICT',
          path,
          'default must be the last entry: what follows would never be asked',
          'key',
        );
      }
      continue;
    }
    const kind = catalogue.get(name);
    if (kind === undefined) {
      findings.error('CONFIG_KEY_UNKNOWN', path, unknownPolicy(name, catalogue), 'key');
      continue;
    }
    const checked = findings.check(kind.schema, path, options);
    if (checked === undefined) continue;
    const policy = kind.create(checked, contextOf(index + 1, path, findings, references));
    if (policy !== undefined) policies.push({ policy, place });
  }
  return { policies, default: fallback, references };
}

/** The one key of an entry and what it says, if the entry is a mapping of one key. */
function nameOfEntry(entry: unknown, path: Path, catalogue: ReadonlyMap<string, PolicyKind>, findings: Findings) {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    const example = typeof entry === 'string' && catalogue.has(entry) ? `${entry}: …` : 'isolate-users: true';
    const message = `expected a policy and its options, such as "- ${example}"; found ${describeValue(entry)}`;
    findings.error('CONFIG_VALUE_INVALID', path, message);
    return undefined;
  }
  const [first, second] = Object.entries(entry);
  if (first === undefined) {
    findings.error('CONFIG_VALUE_INVALID', path, 'expected a policy and its options; found an empty mapping');
    return undefined;
  }
  const [name, options] = first;
  if (second !== undefined) {
    const message = `${JSON.stringify(second[0])} stands in the entry of "${name}": put "- " before it if it is a policy, or indent it if it is an option`;
    findings.error('CONFIG_VALUE_INVALID', [...path, second[0]], message, 'key');
  }
  return { name, options };
}

function unknownPolicy(name: string, catalogue: ReadonlyMap<string, PolicyKind>): string {
  const known = [...catalogue.keys(), DEFAULT];
  const said = unknownName('policy', name, known);
  return said.includes('did you mean')
    ? said
    : `unknown policy ${JSON.stringify(name)}; this version has ${known.join(', ')}`;
}

function contextOf(number: number, base: Path, findings: Findings, references: WanReference[]): PolicyContext {
  return {
    number,
    warn: (path, message) => findings.warn('CONFIG_SUSPICIOUS', [...base, ...path], message),
    usesQueue: (path, name) => void references.push({ kind: 'queue', name, path: [...base, ...path] }),
    usesAlternate: (path, name) => void references.push({ kind: 'alternate', name, path: [...base, ...path] }),
  };
}
