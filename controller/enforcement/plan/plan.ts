// What a reload would do, said before it does it: which verdicts change for whom, which rules on which switch, and how many
// classes and rules there would be. A pure function of what `prepareReload` worked out; nothing is changed by it.

import type { Config } from '../../config/config.ts';
import { changedSettings } from '../../config/config-difference.ts';
import type { ConfigProblem } from '../../config/problem.ts';
import { readYaml } from '../../config/yaml-source.ts';
import type { JobTable, PortLocation } from '../../network/job-table.ts';
import { formatDpid } from '../../network/switch-state.ts';
import type { PolicyView } from '../policy-view.ts';
import type { PreparedReload } from '../reload.ts';
import type { ReloadPlan } from './plan-values.ts';
import { type PlannableSwitch, plannedSwitch } from './rule-changes.ts';
import { verdictChanges } from './verdict-changes.ts';

export interface PlanParts {
  readonly former: PolicyView;
  readonly prepared: PreparedReload<PlannableSwitch>;
  readonly jobs: JobTable;
  readonly sha256: string;
  readonly away: readonly string[];
  readonly withRules: boolean;
}

export function makePlan({ former, prepared, jobs, sha256, away, withRules }: PlanParts): ReloadPlan {
  const { policy, shifts, switches, moves } = prepared;
  const { config } = policy;
  return {
    file: config.file,
    sha256,
    jobs: jobs.size,
    classes: {
      before: former.engine.live().size,
      after: policy.engine.live().size,
      limit: config.limits.classes,
    },
    ruleLimit: config.limits.rules,
    verdicts: verdictChanges(former, policy, shifts) ?? null,
    moves: moves.map(({ placed, location }) => ({
      job: placed.job.key,
      from: placed.location === undefined ? '' : portText(placed.location, switches),
      to: portText(location, switches),
    })),
    settings: changedSettings(former.config, config),
    switches: switches.map((each) => plannedSwitch(each, withRules)),
    away,
  };
}

/** An error for each limit of the file that it would go beyond. */
export function beyondLimits(plan: ReloadPlan, config: Config, text: string): readonly ConfigProblem[] {
  const yaml = readYaml(config.file, text);
  const problem = (key: 'classes' | 'rules', message: string): ConfigProblem => ({
    code: 'CONFIG_LIMIT',
    severity: 'error',
    message,
    file: config.file,
    place: 'source' in yaml ? yaml.source.place(['limits', key], 'key') : undefined,
  });
  const { classes, ruleLimit, switches } = plan;
  const tooMany = switches.filter(({ rulesAfter }) => rulesAfter > ruleLimit);
  return [
    ...(classes.after > classes.limit
      ? [
          problem(
            'classes',
            `with the jobs that there are, this file makes ${classes.after} endpoint classes, and limits.classes is ${classes.limit}: raise it, or have the policies look at attributes that more jobs share`,
          ),
        ]
      : []),
    ...tooMany.map((each) =>
      problem(
        'rules',
        `switch ${each.switch} would have ${each.rulesAfter} rules, and limits.rules is ${ruleLimit}: raise it, or have the policies tell fewer endpoints apart`,
      ),
    ),
  ];
}

function portText({ dpid, portNo, portName }: PortLocation, switches: PreparedReload<PlannableSwitch>['switches']) {
  const at = switches.find(({ target }) => target.state.dpid === dpid);
  return `${at?.view.state.name ?? formatDpid(dpid)} port ${portName ?? portNo}`;
}
