// A pipeline says which rules a switch should have, as a pure function of what is known, in groups: a group follows from
// one thing, so that a change touches the groups of what changed and no others. No two groups share a rule.

import type { MacAddress } from '../../protocols/packet/address.ts';
import type { PlacedJob } from '../network/job-table.ts';
import type { Capabilities } from '../southbound/capabilities.ts';
import type { FlowRule } from '../southbound/flow-rule.ts';
import type { ForwardingView } from './ends.ts';
import type { Shift } from './succession.ts';

/** What a pipeline has settled on for as long as the switch is connected. */
export interface PipelineMemory {
  /** See `askAboutUnknown`. */
  readonly asksAboutUnknown: boolean;
  /** See `adapt`. */
  readonly hasRegisters: boolean;
  /** Small numbers of ports, in the order in which they were given. */
  readonly portIndexes: readonly (readonly [portNo: number, index: number])[];
}

export interface Pipeline {
  readonly name: 'single-table' | 'multi-table';
  readonly memory: PipelineMemory;
  /** Told once, before any rule is asked for: what the switch can do beyond its version. */
  adapt(capabilities: Capabilities): void;
  /** Every group that has rules now, in an order in which they may be put in place. */
  groups(): Iterable<string>;
  /** None where what the group follows from is gone. */
  rulesOf(group: string): readonly FlowRule[];
  /** The groups that a change of this job, port or host touches, in an order in which they may be put in place. */
  groupsOfJob(placed: PlacedJob): readonly string[];
  groupsOfPort(portNo: number): readonly string[];
  groupsOfHost(mac: MacAddress): readonly string[];
  /** The groups that name classes though nobody is in them any more. */
  groupsOfClasses(): readonly string[];
  /** Undefined where rules that forward are all decided one by one. */
  readonly guard: Guard | undefined;
  /** The group without which nothing is forwarded unasked. */
  readonly heart: string | undefined;
  /**
   * What is left of all rules where one of this group finds no room: then every packet is asked about.
   */
  readonly lastResort: { readonly group: string; readonly rules: readonly FlowRule[] };
  /** True where a change of the group must not be seen half done, nor half refused. */
  needsGuard(group: string): boolean;
  /**
   * For a switch without room: how much is lost without this group, the least first; undefined for one that cannot be spared.
   * What a spared group's rules would have carried is asked about, if `askAboutUnknown` has been told.
   */
  rank(group: string): number | undefined;
  /** Whether some job's rules are left out, so that what is not known is asked about rather than dropped. The groups that change by that. */
  askAboutUnknown(asks: boolean): readonly string[];
  /** A pipeline of its own that says what rules there would be if this were known. */
  over(view: ForwardingView): Pipeline;
  /** The same for another file under which the jobs, their places and ranges and what it says of the switch are as they are. */
  under(view: ForwardingView, shifts: readonly Shift[]): NextPipeline;
}

export interface NextPipeline {
  readonly pipeline: Pipeline;
  /** The groups that may have other rules; undefined: any. */
  readonly touched: ReadonlySet<string> | undefined;
  /**
   * Has the switch's own pipeline go on where this one is, once the rules of the touched groups were made by it; to be called in
   * the turn in which it is put in force. Left out where all groups have to be made anew.
   */
  readonly takeOver?: () => void;
}

/** While `guard` is there, whatever would be forwarded is asked about. `reserve` matches nothing and keeps its place in a full table. */
export interface Guard {
  readonly guard: FlowRule;
  readonly reserve: FlowRule;
}
