// What one connected switch would be sent for another policy file, counted, and listed where somebody wants to see it.

import type { SwitchConfig } from '../../config/config.ts';
import { formatDpid } from '../../network/switch-state.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { ruleText } from '../../southbound/rule-text.ts';
import type { ForwardingView } from '../ends.ts';
import type { NextPipeline } from '../pipeline.ts';
import type { PlannedChange, PlannedStep } from '../reconcile/planned-change.ts';
import type { AffectedSwitch, PreparedSwitch } from '../reload.ts';
import type { PlannedRule, PlannedSwitch } from './plan-values.ts';

export interface PlannableSwitch extends AffectedSwitch {
  /** How many rules of the pipeline it has. */
  readonly ruleCount: number;
  /** Undefined while it is being mended: then all of its rules are on their way. */
  planned(view: ForwardingView, next: NextPipeline): PlannedChange | undefined;
}

export function plannedSwitch(prepared: PreparedSwitch<PlannableSwitch>, withRules: boolean): PlannedSwitch {
  const { target, config, view, isRebuilt, next } = prepared;
  const { state, ruleCount } = target;
  const known = {
    switch: nameUnder(config, prepared),
    dpid: formatDpid(state.dpid),
    version: state.version === 1 ? '1.0' : '1.3',
    pipeline: isRebuilt ? target.pipelineUnder(config?.pipeline) : target.pipeline.name,
    rulesBefore: ruleCount,
  };
  const nothing = { added: 0, changed: 0, removed: 0, removedDecided: 0, isGuarded: false, isBundle: false };
  if (isRebuilt) return { ...known, ...nothing, action: 'rebuild', rulesAfter: ruleCount };
  const rules = target.planned(view, next);
  if (rules === undefined) return { ...known, ...nothing, action: 'mending', rulesAfter: ruleCount };
  const { stale, steps, guard } = rules;
  const gone = steps.filter((step) => step.do === 'delete').length;
  const changed = steps.filter((step) => step.do === 'add' && step.instead !== undefined).length;
  const added = steps.length - gone - changed;
  const decided = stale === 'all' ? null : stale.length;
  return {
    ...known,
    action: 'update',
    rulesAfter: ruleCount + added - gone,
    added,
    changed,
    removed: gone + (decided ?? 0),
    removedDecided: decided,
    isGuarded: guard !== undefined,
    isBundle: rules.isBundle,
    ...(withRules && { rules: listRules(state.version, rules) }),
  };
}

function nameUnder(config: SwitchConfig | undefined, { view }: PreparedSwitch<PlannableSwitch>): string {
  return config?.name ?? view.state.name;
}

/** In the order in which they are sent. */
function listRules(version: 1 | 4, { stale, steps, guard }: PlannedChange): PlannedRule[] {
  const list = (change: PlannedRule['change'], rule: FlowRule, instead?: FlowRule): PlannedRule => ({
    change,
    table: rule.table ?? 0,
    priority: rule.priority,
    ...ruleText(version, rule),
    instead: instead === undefined ? null : ruleText(version, instead).actions,
  });
  const ofStep = (step: PlannedStep) =>
    step.do === 'delete'
      ? list('remove', step.rule)
      : list(step.instead === undefined ? 'add' : 'change', step.rule, step.instead);
  return [
    ...(stale === 'all' ? [] : stale.map((rule) => list('remove', rule))),
    ...(guard === undefined ? [] : [list('remove', guard.reserve), list('add', guard.guard)]),
    ...steps.map(ofStep),
    ...(guard === undefined ? [] : [list('remove', guard.guard), list('add', guard.reserve)]),
  ];
}
