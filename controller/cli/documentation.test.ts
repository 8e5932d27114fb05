import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExitCode } from './exit-code.ts';
import { runForTest } from './testing/run-for-test.ts';

const documentation = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** The options of a text: `--json`, once each. */
const flags = (text: string): readonly string[] => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
const GLOBAL = ['--ca', '--cert', '--help', '--key', '--token-file', '--url', '--version'];

describe('docs/cli.md', () => {
  it.each([
    'run',
    'check',
    'sample',
    'schema',
    'plan',
    'reload',
    'state',
    'status',
    'explain',
    'jobs',
    'switches',
    'events',
    'top',
    'support-bundle',
    'token',
    'demo',
  ])('has exactly the options of %s', async (command) => {
    const section = documentation.split(/^## /m).find((text) => text.startsWith(`lark ${command}\n`)) ?? '';
    const { out } = await runForTest([command, '--help']);
    const options = out.slice(out.indexOf('\nOptions:'), out.indexOf('\nExamples:'));
    expect(flags(section)).toEqual(flags(options).filter((flag) => !GLOBAL.includes(flag)));
  });

  it('has the options that all commands share', async () => {
    const section = documentation.split(/^## /m).find((text) => text.startsWith('For all commands')) ?? '';
    for (const flag of GLOBAL) expect(section).toContain(flag);
  });

  it('has a row for every exit code', () => {
    const codes = [...documentation.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(ExitCode));
  });

  it('shows the output of explain as it is', async () => {
    const { out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2']);
    for (const line of ['DROP  jobs of different', '      decided by policy isolate-users', 'Rules on the switches:']) {
      expect(documentation).toContain(line);
      expect(out).toContain(line);
    }
  });
});
