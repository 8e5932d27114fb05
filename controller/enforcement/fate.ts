// The fate of one packet at one switch: where it leaves, why it does not, and which rule may stand for it.

import type { MacAddress } from '../../protocols/packet/address.ts';
import type { PlacedJob } from '../network/job-table.ts';
import type { FlowMatch, Output } from '../southbound/flow-rule.ts';
import type { Verdict } from './verdict.ts';

/** Why a packet leaves by no port. A bounded set: it labels a metric. */
export type DropReason =
  /** No whole Ethernet or IP header, or a source that can send nothing. */
  | 'malformed'
  /** 01:80:c2:00:00:0x and LLDP stay on their link. */
  | 'reserved'
  /** What may not come from a job's port, or what cannot be told to be a job's or not. */
  | 'gate'
  /** A source address, MAC or port that is not the sender's. */
  | 'spoofed'
  /** An end is an address of the jobs' ranges, or sent from a job's port, that no job holds. */
  | 'unregistered'
  /** A policy said so. */
  | 'policy'
  /** The destination MAC is not that of the destination address, or leads to a job's port. */
  | 'delivery'
  /** It would leave by the port that it came in by. */
  | 'same-port'
  /** Nobody is there who may have it. */
  | 'no-recipient'
  /** The alternate WAN port that it should leave by is not there. */
  | 'alternate-away';

export interface Fate {
  /** Empty: dropped, and `dropReason` says why. */
  readonly outputs: readonly Output[];
  readonly dropReason: DropReason | undefined;
  /** Of the two ends, where a policy was asked. */
  readonly verdict: Verdict | undefined;
  /**
   * On a switch that tracks connections, where one end may only reply to the other: whether this packet may open one, or
   * leaves only if the switch finds that it is a reply. Undefined: neither matters.
   */
  readonly connection: 'opening' | 'reply' | undefined;
  /** Written into the packet before it leaves; undefined: what it has stays. Then it is IP, and on OpenFlow 1.0 IPv4. */
  readonly dscp: number | undefined;
  /** A match whose every packet has this fate as long as nothing that it was decided on changes; undefined: no rule. */
  readonly match: FlowMatch | undefined;
  /** The match stands for more than this pair of addresses: it holds as long as no class of endpoints comes. */
  readonly isWide: boolean;
  /** The sender was who it said it is, and is at this port. */
  readonly learned: MacAddress | undefined;
  /** The sender is a job that registered without a MAC, and this is the one it uses. */
  readonly binds: { readonly placed: PlacedJob; readonly mac: MacAddress } | undefined;
}

type Rest = Partial<Omit<Fate, 'outputs' | 'dropReason'>>;

const NOTHING: Rest = {};

export function dropped(dropReason: DropReason, rest = NOTHING): Fate {
  return fateOf([], dropReason, rest);
}

export function forwarded(outputs: readonly Output[], rest = NOTHING): Fate {
  return fateOf(outputs, undefined, rest);
}

// Field by field: this is made several times for each new flow, and spreading takes ten times as long.
function fateOf(outputs: readonly Output[], dropReason: DropReason | undefined, rest: Rest): Fate {
  const { verdict, connection, dscp, match, isWide = false, learned, binds } = rest;
  return { outputs, dropReason, verdict, connection, dscp, match, isWide, learned, binds };
}

/** The fate of a packet whose sender was who it said it is. */
export function heard(fate: Fate, { learned, binds, dscp }: Pick<Fate, 'learned' | 'binds' | 'dscp'>): Fate {
  const { outputs, dropReason, verdict, connection, match, isWide } = fate;
  return { outputs, dropReason, verdict, connection, dscp, match, isWide, learned, binds };
}
