// `lark plan --state`: the plan that a running Lark would give, worked out from a file of its state. What no such file has
// are the rules that were decided for single packets: which of those would go is left open.

import type { SwitchConfig } from '../config/config.ts';
import { needsRestart } from '../config/config-difference.ts';
import { type ConfigResult, loadConfig, NO_SOURCE } from '../config/load-config.ts';
import { lostPolicies } from '../config/lost-policies.ts';
import type { ForwardingView } from '../enforcement/ends.ts';
import { MultiTablePipeline } from '../enforcement/multi-table/multi-table.ts';
import type { Pipeline } from '../enforcement/pipeline.ts';
import { beyondLimits, makePlan } from '../enforcement/plan/plan.ts';
import type { PlannableSwitch } from '../enforcement/plan/rule-changes.ts';
import { namesUnder, planChange } from '../enforcement/reconcile/planned-change.ts';
import { RuleGroups } from '../enforcement/reconcile/rule-groups.ts';
import { entryOf, prepareReload } from '../enforcement/reload.ts';
import { SingleTablePipeline } from '../enforcement/single-table.ts';
import type { PlanView } from '../northbound/lark-api.ts';
import { problemView } from '../northbound/problem-view.ts';
import { jobsOf, policyViewOf, readState, switchStateOf } from './read-state.ts';
import { StateError } from './state-error.ts';
import type { SavedSwitch } from './state-file.ts';

export type StatePlan = { readonly view: PlanView } | { readonly refused: Extract<ConfigResult, { config?: never }> };

/**
 * @param stateText of a file that `lark state` printed. Throws a StateError where it is none.
 * @param next the file that would be put in force, already loaded.
 */
export async function planFromState(stateText: string, next: ConfigResult, withRules: boolean): Promise<StatePlan> {
  if (next.config === undefined) return { refused: next };
  const saved = readState(stateText);
  const { file, text } = saved.policy;
  const running = await loadConfig(file, async () => new TextEncoder().encode(text));
  if (running.config === undefined) {
    const first = running.errors[0];
    throw new StateError(`its own policy file ${file} cannot be used here: ${first?.message ?? 'no reason is known'}`);
  }
  const { jobs, all } = jobsOf(saved);
  const former = policyViewOf(saved, running.config, all);
  const switches = saved.switches.map((each) => {
    const state = switchStateOf(each);
    return plannable(each, { state: state.under(entryOf(running.config, state)), jobs, policy: former });
  });
  const prepared = prepareReload({ former, config: next.config, jobs, switches, numbers: former.numbers });
  const { text: nextText, sha256 } = next.source ?? NO_SOURCE;
  const plan = makePlan({ former, prepared, jobs, sha256, away: saved.away, withRules });
  const problems = [
    ...needsRestart(running.config, next.config, nextText),
    ...lostPolicies(running.config, next.config, nextText),
    ...beyondLimits(plan, next.config, nextText),
  ];
  return { view: { plan, warnings: next.warnings.map(problemView), problems: problems.map(problemView) } };
}

function plannable(saved: SavedSwitch, view: ForwardingView): PlannableSwitch {
  const pipeline: Pipeline =
    saved.pipeline === 'multi-table' ? new MultiTablePipeline(view, saved.memory) : new SingleTablePipeline(view);
  const groups = new RuleGroups();
  for (const group of pipeline.groups()) groups.note(group, pipeline.rulesOf(group));
  return {
    state: view.state,
    pipeline,
    ruleCount: groups.size,
    takesBundles: saved.takesBundles,
    pipelineUnder: (wanted) => pipelineUnder(saved, wanted),
    planned: (_, next) => {
      const planned = planChange({
        changes: groups.differences(namesUnder(next, groups), (group) => next.pipeline.rulesOf(group)),
        guard: pipeline.guard,
        takesBundles: saved.takesBundles,
        isCramped: false,
      });
      return { stale: 'all', ...planned };
    },
  };
}

function pipelineUnder({ pipelines }: SavedSwitch, wanted: SwitchConfig['pipeline']): Pipeline['name'] {
  if (wanted === undefined) return pipelines.unless;
  return wanted === 'single-table' ? pipelines.single : pipelines.multi;
}
