// VLANs of verdicts: a job's port is an access port, where frames have no tag; by every other port what belongs to a VLAN
// has the VLAN's tag, as it comes in and as it leaves. Outside of VLANs no tagged frame comes from a job or reaches one.

import type { Frame } from '../../protocols/packet/frame.ts';
import type { Output } from '../southbound/flow-rule.ts';
import type { Arrival } from './decided-match.ts';
import type { ForwardingView } from './ends.ts';
import type { Verdict } from './verdict.ts';

export function vlanOf(verdict: Verdict): number | undefined {
  return verdict.action === 'forward' ? verdict.vlan?.value : undefined;
}

/** Whether a frame is in the VLAN that its verdict says. Between those who are no jobs, and in none, any tag passes. */
export function isInItsVlan({ frame, role }: Arrival, verdict: Verdict, isOfJobs: boolean): boolean {
  if (role === 'job') return frame.tagCount === 0;
  const vlan = vlanOf(verdict);
  if (vlan === undefined) return frame.tagCount === 0 || !isOfJobs;
  return frame.tagCount === 1 && frame.vlanVid === vlan;
}

/** With the tag that it has at each port in this VLAN. */
export function inVlan(
  { state }: ForwardingView,
  frame: Frame,
  vlan: number | undefined,
  outputs: readonly Output[],
): readonly Output[] {
  if (vlan === undefined) return outputs;
  const isTagged = frame.tagCount > 0;
  return outputs.map((output) => {
    const isAccess = state.roleOf(output.port) === 'job';
    return isAccess === isTagged ? { ...output, vlan: isAccess ? 'none' : vlan } : output;
  });
}
