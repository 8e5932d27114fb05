import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReloadPlan } from '../enforcement/plan/plan-values.ts';
import type { PlanView } from '../northbound/lark-api.ts';
import { ProblemError } from '../northbound/problem.ts';
import { noChange } from '../northbound/testing/fake-lark.ts';
import { runForTest } from './testing/run-for-test.ts';

const drop = {
  action: 'drop',
  effect: 'drop',
  reason: 'user bob is blocked',
  policy: 'block-users',
  place: 'new.yaml:7:5',
} as const;
const forward = {
  action: 'forward',
  effect: 'forward in queue cms',
  reason: null,
  policy: null,
  place: null,
} as const;
const plan = {
  ...noChange,
  verdicts: {
    ends: [
      { label: 'jobs of alice', kind: 'job', jobs: 3, users: ['alice'] },
      { label: 'jobs of bob', kind: 'job', jobs: 2, users: ['bob'] },
      { label: 'wan', kind: 'zone', jobs: 0, users: [] },
    ],
    changes: [
      {
        before: forward,
        after: drop,
        pairs: [
          { sources: [1], destinations: [2], exceptItself: false },
          { sources: [0, 1], destinations: [0, 1], exceptItself: true },
        ],
      },
    ],
    jobs: 5,
    users: ['alice', 'bob'],
  },
  settings: [{ key: 'jobs.settle', before: '200ms', after: '100ms' }],
  switches: [
    {
      ...noChange.switches[0]!,
      rulesBefore: 75,
      rulesAfter: 74,
      added: 3,
      removed: 6,
      removedDecided: 2,
      rules: [
        { change: 'remove', table: 3, priority: 40, match: 'metadata=0x5/0xfffff', actions: 'drop', instead: null },
        { change: 'change', table: 3, priority: 10, match: '', actions: 'drop', instead: 'goto_table:5' },
      ],
    },
  ],
} as const satisfies ReloadPlan;

describe('lark plan', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lark-plan-'));
    file = join(directory, 'new.yaml');
    await writeFile(file, 'policies: []\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('sends the file and prints what would change', async () => {
    const asked: unknown[] = [];
    const planPolicy = async (request: unknown): Promise<PlanView> => {
      asked.push(request);
      return { plan, warnings: [], problems: [] };
    };
    const { code, out, err } = await runForTest(['plan', file, '--rules'], { api: { planPolicy } });
    expect([code, err, asked]).toEqual([0, '', [{ file, text: 'policies: []\n', withRules: true }]]);
    expect(out).toBe(`forward in queue cms → drop by block-users (new.yaml:7:5)
  from jobs of bob
    to wan
  between different ones of: jobs of alice; jobs of bob

Verdicts change for 5 jobs of 2 users: alice; bob.
jobs.settle: 200ms → 100ms

Endpoint classes: 5 → 5 (limit 4096), of 3 jobs.

core (1.3, multi-table): 3 added, 0 changed, 6 removed; 71 stay as they are, and nothing else is touched; 75 → 74 rules.
  - table=3, priority=40,metadata=0x5/0xfffff actions=drop
  ~ table=3, priority=10 actions=drop  (was goto_table:5)
`);
  });

  it('exits with 1 where a reload would be refused, and says why', async () => {
    const problems = [{ code: 'CONFIG_LIMIT', message: 'too many', file, line: 3, column: 2 }];
    const { code, err } = await runForTest(['plan', file], {
      api: { planPolicy: async () => ({ plan, warnings: [], problems }) },
    });
    expect([code, err]).toEqual([1, `refused: ${file}:3:2: too many\n`]);
  });

  it('says all that is wrong with the file', async () => {
    const planPolicy = async () => {
      const problems = [{ code: 'CONFIG_SYNTAX', message: 'bad', file: 'new.yaml', line: 1, column: 2 }];
      throw new ProblemError('HTTP_POLICY_REFUSED', 'It cannot be used: new.yaml:1:2: bad.', { problems });
    };
    const { code, err } = await runForTest(['plan', file], { api: { planPolicy } });
    expect(code).toBe(1);
    // Once each.
    expect(err).toBe('lark: It cannot be used. (HTTP_POLICY_REFUSED)\nnew.yaml:1:2: bad\n');
  });

  it('refuses a state that is none', async () => {
    const { planFromState } = await import('../state/plan-from-state.ts');
    const { parseConfig } = await import('../config/load-config.ts');
    const parts = { planFromState, loadConfig: async () => parseConfig('new.yaml', 'policies: []') };
    const state = join(directory, 'state.json');
    await writeFile(state, '{"format":"lark-state-0"}');
    const { code, err } = await runForTest(['plan', file, '--state', state], { parts });
    expect(code).toBe(2);
    expect(err).toContain(`${state} is no state that \`lark state\` printed: format:`);
  });

  it('cannot plan for a file that is not there', async () => {
    expect(await runForTest(['plan', join(directory, 'none.yaml')])).toMatchObject({ code: 2, out: '' });
  });
});

describe('lark reload', () => {
  it('prints what was done', async () => {
    const { code, out, err } = await runForTest(['reload']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('policy.yaml is in force.');
    expect(out).toContain('core (1.3, multi-table): nothing is touched; 40 rules.');
  });

  it('exits with 1 where a switch has not confirmed', async () => {
    const reloadPolicy = async () => ({ plan: noChange, warnings: [], silent: ['core'], away: [], rebuilt: [] });
    expect(await runForTest(['reload'], { api: { reloadPolicy } })).toMatchObject({
      code: 1,
      err: 'Has not confirmed yet: core\n',
    });
  });
});

describe('lark state', () => {
  it('prints the document as it is', async () => {
    expect(await runForTest(['state'])).toMatchObject({ code: 0, out: '{"format":"lark-state-1"}\n' });
  });
});
