import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changedSettings, needsRestart } from './config-difference.ts';
import { loadConfig, parseConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';

const HASH = 'ab'.repeat(32);
let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-tokens-'));
  path = join(folder, 'policy.yaml');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function load(tokens: string, mode = 0o600, http = 'tokens: tokens') {
  writeFileSync(join(folder, 'tokens'), tokens);
  chmodSync(join(folder, 'tokens'), mode);
  writeFileSync(path, `http: { ${http} }\n`);
  const { config, errors = [], warnings } = await loadConfig(path);
  const said = [...errors, ...warnings].map((problem) => formatProblem(problem).replace(`${path}:`, ''));
  return { config, said };
}

test('a line is a token; comments and empty lines are none', async () => {
  const { config, said } = await load(`# who\n\nprometheus read ${HASH}\n  alice\twrite ${HASH}\r\n`, 0o640);
  expect(said).toEqual([]);
  expect(config?.http.tokens?.entries?.map(({ name, scope }) => `${name} ${scope}`)).toEqual([
    'prometheus read',
    'alice write',
  ]);
});

test.each([
  [
    `alice write ${HASH}x\n`,
    /^1:17: tokens has something else on line 1: expected a name, a scope \(read, jobs, write\), and the SHA-256/,
  ],
  [`\nalice admin ${HASH}\n`, /tokens has something else on line 2/],
  ['alice write my-token-in-clear\n', /tokens has something else on line 1/],
  [`a/b read ${HASH}\n`, /tokens has a name on line 1 that is none/],
  [`a read ${HASH}\na write ${HASH}\n`, /tokens names two tokens "a", the second on line 2/],
])('%j is refused at its place', async (tokens, message) => {
  const { config, said } = await load(tokens);
  expect(config).toBeUndefined();
  expect(said).toEqual([expect.stringMatching(message)]);
  expect(said.join()).not.toContain('my-token-in-clear');
});

test.each([0o644, 0o660, 0o602, 0o604])('mode %o is too open', async (mode) => {
  const { said } = await load(`a read ${HASH}\n`, mode);
  expect(said).toEqual([expect.stringMatching(/tokens may be written or read by others .*: chmod 600, or 640/)]);
});

test('tokens over plain HTTP beyond the host are warned of', async () => {
  const { said } = await load(`a read ${HASH}\n`, 0o600, 'listen: 0.0.0.0:8080, tokens: tokens');
  expect(said).toEqual([
    expect.stringMatching(/warning: tokens are sent as they are, and this port speaks plain HTTP/),
  ]);
});

test('a reload may bring other tokens, the first and the last of them', async () => {
  const before = (await load(`a read ${HASH}\n`)).config!;
  const after = (await load(`b read ${HASH}\n`)).config!;
  const none = parseConfig(path, 'http: {}').config!;
  for (const [from, to] of [
    [before, after],
    [before, none],
    [none, after],
  ] as const) {
    expect(changedSettings(from, to).map(({ key }) => key)).toEqual(['http.tokens']);
    expect(needsRestart(from, to, '{}')).toEqual([]);
  }
});
