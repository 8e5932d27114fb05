import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import type { CliParts } from './context.ts';
import { runForTest } from './testing/run-for-test.ts';

const directory = mkdtempSync(join(tmpdir(), 'lark-check-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const parts: Partial<CliParts> = { loadConfig: (path) => loadConfig(path ?? '') };

describe('lark check', () => {
  it('says what a good file makes Lark do and exits with 0', async () => {
    const path = file('good.yaml', 'policies:\n  - isolate-users: true\n');
    const { code, out, err } = await runForTest(['check', path], { parts });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('isolate-users');
  });

  it('prints file:line:col for each error and exits with 1', async () => {
    const path = file('bad.yaml', 'policies:\n  - isolate-usres: true\nhttp:\n  listen: 8080.x\n');
    const { code, out } = await runForTest(['check', path], { parts });
    expect(code).toBe(1);
    expect(out).toContain(`${path}:2:5: `);
    expect(out).toContain('isolate-users');
    expect(out).toContain(`${path}:4:11: `);
  });

  it('prints the same as JSON with codes', async () => {
    const path = file('unknown.yaml', 'polcies: []\n');
    const { code, out } = await runForTest(['check', path, '--json'], { parts });
    expect(code).toBe(1);
    const error = { code: 'CONFIG_KEY_UNKNOWN', file: path, line: 1, column: 1 };
    expect(JSON.parse(out)).toMatchObject({ file: path, ok: false, errors: [error] });
  });

  it('reports a file that cannot be read like any other fault of it', async () => {
    const { code, out } = await runForTest(['check', join(directory, 'none.yaml')], { parts });
    expect(code).toBe(1);
    expect(out).toContain('none.yaml');
  });

  it('does not let the file’s content move the cursor', async () => {
    const path = file('control.yaml', '"\\e[2Jzones": {}\n');
    const { code, out } = await runForTest(['check', path], { parts });
    expect(code).toBe(1);
    expect(out).not.toContain('\u001b');
  });
});

describe('lark check --jobs', () => {
  const policy = file('classes.yaml', 'policies:\n  - isolate-users: true\n');
  const ads = file(
    'jobs.ads',
    ['alice', 'alice', 'bob']
      .map((owner, i) => `Owner = "${owner}"\nGlobalJobId = "s#${i}.0#1"\nCmd = "/bin/${i}"\n`)
      .join('\n'),
  );

  it('says how many classes the jobs make and how their verdicts come out', async () => {
    const { code, out } = await runForTest(['check', policy, '--jobs', ads], { parts });
    expect(code).toBe(0);
    expect(out).toContain(
      '3 jobs make 2 endpoint classes; with zones and local addresses 4, so 16 pairs: 2 dropped; 2 distinct verdicts',
    );
  });

  it('prints the same as JSON', async () => {
    const { out } = await runForTest(['check', policy, '--jobs', ads, '--json'], { parts });
    const verdicts = { distinct: 2, dropped: 2, audited: 0 };
    expect(JSON.parse(out).classes).toEqual({ jobs: 3, jobClasses: 2, classes: 4, pairs: 16, verdicts });
  });

  it('says how many rules they make, and refuses what goes beyond the limits', async () => {
    const { out } = await runForTest(['check', policy, '--jobs', ads], { parts });
    const [, multi, single] =
      /gets (\d+) rules in the multi-table pipeline, or (\d+) rules in the single-table/.exec(out) ?? [];
    expect(Number(multi)).toBeGreaterThan(Number(single));
    const limited = (limits: string) =>
      runForTest(['check', file('limited.yaml', `limits: ${limits}\npolicies: []\n`), '--jobs', ads], { parts });
    expect(await limited(`{ classes: 2, rules: 100000 }`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/3 endpoint classes, and limits.classes is 2\n/),
    });
    expect(await limited(`{ rules: 20 }`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/up to \d+ rules on a switch, and limits.rules is 20\n/),
    });
    expect(await limited(`{ classes: 3 }`)).toMatchObject({ code: 0 });
  });

  it.each([
    ['an ad that is none', 'Owner = \n', 'broken.ads:'],
    ['a job without Owner', 'GlobalJobId = "s#1"\n', 'ad 1 of 1: The job ad has no Owner'],
  ])('refuses %s, naming the place', async (_, text, words) => {
    const { code, err } = await runForTest(['check', policy, '--jobs', file('broken.ads', text)], { parts });
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  it('refuses a file that is not there', async () => {
    const { code, err } = await runForTest(['check', policy, '--jobs', join(directory, 'none.ads')], { parts });
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be read')]);
  });
});
