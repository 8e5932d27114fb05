// What the policies in force say of one pair of endpoint classes, with the policy and the place in the file that said
// it, so that every drop can be explained.

import type { Opinion } from '../../policies/policy.ts';
import type { Config, Place, PolicyEntry } from '../config/config.ts';
import type { EndpointClass } from './endpoint-classes.ts';

/** The policy that decided and where the file says so; `undefined` for what follows from Lark's own rules. */
export interface Origin {
  readonly policy: string;
  readonly place: Place | undefined;
}

/** A field of a verdict and the policy that set it. */
export interface Setting {
  readonly name: string;
  readonly origin: Origin;
}

export type Verdict =
  | { readonly action: 'drop'; readonly reason: string; readonly origin: Origin | undefined }
  | {
      readonly action: 'forward';
      /** The policy that ended the search with `allow`; undefined where none did. */
      readonly origin: Origin | undefined;
      /** The WAN queue's name in the file. */
      readonly queue: Setting | undefined;
      /** The alternate WAN port's name in the file. */
      readonly via: Setting | undefined;
    };

/**
 * Asks the policies in the order of the file: the first drop or allow ends the search, and of the other fields the
 * first policy that sets one keeps it.
 */
export function judge(
  policies: readonly PolicyEntry[],
  fallback: Config['default'],
  source: EndpointClass,
  destination: EndpointClass,
): Verdict {
  let queue: Setting | undefined;
  let via: Setting | undefined;
  for (const [index, { policy, place }] of policies.entries()) {
    const opinion: Opinion | undefined = policy.judge(source.viewFor(index), destination.viewFor(index));
    if (opinion === undefined) continue;
    const origin = { policy: policy.name, place };
    if (opinion.action === 'drop') return { action: 'drop', reason: opinion.reason, origin };
    if (opinion.action === 'allow') return { action: 'forward', origin, queue, via };
    if (queue === undefined && opinion.queue !== undefined) queue = { name: opinion.queue, origin };
    if (via === undefined && opinion.via !== undefined) via = { name: opinion.via, origin };
  }
  if (fallback.action === 'drop') {
    const origin = { policy: 'default', place: fallback.place };
    return { action: 'drop', reason: 'no policy allowed it, and the file ends in default: drop', origin };
  }
  return { action: 'forward', origin: undefined, queue, via };
}
