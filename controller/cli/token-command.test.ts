import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExitCode } from './exit-code.ts';
import { runForTest } from './testing/run-for-test.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-token-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A `fetch` that keeps what Authorization it was sent. */
function listening() {
  const sent: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    sent.push(new Headers(init?.headers).get('authorization'));
    return Response.json({ jobs: [], next: null, total: 0 });
  };
  return { sent, parts: { fetch } };
}

test('a new token is in the file, for its owner alone, and its hash in what is printed', async () => {
  const out = join(folder, 'alice.token');
  const { code, out: line } = await runForTest(['token', 'alice', '--scope', 'write', '--out', out]);
  const token = readFileSync(out, 'utf8').trim();
  expect([code, statSync(out).mode & 0o777]).toEqual([0, 0o600]);
  expect(token).toMatch(/^lark_[\w-]{43}$/);
  expect(line).toBe(`alice write ${createHash('sha256').update(token).digest('hex')}\n`);
  const again = await runForTest(['token', 'alice', '--out', out]);
  expect(again).toMatchObject({ code: ExitCode.NO, err: expect.stringContaining('it is there already') });
  expect(readFileSync(out, 'utf8').trim()).toBe(token);
  const { sent, parts } = listening();
  await runForTest(['--token-file', out, 'jobs'], { parts });
  expect(sent).toEqual([`Bearer ${token}`]);
  expect((await runForTest(['token', 'no/name', '--out', join(folder, 'x')])).code).toBe(ExitCode.USAGE);
});

test('a token comes from the option, then from the environment; without one none is sent', async () => {
  const file = join(folder, 'mine');
  writeFileSync(file, 'from-file\n', { mode: 0o600 });
  const { sent, parts } = listening();
  await runForTest(['jobs'], { parts, env: { LARK_TOKEN_FILE: file, LARK_TOKEN: 'from-env' } });
  await runForTest(['jobs'], { parts, env: { LARK_TOKEN: 'from-env' } });
  await runForTest(['jobs'], { parts });
  expect(sent).toEqual(['Bearer from-file', 'Bearer from-env', null]);
});

test('a token file that others may read, or that holds none, is refused and not shown', async () => {
  const file = join(folder, 'open');
  writeFileSync(file, 'a-secret\n');
  chmodSync(file, 0o644);
  const open = await runForTest(['--token-file', file, 'jobs']);
  expect(open).toMatchObject({
    code: ExitCode.USAGE,
    err: expect.stringMatching(/every user of this host may use .*644/),
  });
  chmodSync(file, 0o600);
  writeFileSync(file, 'a-secret and more\n');
  const none = await runForTest(['--token-file', file, 'jobs']);
  expect(none).toMatchObject({ code: ExitCode.USAGE, err: expect.stringContaining('holds no token') });
  expect(open.err + none.err).not.toContain('a-secret');
});
