// The short way for a packet that comes up though its rule is on its way, since a flow does not wait for the switch. It is answered as the
// switch will by that rule, without being judged again.
//
// Why that is right: a rule that was decided for a packet is right for every packet that it matches, for as long as it is
// among the decided rules; whatever makes it wrong takes it out of them, in the turn in which that happens (decided-rules.ts). And
// nothing is to be learned from it: its sender was heard at that port when the rule was decided, and whenever a host leaves
// its place no rule of before answers any more. It is taken for untagged IPv4 alone, and by rules that name both ends in full.
//
// A rule that is asked about still after a while is judged, and sent, again.

import type { WireVersion } from '../southbound/negotiation.ts';
import { type Ends, readEnds } from '../southbound/raw-packets.ts';
import type { DecidedRules } from './reconcile/decided-rules.ts';
import type { RepeatedPacket } from './reconcile/pairs/ways.ts';

/** A switch that does not have its rule by then has lost it. Shorter than the time-outs of such rules. */
const FRESH_MS = 30_000;

/** Of the packet that is asked about. */
const ends: Ends = { inPort: 0, mac0: 0, mac1: 0, mac2: 0, ipSrc: 0, ipDst: 0 };

/** What was decided for such a packet, and is still so; undefined for one that has to be judged. */
export function answerByRule(
  decided: DecidedRules,
  version: WireVersion,
  packetIn: Uint8Array,
): RepeatedPacket | undefined {
  return readEnds(version, packetIn, ends) ? decided.answerTo(ends, FRESH_MS) : undefined;
}
