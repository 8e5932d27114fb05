import { describe, expect, it } from 'vitest';
import type { StatusView } from '../northbound/lark-api.ts';
import { wellStatus } from '../northbound/testing/fake-lark.ts';
import { runForTest } from './testing/run-for-test.ts';

const problem = (line: number | null, message: string) => ({
  code: 'CONFIG_VALUE_INVALID',
  message,
  file: 'policy.yaml',
  line,
  column: line === null ? null : 3,
});
const refused = {
  at: '2026-01-02T05:04:05.000Z',
  total: 3,
  problems: [problem(null, 'is empty'), problem(7, 'no\u001b[2J')],
};
const statusOf = (changes: Partial<StatusView>, policy: Partial<StatusView['policy']> = {}) =>
  runForTest(['status'], {
    api: { status: () => ({ ...wellStatus, ...changes, policy: { ...wellStatus.policy, ...policy } }) },
  });

describe('lark status', () => {
  it('says how Lark is, on one screen', async () => {
    expect(await runForTest(['status'])).toEqual({
      code: 0,
      err: '',
      out: `lark       9.8.7, running for 3h12m, since 2026-01-02T03:04:05.000Z
policy     policy.yaml
sha256     ${'0f'.repeat(32)}
in force   for 1m5s, since 2026-01-02T04:04:05.000Z
contents   3 policies, 2 zones, 0 warnings
watched    yes
last load  in force
switches   2 connected, 2 mended, 0 waiting to be mended
away       -
jobs       2 port, 1 by-address, 0 unenforced, 0 waiting
`,
    });
  });

  it('says what is wrong with a file that was refused, and exits with 1', async () => {
    const { code, out } = await statusOf({}, { refused });
    expect(code).toBe(1);
    expect(out).toMatch(/^last load {2}refused at 2026-01-02T05:04:05\.000Z$/m);
    expect(out.split('\n').slice(-6)).toEqual([
      '',
      'The file on the disk cannot be used, and the one above stays in force:',
      'policy.yaml: is empty',
      'policy.yaml:7:3: no\\x1b[2J',
      'and 1 more: see lark check',
      '',
    ]);
  });

  it('names switches that are away', async () => {
    const { code, out } = await statusOf({ switches: { connected: 1, mended: 0, away: ['core', 'rack2'] } });
    expect(code).toBe(0);
    expect(out).toMatch(/^away {7}core, rack2$/m);
  });

  it.each([
    [{ watch: 'off' as const }, /^watched {4}no: a changed file waits for lark reload$/m],
    [{ watch: 'looks' as const }, /^watched {4}by looking every 10 s:.*policy\.watch_failed/m],
    [{ file: null, sha256: null }, /^policy {5}none: the defaults hold\nsha256 {5}-$/m],
  ])('tells %s', async (policy, line) => {
    expect((await statusOf({}, policy)).out).toMatch(line);
  });

  it.each([
    [0, '0s'],
    [59, '59s'],
    [3600, '1h'],
    [90_061, '1d1h'],
  ])('writes %i seconds as %s', async (uptimeSec, text) => {
    expect((await statusOf({ uptimeSec })).out).toContain(`running for ${text}, since`);
  });

  it('prints the view as JSON', async () => {
    expect(JSON.parse((await runForTest(['status', '--json'])).out)).toEqual(wellStatus);
  });
});
