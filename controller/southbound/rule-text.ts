// A rule as `ovs-ofctl dump-flows` would write it, from what would be sent to a switch of this version.

import { formatActions, formatInstructions, formatMatch10, formatMatch13 } from 'node-openflow';
import type { FlowRule } from './flow-rule.ts';
import type { WireVersion } from './negotiation.ts';
import { addRule } from './rule-messages.ts';

export interface RuleText {
  readonly match: string;
  readonly actions: string;
}

export function ruleText(version: WireVersion, rule: FlowRule): RuleText {
  const message = addRule(version, rule);
  if (message.type !== 'flowMod') throw new Error('a rule is added by a FlowMod');
  return message.version === 1
    ? { match: formatMatch10(message.match), actions: formatActions(message.actions) }
    : { match: formatMatch13(message.match), actions: formatInstructions(message.instructions) };
}
