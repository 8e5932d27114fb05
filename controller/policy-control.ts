// The policy file in force, and how another takes its place. A file that is wrong, that lost its policies, that needs a restart
// or that goes beyond its limits changes nothing: the one in force stays, and the answer, the log and the metrics say so. Reloads
// come one after another; what a reload does is worked out, checked and put in force within one turn of the event loop.

import { EventEmitter } from 'node:events';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { policyCatalogue } from '../policies/catalogue.ts';
import { type Config, formatPlace, LISTENERS } from './config/config.ts';
import { needsRestart } from './config/config-difference.ts';
import { type ConfigResult, NO_SOURCE, type PolicySource, parseConfig } from './config/load-config.ts';
import { modulePathsOf, type PolicyModules } from './config/load-modules.ts';
import { lostPolicies } from './config/lost-policies.ts';
import type { ConfigProblem } from './config/problem.ts';
import { readYaml } from './config/yaml-source.ts';
import type { EnforcementEngine, ReloadConfirmation } from './enforcement/engine.ts';
import { changedVerdicts } from './enforcement/plan/changed-verdicts.ts';
import { beyondLimits, makePlan } from './enforcement/plan/plan.ts';
import type { ReloadPlan } from './enforcement/plan/plan-values.ts';
import type { Succession } from './enforcement/succession.ts';
import { type Clock, pause } from './jobs/clock.ts';
import type { EventName } from './telemetry/event-names.ts';

export interface PolicyInForce {
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
  readonly source: PolicySource;
}

export interface PolicyControlParts {
  readonly engine: EnforcementEngine;
  readonly inForce: PolicyInForce;
  /** The fingerprint of what `inForce` was read from, where it was read from a file. */
  readonly tried?: string | undefined;
  /** Reads the file anew that Lark was started with; undefined where it was started without one. */
  readonly load: (() => Promise<ConfigResult>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Why the last load was refused, and when: wall-clock milliseconds. */
export interface Refusal {
  readonly at: number;
  readonly problems: readonly ConfigProblem[];
}

export interface PlanRequest {
  /** How messages call it. */
  readonly file: string;
  readonly text: string;
  /** List the single rules, too. */
  readonly withRules: boolean;
}

/** `refused`: nothing has changed. */
export type ReloadOutcome =
  | {
      readonly outcome: 'reloaded';
      readonly plan: ReloadPlan;
      readonly warnings: readonly ConfigProblem[];
      readonly switches: ReloadConfirmation;
    }
  | { readonly outcome: 'refused'; readonly problems: readonly ConfigProblem[] }
  | { readonly outcome: 'no-file' };

export type PlanOutcome =
  | {
      readonly outcome: 'planned';
      readonly plan: ReloadPlan;
      readonly warnings: readonly ConfigProblem[];
      readonly problems: readonly ConfigProblem[];
    }
  | { readonly outcome: 'refused'; readonly problems: readonly ConfigProblem[] };

export interface PolicyEvents {
  /** What came of a load: as the log says it. */
  load: [fields: object, event: EventName];
  /** Another configuration is in force, and what goes by it has not been sent to the switches yet. */
  changed: [config: Config];
}

export class PolicyControl {
  readonly events = new EventEmitter<PolicyEvents>();
  readonly #parts: PolicyControlParts;
  #inForce: PolicyInForce;
  #loadedAt: number;
  #refusal: Refusal | undefined;
  #tried: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: PolicyControlParts) {
    this.#parts = parts;
    this.#inForce = parts.inForce;
    this.#loadedAt = parts.clock.now();
    this.#tried = parts.tried;
  }

  get config(): Config {
    return this.#inForce.config;
  }

  get source(): PolicySource {
    return this.#inForce.source;
  }

  /** The fingerprint of the content that was loaded last, whatever came of it. */
  get tried(): string | undefined {
    return this.#tried;
  }

  /** Of the last load; undefined where that succeeded. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get hasFile(): boolean {
    return this.#parts.load !== undefined;
  }

  get status() {
    const { config, warnings, source } = this.#inForce;
    return {
      loadedAt: this.#loadedAt,
      policies: config.policies.length,
      zones: config.zones.length,
      warnings: warnings.length,
      switches: config.switches.map(({ name }) => name),
      certificates: certificatesOf(config),
      sha256: source.sha256,
      isLastLoadRefused: this.#refusal !== undefined,
    };
  }

  /** Never rejects for what is wrong with the file. */
  reload(): Promise<ReloadOutcome> {
    const outcome = this.#last.then(() => this.#reload());
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /**
   * What a reload with this text would do. Changes nothing and loads no code: modules are those of the file in force.
   * `problems` would have the reload refused all the same.
   */
  async plan({ file, text, withRules }: PlanRequest): Promise<PlanOutcome> {
    const { config: running, source } = this.#inForce;
    const modules = modulesFor(file, text, source.modules);
    const result = parseConfig(file, text, policyCatalogue, modules, dirname(running.file), source.named);
    if (result.config === undefined) return { outcome: 'refused', problems: result.errors };
    const { config, warnings, source: planned = NO_SOURCE } = result;
    const sorted = await this.#parts.engine.sortJobs(config);
    const { plan } = this.#work(sorted, planned.sha256, withRules);
    return { outcome: 'planned', plan, warnings, problems: this.#problems(plan, config, text) };
  }

  async #reload(): Promise<ReloadOutcome> {
    const { engine, load, clock } = this.#parts;
    if (load === undefined) {
      this.#parts.log.warn('policy.no_file');
      return { outcome: 'no-file' };
    }
    const result = await load();
    this.#tried = result.fingerprint;
    if (result.config === undefined) return this.#refused(result.errors);
    const { config, warnings, source = NO_SOURCE } = result;
    const sorted = await engine.sortJobs(config);
    const { plan, prepared } = this.#work(sorted, source.sha256, false);
    const problems = this.#problems(plan, config, source.text);
    if (problems.length > 0) return this.#refused(problems);
    this.#inForce = { config, warnings, source };
    this.#loadedAt = clock.now();
    this.#refusal = undefined;
    this.events.emit('changed', config);
    const switches = await engine.reload(prepared);
    await pause(clock, config.jobs.settleMs);
    for (const { code, message, file, place } of warnings) {
      const at = place === undefined ? file : formatPlace(place);
      this.#parts.log.warn({ code, place: at, message }, 'config.warning');
    }
    this.#logReload(plan, switches);
    return { outcome: 'reloaded', plan, warnings, switches };
  }

  #work(sorted: Succession, sha256: string, withRules: boolean) {
    const { engine } = this.#parts;
    const prepared = engine.prepare(sorted);
    const { policy: former, jobs } = engine;
    return { prepared, plan: makePlan({ former, prepared, jobs, sha256, away: engine.awaySwitches(), withRules }) };
  }

  #problems(plan: ReloadPlan, config: Config, text: string): readonly ConfigProblem[] {
    return [
      ...needsRestart(this.config, config, text),
      ...lostPolicies(this.config, config, text),
      ...beyondLimits(plan, config, text),
    ];
  }

  #refused(problems: readonly ConfigProblem[]): ReloadOutcome {
    this.#refusal = { at: this.#parts.clock.now(), problems };
    for (const { code, message, file, place } of problems) {
      this.#parts.log.error(
        { code, place: place === undefined ? file : formatPlace(place), message },
        'policy.refused',
      );
    }
    const [first] = problems;
    const place = first?.place === undefined ? first?.file : formatPlace(first.place);
    const told = first && { code: first.code, place, message: first.message };
    this.events.emit('load', { problems: problems.length, first: told ?? null }, 'policy.refused');
    return { outcome: 'refused', problems };
  }

  #logReload({ file, sha256, verdicts, switches }: ReloadPlan, { silent, away, rebuilt }: ReloadConfirmation): void {
    const sum = (key: 'added' | 'changed' | 'removed') => switches.reduce((total, each) => total + each[key], 0);
    const { log } = this.#parts;
    const said = {
      file,
      sha256,
      jobs: verdicts?.jobs ?? 'unknown',
      rules: { added: sum('added'), changed: sum('changed'), removed: sum('removed') },
      ...(away.length > 0 && { away }),
      ...(rebuilt.length > 0 && { rebuilt }),
    };
    this.events.emit('load', { ...said, ...(silent.length > 0 && { silent }) }, 'policy.reloaded');
    for (const change of verdicts === null ? [] : changedVerdicts(verdicts)) {
      this.events.emit('load', change, 'policy.verdict_changed');
    }
    if (silent.length > 0) log.warn({ ...said, silent }, 'policy.reloaded');
    else log.info(said, 'policy.reloaded');
  }
}

function certificatesOf(config: Config) {
  return LISTENERS.flatMap((listener) => {
    const expiresAt = config[listener].tls?.material?.expiresAt;
    return expiresAt === undefined ? [] : [{ listener, expiresAt }];
  });
}

/** Code comes from the file that Lark was started with, never from whoever asks. */
function modulesFor(file: string, text: string, known: PolicyModules): PolicyModules {
  const yaml = readYaml(file, text);
  const paths = 'source' in yaml ? modulePathsOf(yaml.source.value) : [];
  const problem = (path: string) =>
    `the module ${path} is not one of the file in force, and a plan loads no code into a Lark that runs: plan with --state, which loads it where you are`;
  return new Map(paths.map((path) => [path, known.get(path) ?? { problem: problem(path) }]));
}
