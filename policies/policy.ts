// The one interface between a policy and Lark. A policy is a pure function of two endpoints: it never sees packets,
// OpenFlow or time, and of each endpoint it sees only the attributes that it declares. Endpoints with equal significant
// attributes form one endpoint class, and verdicts are computed once per pair of classes, so what `judge` answers must
// depend on nothing but its arguments.

import type { Prefix } from '../protocols/packet/address.ts';

/** The value of an ad's attribute, evaluated at registration and frozen. Integers beyond 2^53 are bigints. */
export type AttributeValue = string | number | bigint | boolean | undefined;

/**
 * What a packet's address stands for. `job`: it is registered. `zone`: a prefix of the file's zones, or `wan` for all
 * else. `local`: link-local, multicast and the like, whose sender no job answers for. Unregistered addresses are
 * dropped before any policy is asked.
 */
export type EndpointType = 'job' | 'zone' | 'local';

/** What `judge` is shown of an endpoint: the declared attributes (`undefined` where the ad has none), and no others. */
export type EndpointView<A extends string> = Readonly<Record<A, AttributeValue>>;

/** What a policy says of traffic from a source to a destination; `undefined` from `judge` means it has no opinion. */
export type Opinion =
  | { readonly action: 'drop'; readonly reason: string }
  /** Ends the search: later policies are not asked. */
  | { readonly action: 'allow' }
  /** Forward so; the search goes on, and of each field the first policy that sets it keeps it. */
  | ({ readonly action: 'forward' } & ForwardFields);

export interface ForwardFields {
  /** The alternate WAN port to leave by; acts for traffic to `wan` only. */
  readonly via?: string;
  /** The queue of the WAN port. */
  readonly queue?: string;
  /** Only packets of connections that the destination opened. */
  readonly connections?: 'replies';
  /** The DSCP to write, 0 to 63. */
  readonly mark?: number;
  /** The VLAN id in which the traffic travels outside of jobs' ports, 1 to 4094. */
  readonly vlan?: number;
}

/** Fields of a verdict that not every switch can carry out: a policy says beforehand which of them it sets. */
export type SpecialField = 'connections' | 'vlan';

/** How often a policy was asked and could not say; in pairs of classes judged, not in packets. Only ever grows. */
export interface PolicyTally {
  /** The condition was undefined or an error. */
  readonly undecided: number;
  /** The policy threw, or answered with something that is no opinion. */
  readonly failed: number;
}

export interface Policy<A extends string = string> {
  /** The name it goes by in the policy file, such as `isolate-users`. */
  readonly name: string;
  /**
   * The attributes it reads, of either end. Beside those of the job ad (`Owner`, `AcctGroup`, …) and the machine ad
   * (`Machine.Name`, …) each endpoint has `EndpointType` ('job', 'zone' or 'local') and `Zone` (the zone's name, `wan`
   * for what no zone of the file covers, `local` for local addresses, `job` for a job). A job's `AcctGroup` falls back
   * on its `AccountingGroup`.
   */
  readonly significantAttributes: readonly A[];
  /**
   * Named sets of addresses that the policy tells apart. Each becomes a boolean attribute of every endpoint, of the
   * same name as its key; the key must be among `significantAttributes`.
   */
  readonly addressSets?: Readonly<Partial<Record<A, readonly Prefix[]>>>;
  /** The fields among these that its opinions may set. */
  readonly needs?: readonly SpecialField[];
  /**
   * For `lark check`: the constants that it compares attributes with, none for an attribute left out. A policy that has
   * it promises that each value acts as one that is listed, or else as any other of its type that is not; beyond that
   * it may tell only whether the two ends' values are equal.
   */
  readonly probes?: Readonly<Partial<Record<A, readonly AttributeValue[]>>>;
  /** For `lark check`: the users that it is meant to act on, so that one for whom it never does is warned of. */
  readonly subjects?: readonly string[];
  /** For `lark check`: the attributes whose absence leaves it undecided about these two, though it drops: `MY.Owner`. */
  doubts?(source: EndpointView<A>, destination: EndpointView<A>): readonly string[];
  readonly tally?: PolicyTally;
  judge(source: EndpointView<A>, destination: EndpointView<A>): Opinion | undefined;
}

/** Infers `A` from the declared attributes, so that a `judge` which reads any other does not compile. */
export function definePolicy<const A extends string>(policy: Policy<A>): Policy<A> {
  return policy;
}
