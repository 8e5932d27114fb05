// Whether replies are told by the switch's connection tracking: where it has that, and a policy of the file needs it.

import type { ForwardingView } from './ends.ts';

export function needsConnections({ policy }: ForwardingView): boolean {
  return policy.config.policies.some((entry) => entry.policy.needs?.includes('connections') === true);
}

export function tracksConnections(view: ForwardingView): boolean {
  return view.state.canTrackConnections && needsConnections(view);
}
