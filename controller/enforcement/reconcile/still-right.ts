// Whether a rule that was decided for a packet would be made again by what is known now.

import { type FlowRule, ruleKey, sameInstructions } from '../../southbound/flow-rule.ts';
import { decide } from '../decide.ts';
import type { ForwardingView } from '../ends.ts';
import type { DecidedFor } from './decided-rules.ts';

/** @param key as `ruleKey` of the rule. */
export function isStillRight(
  view: ForwardingView,
  rule: FlowRule,
  { frame, inPort }: DecidedFor,
  key = ruleKey(rule),
): boolean {
  const { match, outputs, dscp } = decide(view, frame, inPort);
  return (
    match !== undefined && ruleKey({ ...rule, match }) === key && sameInstructions({ ...rule, outputs, dscp }, rule)
  );
}
