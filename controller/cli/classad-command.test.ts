import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerClassadCommand } from './classad-command.ts';

/** Runs `lark classad …` and answers what it wrote; `failed` if it ended with an error. */
async function lark(
  args: readonly string[],
  input: string[] = [],
): Promise<{ out: string; err: string; failed: boolean }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const written = Promise.all([text(stdout), text(stderr)]);
  const program = new Command().exitOverride();
  registerClassadCommand(program, { stdin: Readable.from(input), stdout, stderr });
  for (const command of program.commands[0]!.commands) command.exitOverride();
  let failed = false;
  await program.parseAsync(['classad', ...args], { from: 'user' }).catch(() => {
    failed = true;
  });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { out, err, failed };
}

function casesOf(name: string): Record<string, unknown>[] {
  const file = new URL(`../../protocols/classad/cases/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('lark classad eval', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lark-classad-'));
    writeFileSync(join(folder, 'job.ad'), 'Owner = "alice"\nRequestCpus = 2\n');
    writeFileSync(join(folder, 'zone.ad'), '[ Zone = "wan" ]');
    writeFileSync(join(folder, 'bad.ad'), 'Owner = "alice"\nCpus = (2\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('prints the value of an expression over two ads', async () => {
    const ads = ['--my', join(folder, 'job.ad'), '--target', join(folder, 'zone.ad')];
    expect(await lark(['eval', 'MY.Owner == "Alice" && TARGET.Zone =?= "wan"', ...ads])).toEqual({
      out: 'true\n',
      err: '',
      failed: false,
    });
  });

  it('prints in new syntax on demand', async () => {
    expect((await lark(['eval', '1.5'])).out).toBe('1.5\n');
    expect((await lark(['eval', '--new-syntax', '1.5'])).out).toBe('1.500000000000000E+00\n');
  });

  it('names the place of a mistake', async () => {
    const inExpression = await lark(['eval', '1 +']);
    expect(inExpression.failed).toBe(true);
    expect(inExpression.err).toContain('expression:1:4: the text ends; expected an expression');
    const inFile = await lark(['eval', '1', '--my', join(folder, 'bad.ad')]);
    expect(inFile.err).toContain("bad.ad:2:10: the text ends; expected ')'");
    expect((await lark(['eval', '1', '--my', join(folder, 'none.ad')])).err).toContain('ENOENT');
  });

  it('refuses to run without an expression', async () => {
    expect(await lark(['eval'])).toMatchObject({ failed: true, out: '' });
  });

  it('answers the shared cases over JSON lines, in order', async () => {
    const cases = casesOf('eval').slice(0, 300);
    const { out } = await lark(
      ['eval', '--jsonl'],
      cases.map((each) => `${JSON.stringify(each)}\n`),
    );
    const values = out.split('\n').slice(0, -1);
    expect(values.map((line) => (JSON.parse(line) as { value: unknown }).value)).toEqual(
      cases.map((each) => each.expected),
    );
  });

  it('answers a line that it cannot read with an error, and goes on', async () => {
    const { out, failed, err } = await lark(
      ['eval', '--jsonl'],
      [
        'not JSON\n',
        '{"my":"[ a = ","target":null,"expr":"a"}\n',
        '{"expr":"1 + 1","lex":"older"}\n',
        '{"expr":"1 + 1"}\n',
      ],
    );
    const lines = out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => [line.value, 'error' in line])).toEqual([
      [null, true],
      [null, true],
      [null, true],
      ['2', false],
    ]);
    expect(failed).toBe(true);
    expect(err).toContain('3 of the lines');
  });
});

describe('lark classad match and unparse', () => {
  it('matches the shared cases over JSON lines', async () => {
    const cases = casesOf('match').slice(0, 100);
    const { out } = await lark(
      ['match', '--jsonl'],
      cases.map((each) => `${JSON.stringify(each)}\n`),
    );
    const wanted = cases.map(({ symmetric, leftMatchesRight, rightMatchesLeft }) => ({
      symmetric,
      leftMatchesRight,
      rightMatchesLeft,
    }));
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(wanted);
  });

  it('prints expressions in both syntaxes', async () => {
    expect((await lark(['unparse', 'a =?= 1.5'])).out).toBe('a =?= 1.5\na is 1.500000000000000E+00\n');
    const { out } = await lark(
      ['unparse', '--jsonl'],
      ['{"expr":"a is 1","lex":"new","sem":"new"}\n', '{"expr":"1 +"}\n'],
    );
    expect(out).toBe('{"old":"a =?= 1","new":"a is 1"}\n{"old":null,"new":null}\n');
  });
});
