// `lark classad` as other programs use it: the built command, a process of its own, JSON lines in and out, over all of the
// cases that HTCondor's own library answered. Needs `npm run build` first.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lark = join(root, 'dist/controller/cli/lark.js');

async function runLark(
  args: readonly string[],
  input = '',
): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn(process.execPath, [lark, 'classad', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

const parsed = (lines: string): Case[] =>
  lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Case]));

type Case = Readonly<Record<string, unknown>>;

/** For each verb what it should answer to a case. */
const VERBS: readonly (readonly [string, (wanted: Case) => Case])[] = [
  ['eval', ({ expected }) => ({ value: expected })],
  ['match', ({ symmetric, leftMatchesRight, rightMatchesLeft }) => ({ symmetric, leftMatchesRight, rightMatchesLeft })],
  ['unparse', ({ old, new: inNew }) => ({ old, new: inNew })],
];

describe('lark classad, over JSON lines', () => {
  it.each(VERBS)('%s answers every case, in order', async (verb, answerOf) => {
    const cases = readFileSync(join(root, `protocols/classad/cases/${verb}.jsonl`), 'utf8');
    const { out, err, code } = await runLark([verb, '--jsonl'], cases);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(parsed(out)).toEqual(parsed(cases).map(answerOf));
  });

  it('answers a line that is no input with an error in its place, and the others all the same', async () => {
    const { out, code } = await runLark(['eval', '--jsonl'], '{"expr":"1+1"}\nnonsense\n{"expr":"(1"}\n{"expr":"2"}\n');
    const lines = parsed(out);
    expect(lines.map(({ value }) => value)).toEqual(['2', null, null, '2']);
    expect(lines.map((line) => 'error' in line)).toEqual([false, true, false, false]);
    expect(code).not.toBe(0);
  });
});

describe('lark classad eval, for an operator', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lark-classad-'));
    await writeFile(join(folder, 'job.ad'), 'Owner = "alice"\nPath = "C:\\temp"\n');
    await writeFile(join(folder, 'zone.ad'), '[ Zone = "wan"; Owner = "bob" ]');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('evaluates over both ads', async () => {
    const ads = ['--my', join(folder, 'job.ad'), '--target', join(folder, 'zone.ad')];
    const { out, code } = await runLark(['eval', 'MY.Owner =!= TARGET.Owner && Zone == "WAN"', ...ads]);
    expect({ out, code }).toEqual({ out: 'true\n', code: 0 });
  });

  it('reads backslashes as in a submit file, and as escapes with --new-syntax', async () => {
    expect((await runLark(['eval', 'size("a\\tb")'])).out).toBe('4\n');
    expect((await runLark(['eval', '--new-syntax', 'size("a\\tb")'])).out).toBe('3\n');
    expect((await runLark(['eval', '--new-syntax', '"a\\tb"'])).out).toBe('"a\\tb"\n');
    expect((await runLark(['eval', '2.5'])).out).toBe('2.5\n');
    expect((await runLark(['eval', '--new-syntax', '2.5'])).out).toBe('2.500000000000000E+00\n');
  });

  it('says where an expression or an ad is wrong', async () => {
    const { out, err, code } = await runLark(['eval', '1 +']);
    expect(out).toBe('');
    expect(err).toMatch(/^expression:1:\d+: /);
    expect(code).toBe(1);
  });
});
