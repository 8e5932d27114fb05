// What a change of what is known would send to a switch, in the order in which it would be sent: the same steps that are
// taken when the change is made, worked out without making it. A pure function.

import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { Guard, NextPipeline } from '../pipeline.ts';
import { stepsOf } from './change-order.ts';
import type { GroupChange, RuleGroups } from './rule-groups.ts';

export type PlannedStep =
  /** `instead`: the rule of the same match and priority that it replaces. */
  | { readonly do: 'add'; readonly rule: FlowRule; readonly instead: FlowRule | undefined }
  | { readonly do: 'delete'; readonly rule: FlowRule };

export interface PlannedChange {
  /** Decided for single packets, and deleted first; `all` where it is not known which there are. */
  readonly stale: readonly FlowRule[] | 'all';
  readonly steps: readonly PlannedStep[];
  /** Raised before and lifted after. */
  readonly guard: Guard | undefined;
  /** The steps go as one bundle. */
  readonly isBundle: boolean;
}

export interface PlanningParts {
  /** In the order in which they may be put in place. */
  readonly changes: readonly GroupChange[];
  readonly guard: Guard | undefined;
  readonly takesBundles: boolean;
  /** The switch has little room. */
  readonly isCramped: boolean;
}

/** The groups that may have other rules under the next pipeline. */
export function namesUnder({ pipeline, touched }: NextPipeline, groups: RuleGroups): Iterable<string> {
  return touched ?? new Set([...pipeline.groups(), ...groups.names()]);
}

export function planChange(parts: PlanningParts): Omit<PlannedChange, 'stale'> {
  const { changes, guard, takesBundles, isCramped } = parts;
  const isBundle = takesBundles && guard !== undefined && changes.length > 0;
  const instead = new Map(changes.flatMap(({ replaced }) => [...replaced]));
  const steps = stepsOf(changes, [], isBundle || isCramped).flatMap((step): PlannedStep[] => {
    if (step.do === 'clear') return [];
    return [step.do === 'add' ? { ...step, instead: instead.get(step.rule) } : step];
  });
  return { steps, guard: changes.length > 0 && !isBundle ? guard : undefined, isBundle };
}
