// In which order the parts of a change are sent where packets may come between them, so that none that is denied before and
// after passes, and none that is allowed before and after is lost (promise 3):
//
//  1. new rules that ask: the controller judges by what is so already;
//  2. deletes of rules that let packets on: what they covered is dropped or asked about from here;
//  3. the other new rules, later tables first, highest priority first: an exception is there before the rule that it is an
//     exception from, whichever of them is the stricter;
//  4. deletes of rules that drop, and then of those that ask, whose packets the new rules take by now: a drop must not
//     come to light for a moment because what asked before it is gone.
//
// A switch that has no room gets deletes first: there "nothing lost" gives way. So does a bundle, which no packet comes into.

import { CONTROLLER_PORT } from '../../network/port-numbers.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import type { GroupChange } from './rule-groups.ts';

export type Step =
  | { readonly do: 'add'; readonly rule: FlowRule }
  | { readonly do: 'delete'; readonly rule: FlowRule }
  /** The switch has it and nothing calls for it. */
  | { readonly do: 'clear'; readonly rule: SwitchRule };

/** @param deletesFirst the switch is short of room, or carries it all out at once. */
export function stepsOf(
  changes: readonly Pick<GroupChange, 'gone' | 'added'>[],
  leftOver: readonly SwitchRule[],
  deletesFirst: boolean,
): Step[] {
  const gone: Step[] = [
    ...leftOver.map((rule): Step => ({ do: 'clear', rule })),
    ...changes.flatMap((change) => change.gone.map((rule): Step => ({ do: 'delete', rule }))),
  ];
  const added = changes
    .flatMap((change) => [...change.added].sort(laterFirst))
    .map((rule): Step => ({ do: 'add', rule }));
  if (deletesFirst) return [...gone, ...added];
  const those = (steps: readonly Step[], ...effects: readonly Effect[]) =>
    steps.filter((step) => effects.includes(effectOf(step)));
  return [
    ...those(added, 'asks'),
    ...those(gone, 'lets on'),
    ...those(added, 'lets on', 'drops'),
    ...those(gone, 'drops'),
    ...those(gone, 'asks'),
  ];
}

function laterFirst(a: FlowRule, b: FlowRule): number {
  return (b.table ?? 0) - (a.table ?? 0) || b.priority - a.priority;
}

type Effect = 'asks' | 'drops' | 'lets on';

function effectOf(step: Step): Effect {
  if (step.do === 'clear') {
    const { actions } = step.rule;
    return actions === 'drop' ? 'drops' : /^CONTROLLER:\d+$/.test(actions) ? 'asks' : 'lets on';
  }
  const { outputs, goto } = step.rule;
  if (goto !== undefined) return 'lets on';
  if (outputs.length === 0) return 'drops';
  return outputs.every(({ port }) => port === CONTROLLER_PORT) ? 'asks' : 'lets on';
}
