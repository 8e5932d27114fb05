// A file that lost its policies is more likely cut off than meant: they stand last in most files, and what comes before them is
// right by itself. Lark may start with such a file, but a reload refuses it where policies are in force.

import type { Config } from './config.ts';
import type { ConfigProblem } from './problem.ts';
import { readYaml } from './yaml-source.ts';

/** An error where policies are in force and the next file's text has no `policies`, or nothing under them. */
export function lostPolicies(before: Config, after: Config, text: string): readonly ConfigProblem[] {
  if (!hasPolicies(before) || hasPolicies(after)) return [];
  const yaml = readYaml(after.file, text);
  if ('problems' in yaml) return [];
  const root = yaml.source.value as { readonly policies?: unknown };
  if (Array.isArray(root.policies)) return [];
  const count = before.policies.length;
  const inForce = count === 0 ? 'a default is' : count === 1 ? '1 policy is' : `${count} policies are`;
  return [
    {
      code: 'CONFIG_VALUE_MISSING',
      severity: 'error',
      message: `has no policies, and ${inForce} in force: write "policies: []" if nothing is to be denied any more`,
      file: after.file,
      place: 'policies' in root ? yaml.source.place(['policies'], 'key') : undefined,
    },
  ];
}

function hasPolicies(config: Config): boolean {
  return config.policies.length > 0 || config.default.place !== undefined;
}
