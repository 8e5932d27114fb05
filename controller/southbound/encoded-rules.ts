// FlowMods that add rules, as bytes. What every switch of a kind has is the same rule, made once; when a thousand switches connect at
// once, it need not be encoded a thousand times.

import { encodeMessage } from 'node-openflow';
import type { FlowRule } from './flow-rule.ts';
import type { WireVersion } from './negotiation.ts';
import { addRule } from './rule-messages.ts';

const known: Readonly<Record<WireVersion, Map<FlowRule, Uint8Array>>> = { 1: new Map(), 4: new Map() };
/** Beyond so many all are forgotten. */
const MOST_KNOWN = 4096;

/** As `addRule`. For a rule that others have, too; not to be changed. */
export function encodedAdd(version: WireVersion, rule: FlowRule): Uint8Array {
  const ofVersion = known[version];
  const before = ofVersion.get(rule);
  if (before !== undefined) return before;
  if (ofVersion.size >= MOST_KNOWN) ofVersion.clear();
  const encoded = Uint8Array.from(encodeMessage(addRule(version, rule)));
  ofVersion.set(rule, encoded);
  return encoded;
}
