import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_MEANINGS, ExitCode } from './exit-code.ts';
import { commandNames, subcommandsOf } from './testing/command-names.ts';
import { runForTest } from './testing/run-for-test.ts';

const documentation = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** The options of a text: `--json`, once each. */
const flags = (text: string): readonly string[] => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
const COMMANDS = await commandNames();
const GLOBAL = ['--ca', '--cert', '--help', '--key', '--token-file', '--url', '--version'];

describe('docs/cli.md', () => {
  // What classad's own commands take stands in their help.
  it.each(COMMANDS.filter((name) => name !== 'classad'))('has exactly the options of %s', async (command) => {
    const section = documentation.split(/^## /m).find((text) => text.startsWith(`lark ${command}\n`)) ?? '';
    const helps = [[], ...(await subcommandsOf(command)).map((name) => [name])].map(async (rest) => {
      const { out } = await runForTest([command, ...rest, '--help']);
      return out.slice(out.indexOf('\nOptions:'), out.includes('\nExamples:') ? out.indexOf('\nExamples:') : undefined);
    });
    const options = (await Promise.all(helps)).join('\n');
    expect(flags(section)).toEqual(flags(options).filter((flag) => !GLOBAL.includes(flag)));
  });

  it('has the options that all commands share', async () => {
    const section = documentation.split(/^## /m).find((text) => text.startsWith('For all commands')) ?? '';
    for (const flag of GLOBAL) expect(section).toContain(flag);
  });

  it('has a row for every exit code, with its meaning, in one table', () => {
    const rows = [...documentation.matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];
    expect(rows.map(([, code, meaning]) => [code, meaning])).toEqual(Object.entries(EXIT_CODE_MEANINGS));
    expect(Object.keys(EXIT_CODE_MEANINGS).map(Number)).toEqual(Object.values(ExitCode));
    // And nowhere else is there another table of them.
    expect(documentation.match(/^\| \d /gm)).toHaveLength(rows.length);
  });

  it('names in it only commands that there are, and every one whose answer can be no', () => {
    const rows = documentation.split('\n').filter((line) => /^\| \d /.test(line));
    const named = rows
      .join(' ')
      .match(/`[a-z-]+`/g)!
      .map((name) => name.slice(1, -1));
    expect(named.filter((name) => !COMMANDS.includes(name))).toEqual([]);
    const folder = new URL('.', import.meta.url);
    const sayingNo = readdirSync(folder).flatMap((file) => {
      const isSaying =
        /-command\.ts$/.test(file) && readFileSync(new URL(file, folder), 'utf8').includes('ExitCode.NO');
      return isSaying ? [file.replace('-command.ts', '')] : [];
    });
    expect(sayingNo.length).toBeGreaterThan(5);
    const no = rows[1]!;
    for (const name of sayingNo) expect(no).toContain(`\`${name === 'support' ? 'support-bundle' : name}\``);
  });

  it('shows the output of explain as it is', async () => {
    const { out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2']);
    for (const line of ['DROP  jobs of different', '      decided by policy isolate-users', 'Rules on the switches:']) {
      expect(documentation).toContain(line);
      expect(out).toContain(line);
    }
  });
});
