// Everything that reads what a stranger wrote.

import { classadTargets } from './classad-targets.ts';
import { openflowTargets } from './openflow-targets.ts';
import { packetTarget } from './packet-target.ts';
import type { Target } from './target.ts';

export function allTargets(): readonly Target[] {
  return [...openflowTargets(), packetTarget(), ...classadTargets()];
}
