// A system that lets nothing be watched: `watch` of node:fs throws.

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { eventually } from '../test/support/eventually.ts';
import { loadConfig } from './config/load-config.ts';
import { watchPolicy } from './policy-watch.ts';

const refusal = vi.hoisted(() => ({ code: '' }));
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => {
    throw Object.assign(new Error(`${refusal.code}: no`), { code: refusal.code });
  },
}));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lark-policy-watch-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['ENOSPC', /fs\.inotify\.max_user_watches; until then changes are noticed within 0\.02 s$/],
  ['EMFILE', /fs\.inotify\.max_user_instances/],
  ['EACCES', /give the user that runs lark read permission/],
  ['EIO', /the folder cannot be watched \(EIO: no\)/],
])('%s is said once, with what to do, and changes are noticed all the same', async (code, message) => {
  refusal.code = code;
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, 'policies: []');
  let tried = (await loadConfig(path)).fingerprint;
  let loads = 0;
  const policy = {
    get tried() {
      return tried;
    },
    reload: async () => {
      tried = (await loadConfig(path)).fingerprint;
      loads++;
      return { outcome: 'no-file' } as const;
    },
  };
  const lines: { readonly msg: string; readonly message?: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const watch = await watchPolicy({ path, policy, log, timing: { quietMs: 5, longestMs: 50, everyMs: 20 } });
  for (const [i, text] of ['policies: [', 'policies: [isolate-users: true]'].entries()) {
    writeFileSync(path, text);
    await eventually(text, () => loads === i + 1);
  }
  watch?.stop();
  expect(lines.map(({ msg }) => msg)).toEqual(['policy.watch_failed', 'policy.changed', 'policy.changed']);
  expect(lines[0]?.message).toMatch(message);
});
