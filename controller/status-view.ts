// What /v1/status says of a running Lark: how long it runs, by which policy file and whether the file on the disk is another,
// and how many switches and jobs there are. Each is read from the part that knows it, at the time of the question.

import type { FileWatch } from './config/file-watch.ts';
import type { EnforcementEngine } from './enforcement/engine.ts';
import type { StatusView } from './northbound/lark-api.ts';
import { problemView } from './northbound/problem-view.ts';
import type { PolicyControl } from './policy-control.ts';

/** A file can have an error on each of its lines; the log and `lark check` have all of them. */
const MOST_PROBLEMS = 100;

export interface StatusParts {
  /** Of package.json. */
  readonly version: string;
  /** Wall-clock milliseconds, as `now`. */
  readonly startedAt: number;
  readonly now: number;
  readonly policy: PolicyControl;
  readonly watch: FileWatch | undefined;
  readonly engine: EnforcementEngine;
  readonly jobs: StatusView['jobs'];
}

export function statusView({ version, startedAt, now, policy, watch, engine, jobs }: StatusParts): StatusView {
  return {
    version,
    startedAt: isoTime(startedAt),
    uptimeSec: secondsBetween(startedAt, now),
    policy: policyView(policy, watch, now),
    switches: switchesView(policy, engine),
    mendsWaiting: engine.mending.waiting,
    jobs,
  };
}

function policyView(policy: PolicyControl, watch: FileWatch | undefined, now: number): StatusView['policy'] {
  const { loadedAt, sha256, policies, zones, warnings } = policy.status;
  const { refusal } = policy;
  return {
    file: policy.hasFile ? policy.config.file : null,
    sha256: policy.hasFile ? sha256 : null,
    loadedAt: isoTime(loadedAt),
    ageSec: secondsBetween(loadedAt, now),
    policies,
    zones,
    warnings,
    watch: watch === undefined ? 'off' : watch.isTold ? 'events' : 'looks',
    refused:
      refusal === undefined
        ? null
        : {
            at: isoTime(refusal.at),
            total: refusal.problems.length,
            problems: refusal.problems.slice(0, MOST_PROBLEMS).map(problemView),
          },
  };
}

function switchesView(policy: PolicyControl, engine: EnforcementEngine): StatusView['switches'] {
  const connected = engine.switches();
  const names = new Set(connected.map(({ state }) => state.name));
  const known = [...policy.config.switches.map(({ name }) => name), ...engine.awaySwitches()];
  return {
    connected: connected.length,
    mended: connected.filter(({ rules }) => rules.isMended).length,
    away: [...new Set(known)].filter((name) => !names.has(name)).sort(),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 1000));
}
