// A pipeline says which rules a switch should have, as a pure function of what is known, in groups: a group follows from
// one thing, so that a change touches the groups of what changed and no others. No two groups share a rule.

import type { MacAddress } from '../../protocols/packet/address.ts';
import type { PlacedJob } from '../network/job-table.ts';
import type { FlowRule } from '../southbound/flow-rule.ts';
import type { ForwardingView } from './ends.ts';

/** What a pipeline has settled on for as long as the switch is connected. */
export interface PipelineMemory {
  /** See `askAboutUnknown`. */
  readonly asksAboutUnknown: boolean;
  /** Small numbers of ports, in the order in which they were given. */
  readonly portIndexes: readonly (readonly [portNo: number, index: number])[];
}

export interface Pipeline {
  readonly name: 'single-table' | 'multi-table';
  readonly memory: PipelineMemory;
  /** Every group that has rules now, in an order in which they may be put in place. */
  groups(): Iterable<string>;
  /** None where what the group follows from is gone. */
  rulesOf(group: string): FlowRule[];
  /** The groups that a change of this job, port or host touches, in an order in which they may be put in place. */
  groupsOfJob(placed: PlacedJob): readonly string[];
  groupsOfPort(portNo: number): readonly string[];
  groupsOfHost(mac: MacAddress): readonly string[];
  /** The groups that follow from the file, whoever the jobs and hosts are. */
  groupsOfFile(): readonly string[];
  /** The groups that name classes though nobody is in them any more. */
  groupsOfClasses(): readonly string[];
  /**
   * Rules whose changes must not be seen half done, or half refused: while this rule is there, packets that would meet
   * them are asked about. Undefined for groups that need none.
   */
  guardOf(group: string): FlowRule | undefined;
  /**
   * The switch has no room for all rules: from now on, what it does not know is asked about rather than dropped. The
   * answer is the groups that change by that.
   */
  askAboutUnknown(): readonly string[];
  /** A pipeline of its own that says what rules there would be if this were known. */
  over(view: ForwardingView): Pipeline;
}
