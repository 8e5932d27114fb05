// Whether a rule that was decided for a packet would be made again by what is known now.

import { type FlowRule, matchKey, sameInstructions } from '../../southbound/flow-rule.ts';
import { decide } from '../decide.ts';
import type { ForwardingView } from '../ends.ts';
import type { DecidedFor } from './decided-rules.ts';

export function isStillRight(view: ForwardingView, rule: FlowRule, { frame, inPort }: DecidedFor): boolean {
  const { match, outputs, dscp } = decide(view, frame, inPort);
  return (
    match !== undefined &&
    matchKey(match) === matchKey(rule.match) &&
    sameInstructions({ ...rule, outputs, dscp }, rule)
  );
}
