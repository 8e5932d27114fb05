// The scripts in the shells themselves: in all three in CI; elsewhere in bash, which is there wherever Lark is developed, and in those
// that are there.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completableCommands } from './completion-model.ts';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';
import { runForTest } from './testing/run-for-test.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lark-completion-'));
  writeFileSync(join(folder, 'policy one.yaml'), '');
  for (const shell of SHELLS) {
    const { code, out } = await runForTest(['completion', shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder, `lark.${shell}`), out);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a shell offers for the last of these words, sorted. */
type Ask = (words: readonly string[], script?: string) => readonly string[];

function run(command: string, args: readonly string[]): readonly string[] {
  const out = execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

const inBash: Ask = (words, script = 'lark.bash') =>
  run('bash', [
    '--norc',
    '-uc',
    // Only a shell that someone types into has it; what it sets is not looked at here.
    `compopt() { :; }; source ./${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lark; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...words,
  ]);

const inZsh: Ask = (words) => {
  const last = words.at(-1) ?? '';
  const said = run('zsh', [
    '-fc',
    `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *; }
     _describe() { for each in \${(P)\${@[-1]}}; do print -r -- \${each%%:*}; done; }
     source ./lark.zsh; words=("$@"); CURRENT=$#; _lark`,
    'zsh',
    ...words,
  ]);
  // zsh itself leaves out what does not begin so.
  return said.filter((each) => each.startsWith(last));
};

const inFish: Ask = (words) => {
  const line = words.map((word) => word.replaceAll(' ', '\\ ')).join(' ');
  const said = run('fish', ['--no-config', '-c', 'source ./lark.fish; complete -C $argv[1]', line]);
  return said.map((each) => each.split('\t')[0]!.replace(/\/$/, ''));
};

const has = (shell: Shell) => spawnSync(shell, ['--version']).status === 0;
const shells = (
  [
    ['bash', inBash],
    ['zsh', inZsh],
    ['fish', inFish],
  ] as const
).filter(([shell]) => shell === 'bash' || process.env.CI === 'true' || has(shell));

describe.each(shells)('completion in %s', (_shell, ask) => {
  it('offers commands and their subcommands', () => {
    expect(ask(['lark', 's'])).toEqual(['sample', 'schema', 'state', 'status', 'support-bundle', 'switches']);
    expect(ask(['lark', 'switches', 'f'])).toEqual(['forget']);
    expect(ask(['lark', '--url', 'http://h:1', 'switches', ''])).toEqual(['forget']);
  });

  it('offers the options of the command, and those of all', () => {
    expect(ask(['lark', 'top', '--'])).toEqual(
      expect.arrayContaining([
        '--by',
        '--help',
        '--interval',
        '--json',
        '--limit',
        '--once',
        '--sort',
        '--token-file',
        '--url',
      ]),
    );
    expect(ask(['lark', 'top', '--'])).not.toContain('--kind');
    expect(ask(['lark', 'events', '--no'])).toEqual(['--no-follow']);
  });

  it('offers the values that an option or argument can have', () => {
    expect(ask(['lark', 'top', '--by', ''])).toEqual(['group', 'job', 'user']);
    expect(ask(['lark', 'run', 'policy.yaml', '--log-level', 'f'])).toEqual(['fatal']);
    expect(ask(['lark', 'completion', ''])).toEqual(['bash', 'fish', 'zsh']);
  });

  it('offers files where a file is wanted, with spaces in their names, and nothing where nobody can know', () => {
    expect(ask(['lark', 'check', 'pol']).map((name) => name.replaceAll('\\', ''))).toEqual(['policy one.yaml']);
    expect(ask(['lark', '--ca', 'pol']).map((name) => name.replaceAll('\\', ''))).toEqual(['policy one.yaml']);
    expect(ask(['lark', 'jobs', '--user', ''])).toEqual([]);
  });
});

/** `lark`, and each command and subcommand, with its help. */
async function helpsOfProgram(): Promise<ReadonlyMap<string, string>> {
  let program: Command | undefined;
  await runForTest(['--version'], {
    furtherCommands: [
      (given) => {
        program = given;
      },
    ],
  });
  return new Map(
    (function* helpsOf(command: Command, path: string): Iterable<[string, string]> {
      yield [path, command.helpInformation()];
      for (const each of command.commands) yield* helpsOf(each, `${path} ${each.name()}`);
    })(program!, 'lark'),
  );
}

/** As `inBash`, for many at once: starting a shell for each takes long. */
function inBashAtOnce(asked: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const each = asked.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _lark; echo "\${COMPREPLY[*]}"`;
  });
  const script = `compopt() { :; }; source ./lark.bash; ${each.join('\n')}`;
  const out = execFileSync('bash', ['--norc', '-uc', script], { cwd: folder, encoding: 'utf8' });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').sort());
}

describe('completion in bash', () => {
  it('understands --option=value, which bash takes apart', () => {
    expect(inBash(['lark', 'top', '--by', '=', 'g'])).toEqual(['group']);
    expect(inBash(['lark', 'top', '--by', '='])).toEqual(['group', 'job', 'user']);
    expect(inBash(['lark', 'top', '--by', '=', 'job', '--on'])).toEqual(['--once']);
  });

  it('has every command, subcommand and option that the help of the program has, and no other', async () => {
    const helps = await helpsOfProgram();
    expect(helps.size).toBeGreaterThan(20);
    const asked = [...helps.keys()].flatMap((path) => [`${path} --`, `${path} `]);
    const offered = inBashAtOnce(asked.map((line) => line.split(' ')));
    for (const [path, help] of helps) {
      const options = help.slice(help.indexOf('\nOptions:')).split(/\n(?:Examples|Commands):/)[0]!;
      const flags = [...options.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z-]+)/gm)].map(([, flag]) => flag!);
      // Options of the program, which stand in each help, may stand behind each command.
      expect([path, offered[asked.indexOf(`${path} --`)]]).toEqual([path, [...new Set(flags)].sort()]);
      const [, commands] = help.split('\nCommands:\n');
      const names = [...(commands ?? '').matchAll(/^ {2}([a-z-]+)/gm)].flatMap(([, name]) =>
        name === 'help' ? [] : [name!],
      );
      if (names.length > 0) expect([path, offered[asked.indexOf(`${path} `)]]).toEqual([path, names.sort()]);
    }
  });

  it('follows whatever program it is given, with quotes in its texts', () => {
    const program = new Command('lark').description("it's");
    program
      .command('new')
      .summary("it's new")
      .addOption(new Option('--how <way>', "one's way").choices(['this', 'that']));
    for (const shell of SHELLS) {
      writeFileSync(join(folder, `other.${shell}`), completionScript(shell, completableCommands(program)));
    }
    expect(inBash(['lark', ''], 'other.bash')).toEqual(['new']);
    expect(inBash(['lark', 'new', '--how', 't'], 'other.bash')).toEqual(['that', 'this']);
    for (const [shell] of shells) execFileSync(shell, ['-n', join(folder, `other.${shell}`)]);
  });
});

it('refuses a shell that it does not know', async () => {
  const { code, err } = await runForTest(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(err).toContain('Allowed choices are bash, zsh, fish');
});
