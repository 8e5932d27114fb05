// A whole Lark whose policy file changes on the disk: what the log, the metrics and /v1/status say of it.

import { writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../controller/config/file-contents.ts';
import { type ConfigResult, loadConfig, parseConfig } from '../../controller/config/load-config.ts';
import { type RunningLark, startLark } from '../../controller/main.ts';
import type { StatusView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';

const HEAD = `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24], settle: 0ms }
`;
const policies = (text: string) => `${HEAD}policies: ${text}\n`;
const FIRST = policies('[isolate-users: true]');
const SECOND = policies('[isolate-users: true, block-users: [mallory]]');

interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

let folder: string;
let path: string;
let lark: RunningLark | undefined;
let lines: LogLine[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lark-live-'));
  path = join(folder, 'policy.yaml');
  lines = [];
});
afterEach(async () => {
  await lark?.close();
  lark = undefined;
  await rm(folder, { recursive: true });
});

interface Start {
  /** What was read before; else it is read now. */
  readonly loaded?: ConfigResult;
  readonly watch?: string | undefined;
}

async function start({ loaded, watch }: Start = { watch: path }): Promise<void> {
  const { config, errors, source, fingerprint } = loaded ?? (await loadConfig(path));
  if (config === undefined) throw new Error(JSON.stringify(errors));
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const more = {
    ...(source && { source }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(watch !== undefined && { watch }),
  };
  lark = await startLark(config, { log, version: 'test', warnings: [], load: () => loadConfig(path), ...more });
}

const events = () => lines.map(({ msg }) => msg).filter((event) => event.startsWith('policy.'));
const metric = async (name: string): Promise<string> => {
  const { host, port } = lark!.addresses.http;
  const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
  return page.split('\n').find((line) => line.startsWith(name)) ?? '';
};
const status = async (): Promise<StatusView> => {
  const { host, port } = lark!.addresses.http;
  return (await (await fetch(`http://${host}:${port}/v1/status`)).json()) as StatusView;
};
const hasLogged = (...wanted: readonly string[]) =>
  eventually(JSON.stringify(wanted), () => events().length >= wanted.length).then(() =>
    expect(events()).toEqual(wanted),
  );

describe('a policy file that changes', () => {
  it('is in force without being asked for', async () => {
    writeFileSync(path, FIRST);
    await start();
    writeFileSync(path, SECOND);
    await hasLogged('policy.changed', 'policy.reloaded');
    expect(lines.at(-1)).toMatchObject({ file: path, sha256: sha256Of(SECOND) });
    expect(await metric('lark_config_info')).toContain(sha256Of(SECOND));
    expect(await metric('lark_config_policies')).toBe('lark_config_policies 2');
    const { policy } = await status();
    expect(policy).toMatchObject({ file: path, sha256: sha256Of(SECOND), policies: 2, watch: 'events', refused: null });
  });

  it.each([
    ['empty', '', /is empty: write "policies: \[\]" if nothing is to be denied/],
    ['cut off', SECOND.slice(0, -8), /not valid YAML/],
    ['cut off before its policies', HEAD, /has no policies, and 1 policy is in force/],
    [
      'of another listener',
      SECOND.replace('http: { listen: 127.0.0.1:0 }', 'http: { listen: 127.0.0.1:1 }'),
      /restart/,
    ],
  ])('is refused while it is %s, and taken when it is right', async (_what, bad, message) => {
    writeFileSync(path, FIRST);
    await start();
    writeFileSync(path, bad);
    await hasLogged('policy.changed', 'policy.refused');
    expect(lines.at(-1)?.message).toMatch(message);
    expect(await metric('lark_config_load_error')).toBe('lark_config_load_error 1');
    expect(await metric('lark_config_info')).toContain(sha256Of(FIRST));
    const { policy } = await status();
    expect(policy).toMatchObject({ sha256: sha256Of(FIRST), policies: 1, refused: { total: 1 } });
    expect(policy.refused?.problems[0]).toMatchObject({ file: path, message: expect.stringMatching(message) });
    writeFileSync(`${path}.new`, SECOND);
    await rename(`${path}.new`, path);
    await hasLogged('policy.changed', 'policy.refused', 'policy.changed', 'policy.reloaded');
    expect(await metric('lark_config_load_error')).toBe('lark_config_load_error 0');
    expect(await metric('lark_config_info')).toContain(sha256Of(SECOND));
    expect((await status()).policy.refused).toBeNull();
  });

  it('stays in force while it is gone, and is no longer refused when it is back as it was', async () => {
    writeFileSync(path, FIRST);
    await start();
    await unlink(path);
    await hasLogged('policy.changed', 'policy.refused');
    expect(lines.at(-1)).toMatchObject({ code: 'CONFIG_UNREADABLE' });
    writeFileSync(path, FIRST);
    await hasLogged('policy.changed', 'policy.refused', 'policy.changed', 'policy.reloaded');
    expect(await metric('lark_config_load_error')).toBe('lark_config_load_error 0');
  });

  it('is loaded once where it is asked for and noticed at the same time', async () => {
    writeFileSync(path, FIRST);
    await start();
    writeFileSync(path, SECOND);
    await lark!.reload();
    writeFileSync(path, FIRST);
    await hasLogged('policy.reloaded', 'policy.changed', 'policy.reloaded');
  });

  it('is seen where it changed between the check and the start', async () => {
    writeFileSync(path, FIRST);
    const loaded = await loadConfig(path);
    writeFileSync(path, SECOND);
    await start({ loaded, watch: path });
    await hasLogged('policy.changed', 'policy.reloaded');
  });

  it('is left alone where it is not watched', async () => {
    writeFileSync(path, FIRST);
    await start({});
    writeFileSync(path, SECOND);
    await lark!.reload();
    expect(events()).toEqual(['policy.reloaded']);
    expect((await status()).policy.watch).toBe('off');
  });

  it('is not watched where it cannot be read twice', async () => {
    await start({ loaded: parseConfig('policy.yaml', FIRST), watch: '/dev/null' });
    expect(lines.at(-1)).toMatchObject({ msg: 'policy.watch_failed', file: '/dev/null' });
  });
});
