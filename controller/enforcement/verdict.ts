// What the policies in force say of one pair of endpoint classes, with the policy and the place in the file that said
// it, so that every drop can be explained. What a policy with `audit: true` would have dropped or narrowed is recorded
// beside the verdict and is not part of it: the search goes on as if that policy had had no opinion there.

import type { ForwardFields, Opinion } from '../../policies/policy.ts';
import type { Config, Place, PolicyEntry } from '../config/config.ts';
import type { EndpointClass } from './endpoint-classes.ts';

/** The policy that decided and where the file says so; `undefined` for what follows from Lark's own rules. */
export interface Origin {
  readonly policy: string;
  readonly place: Place | undefined;
}

/** A field of a verdict that names something in the file, and the policy that set it. */
export interface Setting {
  readonly name: string;
  readonly origin: Origin;
}

/** A field of a verdict that is a value in itself, and the policy that set it. */
export interface Chosen<Value> {
  readonly value: Value;
  readonly origin: Origin;
}

/** A drop, or a narrowing to replies, that is not enforced. */
export interface Audit {
  readonly reason: string;
  readonly origin: Origin;
}

export interface Forward {
  readonly action: 'forward';
  /** The policy that ended the search with `allow`; undefined where none did. */
  readonly origin: Origin | undefined;
  /** The WAN queue's name in the file. */
  readonly queue: Setting | undefined;
  /** The alternate WAN port's name in the file. */
  readonly via: Setting | undefined;
  /** `replies`: only packets of connections that the destination opened. Undefined: all packets. */
  readonly connections: Chosen<'replies'> | undefined;
  /** DSCP, 0 to 63. */
  readonly mark: Chosen<number> | undefined;
  /** VLAN id, 1 to 4094. */
  readonly vlan: Chosen<number> | undefined;
  /** In the order of the file. */
  readonly audited: readonly Audit[];
}

export interface Drop {
  readonly action: 'drop';
  readonly reason: string;
  readonly origin: Origin | undefined;
  /** In the order of the file: those asked before the one that dropped. */
  readonly audited: readonly Audit[];
}

export type Verdict = Drop | Forward;

type Fields = Pick<Forward, 'queue' | 'via' | 'connections' | 'mark' | 'vlan'>;

const NO_FIELDS: Fields = {
  queue: undefined,
  via: undefined,
  connections: undefined,
  mark: undefined,
  vlan: undefined,
};

const REPLIES_ONLY = 'only replies within connections that the destination opened';

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
  const audited: Audit[] = [];
  let fields = NO_FIELDS;
  for (const [index, { policy, place, audit }] of policies.entries()) {
    const opinion: Opinion | undefined = policy.judge(source.viewFor(index), destination.viewFor(index));
    if (opinion === undefined) continue;
    const origin = { policy: policy.name, place };
    if (opinion.action === 'drop') {
      const { reason } = opinion;
      if (audit !== true) return { action: 'drop', reason, origin, audited };
      audited.push({ reason, origin });
    } else if (opinion.action === 'allow') {
      return { action: 'forward', origin, ...fields, audited };
    } else {
      const { connections, ...others } = opinion;
      if (connections !== undefined && audit === true) audited.push({ reason: REPLIES_ONLY, origin });
      fields = withFields(fields, audit === true ? others : opinion, origin);
    }
  }
  if (fallback.action === 'drop') {
    const origin = { policy: 'default', place: fallback.place };
    const reason = 'no policy allowed it, and the file ends in default: drop';
    if (fallback.audit !== true) return { action: 'drop', reason, origin, audited };
    audited.push({ reason, origin });
  }
  return { action: 'forward', origin: undefined, ...fields, audited };
}

/** The first to set a field keeps it. */
function withFields(fields: Fields, opinion: ForwardFields, origin: Origin): Fields {
  const { queue, via, connections, mark, vlan } = opinion;
  return {
    queue: fields.queue ?? (queue === undefined ? undefined : { name: queue, origin }),
    via: fields.via ?? (via === undefined ? undefined : { name: via, origin }),
    connections: fields.connections ?? (connections === undefined ? undefined : { value: connections, origin }),
    mark: fields.mark ?? (mark === undefined ? undefined : { value: mark, origin }),
    vlan: fields.vlan ?? (vlan === undefined ? undefined : { value: vlan, origin }),
  };
}

/** Equal for verdicts that treat packets alike, whoever made them. */
export function effectOf(verdict: Verdict): string {
  if (verdict.action === 'drop') return 'drop';
  const { queue, via, connections, mark, vlan } = verdict;
  return JSON.stringify([queue?.name, via?.name, connections?.value, mark?.value, vlan?.value]);
}
