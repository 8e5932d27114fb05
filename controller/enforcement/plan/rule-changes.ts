// What one connected switch would be sent for another policy file, counted, and listed where somebody wants to see it.

import type { SwitchConfig } from '../../config/config.ts';
import { formatDpid } from '../../network/switch-state.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { ruleText } from '../../southbound/rule-text.ts';
import type { ForwardingView } from '../ends.ts';
import type { AffectedSwitch, PreparedSwitch } from '../reload.ts';
import type { RuleDifference } from '../rule-difference.ts';
import type { PlannedRule, PlannedSwitch } from './plan-values.ts';

/** What a change of the file or of the policy in force would send to one switch. */
export interface PlannedRules extends RuleDifference {
  /** Decided for single packets, and deleted; `all` where it is not known which there are. */
  readonly stale: readonly FlowRule[] | 'all';
  /** Added before the others change and deleted after. */
  readonly guard: FlowRule | undefined;
}

export interface PlannableSwitch extends AffectedSwitch {
  /** How many rules of the pipeline it has. */
  readonly ruleCount: number;
  /** Undefined while it is being mended: then all of its rules are on their way. */
  planned(view: ForwardingView, groups: Iterable<string> | undefined): PlannedRules | undefined;
}

export function plannedSwitch(prepared: PreparedSwitch<PlannableSwitch>, withRules: boolean): PlannedSwitch {
  const { target, config, view, isRebuilt, groups } = prepared;
  const { state, ruleCount } = target;
  const known = {
    switch: nameUnder(config, prepared),
    dpid: formatDpid(state.dpid),
    version: state.version === 1 ? '1.0' : '1.3',
    pipeline: isRebuilt ? target.pipelineUnder(config?.pipeline) : target.pipeline.name,
    rulesBefore: ruleCount,
  };
  const nothing = { added: 0, changed: 0, removed: 0, removedDecided: 0, isGuarded: false };
  if (isRebuilt) return { ...known, ...nothing, action: 'rebuild', rulesAfter: ruleCount };
  const rules = target.planned(view, groups);
  if (rules === undefined) return { ...known, ...nothing, action: 'mending', rulesAfter: ruleCount };
  const { stale, gone, written, guard } = rules;
  const added = written.filter(({ instead }) => instead === undefined).length;
  const decided = stale === 'all' ? null : stale.length;
  return {
    ...known,
    action: 'update',
    rulesAfter: ruleCount + added - gone.length,
    added,
    changed: written.length - added,
    removed: gone.length + (decided ?? 0),
    removedDecided: decided,
    isGuarded: guard !== undefined,
    ...(withRules && { rules: listRules(state.version, rules) }),
  };
}

function nameUnder(config: SwitchConfig | undefined, { view }: PreparedSwitch<PlannableSwitch>): string {
  return config?.name ?? view.state.name;
}

/** In the order in which they are sent. */
function listRules(version: 1 | 4, { stale, gone, written, guard }: PlannedRules): PlannedRule[] {
  const list = (change: PlannedRule['change'], rule: FlowRule, instead?: FlowRule): PlannedRule => ({
    change,
    table: rule.table ?? 0,
    priority: rule.priority,
    ...ruleText(version, rule),
    instead: instead === undefined ? null : ruleText(version, instead).actions,
  });
  return [
    ...(stale === 'all' ? [] : stale.map((rule) => list('remove', rule))),
    ...(guard === undefined ? [] : [list('add', guard)]),
    ...gone.map(({ rule }) => list('remove', rule)),
    ...written.map(({ rule, instead }) => list(instead === undefined ? 'add' : 'change', rule, instead)),
    ...(guard === undefined ? [] : [list('remove', guard)]),
  ];
}
