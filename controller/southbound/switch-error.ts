// What an error of a switch says of a rule that it has refused.

import type { Message } from 'node-openflow';
import { formatPlace } from '../config/config.ts';
import type { FlowRule } from './flow-rule.ts';
import { describeRule } from './rule-messages.ts';

/** OFPET_FLOW_MOD_FAILED with OFPFMFC_ALL_TABLES_FULL (OF1.0.1 §5.4.4) or OFPFMFC_TABLE_FULL (OF1.3.5 §7.5.4.6). */
export function isTableFull(error: Extract<Message, { type: 'error' }>): boolean {
  return error.version === 4 ? error.errorType === 5 && error.code === 1 : error.errorType === 3 && error.code === 0;
}

/** A rule in the switch's own words, and the policy's line that it carries out, for the log. */
export function refusedRule(version: 1 | 4, rule: FlowRule): { readonly rule: string; readonly policy?: string } {
  const { match, actions } = describeRule(version, rule);
  const { table = 0, priority, origin } = rule;
  const text = `table=${table},priority=${priority}${match === '' ? '' : `,${match}`} actions=${actions}`;
  if (origin === undefined) return { rule: text };
  const place = origin.place === undefined ? '' : ` (${formatPlace(origin.place)})`;
  return { rule: text, policy: `${origin.policy}${place}` };
}
