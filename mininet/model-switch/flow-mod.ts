// What a FlowMod asks of the tables, in normal form. Where the versions differ in what a command means, the difference
// is a field here, so that the tables know nothing of versions.

import type { Instructions } from './action.ts';
import type { Match } from './match.ts';

export type FlowCommand = 'add' | 'modify' | 'modifyStrict' | 'delete' | 'deleteStrict';

/** Numbers of `ofp_flow_mod_command`, equal in both versions. */
export const FLOW_COMMANDS: readonly FlowCommand[] = ['add', 'modify', 'modifyStrict', 'delete', 'deleteStrict'];

export const ALL_TABLES = 0xff;

export interface FlowFlags {
  readonly sendFlowRemoved: boolean;
  readonly checkOverlap: boolean;
  readonly resetCounts: boolean;
  /** Kept for the flow statistics to show; counting goes on. */
  readonly noPacketCounts: boolean;
  readonly noByteCounts: boolean;
}

export interface FlowChange {
  readonly command: FlowCommand;
  /** `ALL_TABLES` for commands that mean all of them (1.0's always do; what they add goes to the first). */
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  /** Which bits of the cookie a modify or delete compares; 0 for all flows, as in 1.0. */
  readonly cookieMask: bigint;
  /** In seconds; 0 for none. */
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly flags: FlowFlags;
  /** Deletes only flows that output there; `Port.ANY` and `ANY_GROUP` for no such limit. */
  readonly outPort: number;
  readonly outGroup: number;
  readonly instructions: Instructions;
  /** 1.0: a modify that finds nothing adds, and gives what it finds its cookie. */
  readonly isModifyOrAdd: boolean;
  /** 1.3: an add over an identical flow goes on with its counters (unless `resetCounts`). */
  readonly addKeepsCounters: boolean;
}
