// What the API shows of the policy file in force, of a reload, and of what one would do.

import { count, dpid, flag, list, nullable, object, oneOf, ref, type Schema, text, time } from './schema.ts';

const warnings = list(ref('FileProblem'));
const verdict = object({
  action: oneOf(['drop', 'forward']),
  effect: text('What is done with packets'),
  reason: nullable(text()),
  policy: nullable(text()),
  place: nullable(text()),
});
const pair = object({
  sources: list(count(), 'Indexes into ends'),
  destinations: list(count()),
  exceptItself: flag('No end with itself'),
});
const verdicts = object({
  ends: list(object({ label: text(), kind: oneOf(['job', 'zone', 'local']), jobs: count(), users: list(text()) })),
  changes: list(object({ before: verdict, after: verdict, pairs: list(pair) })),
  jobs: count('That some change is about'),
  users: list(text()),
});
const plannedRule = object({
  change: oneOf(['add', 'change', 'remove']),
  table: count(),
  priority: count(),
  match: text(),
  actions: text(),
  instead: nullable(text()),
});
const plannedSwitch = object(
  {
    switch: text(),
    dpid: dpid(),
    version: oneOf(['1.0', '1.3']),
    pipeline: oneOf(['single-table', 'multi-table']),
    action: oneOf(['update', 'rebuild', 'mending']),
    rulesBefore: count(),
    rulesAfter: count(),
    added: count(),
    changed: count(),
    removed: count(),
    removedDecided: nullable(count('Decided for single packets; null: all of them, however many')),
    isGuarded: flag('Verdicts are asked about while the rules change'),
    isBundle: flag('They go as one bundle'),
    rules: list(plannedRule, 'In the order in which they are sent, where ?rules=true asks for them'),
  },
  { optional: ['rules'] },
);

export const policySchemas: Readonly<Record<string, Schema>> = {
  FileProblem: object({
    code: text('Of docs/errors.md'),
    message: text(),
    file: text(),
    line: nullable(count()),
    column: nullable(count()),
  }),
  Policy: object({
    file: nullable(text('As Lark was given it; null: the defaults')),
    sha256: nullable(text("Of the file's bytes", { pattern: '^[0-9a-f]{64}$' })),
    loadedAt: time(),
    ageSec: count(),
    policies: count('How many'),
    zones: count('How many'),
    warnings: count('How many'),
    watch: oneOf(['events', 'looks', 'off'], 'How changes of the file are noticed'),
    refused: nullable(
      object(
        { at: time(), total: count(), problems: list(ref('FileProblem'), 'The first hundred') },
        { description: 'Why the last load was refused' },
      ),
    ),
  }),
  Plan: object({
    file: text(),
    sha256: text(),
    jobs: count(),
    classes: object({ before: count(), after: count(), limit: count() }),
    ruleLimit: count(),
    verdicts: nullable(verdicts),
    moves: list(object({ job: text(), from: text(), to: text() }), 'Jobs whose port the file tells otherwise'),
    settings: list(object({ key: text(), before: text(), after: text() })),
    switches: list(plannedSwitch),
    away: list(text()),
  }),
  Reload: object({
    plan: ref('Plan'),
    warnings,
    silent: list(text(), 'Connected switches that have not confirmed yet'),
    away: list(text(), 'Not connected'),
    rebuilt: list(text(), 'Whose connection was closed, since they get another pipeline'),
  }),
  PlannedReload: object({
    plan: ref('Plan'),
    warnings,
    problems: list(ref('FileProblem'), 'Why a reload with this file would be refused all the same'),
  }),
};
