// A policy file of the proof as Lark reads it, and beside it what the reference goes by.

import type { Config } from '../../controller/config/config.ts';
import { type ConfigResult, parseConfig } from '../../controller/config/load-config.ts';
import { type PipelineName, POLICIES, type PolicyFacts, type PolicyName, policyText, type SwitchName } from './site.ts';

export interface PolicyFile {
  readonly result: ConfigResult & { readonly config: Config };
  readonly facts: PolicyFacts;
}

const files = new Map<string, PolicyFile>();

/** The same each time it is asked for. */
export function policyFile(policy: PolicyName, pipelines: ReadonlyMap<SwitchName, PipelineName>): PolicyFile {
  const text = policyText(policy, pipelines);
  const known = files.get(text);
  if (known !== undefined) return known;
  const result = parseConfig('policy.yaml', text);
  if (result.config === undefined) throw new Error(JSON.stringify(result.errors));
  const made = { result, facts: POLICIES[policy] };
  files.set(text, made);
  return made;
}
