import { describe, expect, it } from 'vitest';
import { packageVersion } from './package-version.ts';
import type { RegisterCommand } from './program.ts';
import { commandNames } from './testing/command-names.ts';
import { runForTest } from './testing/run-for-test.ts';

const COMMANDS = await commandNames();

describe('lark', () => {
  it('prints the version', async () => {
    expect(await runForTest(['--version'])).toEqual({ code: 0, out: '9.8.7\n', err: '' });
  });

  it('finds the version in Lark’s own package.json, from wherever in the tree it is asked', () => {
    const version = packageVersion();
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(packageVersion(new URL('../../protocols/openflow/src/index.ts', import.meta.url))).toBe(version);
  });

  it('lists every command in its help', async () => {
    const { code, out } = await runForTest(['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(out).toContain('Exit codes: 0 ok; 1');
  });

  it.each(COMMANDS)('teaches %s with examples in its help', async (command) => {
    const { code, out } = await runForTest([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toMatch(new RegExp(`\\$ (sudo )?lark ${command}`));
  });

  it.each([
    [['explian', 'a', 'b'], '(Did you mean explain?)'],
    [['jobs', '--usr', 'alice'], '(Did you mean --user?)'],
    [['explain', '10.0.0.1'], "missing required argument 'DST'"],
    [['explain'], "missing required argument 'SRC'"],
    [['jobs', '--state', 'held'], 'Allowed choices are port, by-address, unenforced, waiting'],
    [['events', '--kind', 'jobs'], "There are no events 'jobs'. Did you mean 'job'? There are job.admitted, "],
    [['address', 'lease'], "required option '--job-ad <file>' not specified"],
    [['demo', '--openflow', '1.1'], 'Allowed choices are 1.0, 1.3'],
    [['run', '--log-level', 'loud'], 'Allowed choices are trace'],
    [['switches', 'a', 'b'], 'too many arguments'],
  ])('refuses %j with a hint and exits with 2', async (args, hint) => {
    const { code, out, err } = await runForTest(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(hint);
    expect(err).toContain('Try --help.');
  });

  it('prints its help and exits with 2 when it is given nothing', async () => {
    const { code, out, err } = await runForTest([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: lark');
  });

  it('shows the stack of a bug and exits with 1', async () => {
    const runDemo = async () => {
      throw new Error('broken invariant');
    };
    const { code, err } = await runForTest(['demo'], { parts: { runDemo } });
    expect(code).toBe(1);
    expect(err).toContain('fault in Lark');
    expect(err).toMatch(/broken invariant\n +at /);
  });

  it('lists a command of another part, and keeps the exit code that it chose', async () => {
    const furtherCommands: readonly RegisterCommand[] = [
      (program) => {
        const further = program.command('further').description('of another part').argument('<CODE>');
        further.action((code: string, _options, command) => command.error('no', { exitCode: Number(code) }));
      },
    ];
    const given = { furtherCommands };
    expect((await runForTest(['--help'], given)).out).toContain('further <CODE>');
    const codes = [['further', '1'], ['further', '2'], ['further']].map((args) => runForTest(args, given));
    expect((await Promise.all(codes)).map(({ code }) => code)).toEqual([1, 2, 2]);
  });

  it('gives the demo its options and takes its exit code', async () => {
    const asked: unknown[] = [];
    const runDemo = async (options: unknown) => {
      asked.push(options);
      return 130;
    };
    const plain = await runForTest(['demo'], { parts: { runDemo } });
    await runForTest(['demo', '--keep', '--model', '--json', '--openflow', '1.0'], { parts: { runDemo } });
    expect(plain.code).toBe(130);
    expect(asked).toEqual([
      { keep: false, json: false, model: false, version: 'both' },
      { keep: true, json: true, model: true, version: '1.0' },
    ]);
  });
});

describe('colours', () => {
  it.each([
    [{ isTty: true }, true],
    [{ isTty: false }, false],
    [{ isTty: true, env: { NO_COLOR: '1' } }, false],
    [{ isTty: true, env: { NO_COLOR: '' } }, true],
  ])('with %j: %s', async (given, coloured) => {
    expect((await runForTest(['switches'], given)).out.includes('\u001b[')).toBe(coloured);
  });
});
