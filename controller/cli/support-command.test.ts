import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { ProblemError } from '../northbound/problem.ts';
import { core, dropped, wellStatus } from '../northbound/testing/fake-lark.ts';
import { redactJson, redactText, redactYaml } from './redact.ts';
import { type Given, runForTest } from './testing/run-for-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-support-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const TOKEN = 'lark_QjYh0o4cGk7v9nO3R1s2T5u8W0x1Y2z3A4B5C6D7E8F';
const HASH = 'c0ffee00'.repeat(8);
/** None of it may be in any bundle. */
const SECRETS = [TOKEN, HASH, 'hunter2', 'swordfish', 'MIIsecretKEY', 'opensesame', 'tok3nvalue', 'b4sicCreds'];
const PEM = '-----BEGIN EC PRIVATE KEY-----\nMIIsecretKEY\nmoreMIIsecretKEY\n-----END EC PRIVATE KEY-----';
const POLICY = `
http: { listen: 127.0.0.1:8080, tokens: /etc/lark/swordfish }
policies:
  - module: ./mine.mjs
    options:
      password: hunter2
      api_key:
        - hunter2
        - opensesame
      credentials: { user: opensesame, secret: "hunter2 \\" swordfish" }
      url: https://me:hunter2@db.example.edu/x   # the password: swordfish
      note: |
        ${PEM.replaceAll('\n', '\n        ')}
  - block-users: [mallory]
`;
const LOG = [
  '{"level":"info","event":"http.request","headers":{"authorization":"Bearer tok3nvalue"}}',
  '{"level":"error","err":{"message":"password=hunter2, dbSecret: \\"opensesame\\""}}',
  `{"level":"warn","pem":${JSON.stringify(PEM)}}`,
  `alice write ${HASH}`,
  'Authorization: Basic b4sicCreds==',
  'job.admitted user=carol',
  '',
].join('\n');

interface Bundle {
  /** By the path within the folder of the bundle. */
  readonly files: ReadonlyMap<string, string>;
  readonly all: string;
}

/** By the tar of the system, as whoever gets it would. */
function unpack(path: string): Bundle {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const;
  const names = execFileSync('tar', ['tzf', path], options).trimEnd().split('\n');
  const files = new Map(
    names.map((name) => [name.replace(/^[^/]+\//, ''), execFileSync('tar', ['xzOf', path, name], options)]),
  );
  return { files, all: [...files].flat().join('\n') };
}

async function make(args: readonly string[] = [], given: Given = {}) {
  const out = join(folder, 'bundle.tar.gz');
  const ran = await runForTest(['support-bundle', '--out', out, ...args], given);
  return { ...ran, out };
}

const manifestOf = ({ files }: Bundle) => JSON.parse(files.get('manifest.json') ?? '');

describe('lark support-bundle', () => {
  it('has everything but the secrets that are planted in it', async () => {
    const events = new EventLog(() => 36);
    events.add('policy.refused', { first: { message: 'password: hunter2' }, token: 'tok3nvalue' });
    const log = join(folder, 'lark.log');
    writeFileSync(log, LOG);
    const problem = { code: 'CONFIG_SYNTAX', message: `token ${TOKEN}`, file: 'policy.yaml', line: 1, column: 1 };
    const refused = { at: wellStatus.startedAt, total: 1, problems: [problem] };
    const { code, out, err } = await make(['--log', log, '--with-ads'], {
      env: { LARK_TOKEN: 'opensesame', LARK_URL: 'http://me:hunter2@127.0.0.1:8080' },
      api: {
        events,
        policyText: () => POLICY,
        status: () => ({ ...wellStatus, policy: { ...wellStatus.policy, refused } }),
        classes: () => [{ number: 3, attributes: { Owner: 'alice', Password: 'hunter2' }, jobs: 1, addresses: [] }],
        state: () => [
          JSON.stringify({
            format: 'lark-state-1',
            policy: { file: 'policy.yaml', text: POLICY },
            jobs: [{ attributes: { AuthToken: 'tok3nvalue', Cmd: 'run' } }],
          }),
        ],
      },
    });
    expect([code, err]).toEqual([0, '']);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const bundle = unpack(out);
    for (const secret of SECRETS) expect([secret, bundle.all.includes(secret)]).toEqual([secret, false]);
    expect([...bundle.files.keys()].sort()).toEqual(
      [
        'classes.json',
        'client.json',
        'events.jsonl',
        'jobs.json',
        'lark.log',
        'manifest.json',
        'metrics.txt',
        'policy.yaml',
        'ready.txt',
        'state.json',
        'status.json',
        'switches.json',
        'switches/0000000000000002/queues.json',
        'switches/0000000000000002/rules.txt',
        'switches/0000001aa009fbc9/queues.json',
        'switches/0000001aa009fbc9/rules.txt',
      ].sort(),
    );
    // What is no secret is there, and on its line.
    expect(bundle.files.get('lark.log')).toContain('job.admitted user=carol');
    expect(bundle.files.get('policy.yaml')!.split('\n').indexOf('  - block-users: [mallory]')).toBe(
      POLICY.split('\n').indexOf('  - block-users: [mallory]'),
    );
    expect(bundle.files.get('metrics.txt')).toMatch(/^lark_\w+/m);
    expect(bundle.files.get('metrics.txt')).not.toContain('<redacted>');
    expect(bundle.files.get('switches/0000001aa009fbc9/rules.txt')).toBe(
      'cookie=0x4c61726b12000000 (drop), table=0, n_packets=4, n_bytes=392, priority=300,ip,nw_src=10.1.0.1,nw_dst=10.1.0.2 actions=drop  # isolate-users (policy.yaml:12:5)\n',
    );
    const manifest = manifestOf(bundle);
    expect(manifest).toMatchObject({ format: 'lark-support-bundle-1', failed: [] });
    for (const { path, bytes } of manifest.parts) expect(Buffer.byteLength(bundle.files.get(path)!)).toBe(bytes);
    expect(manifest.parts).toHaveLength(bundle.files.size - 1);
  });

  it('leaves ads and the log out unless they are asked for, and says so', async () => {
    let isAsked = false;
    const state = () => {
      isAsked = true;
      return ['{}'];
    };
    const { out } = await make([], { api: { state } });
    const bundle = unpack(out);
    expect(isAsked).toBe(false);
    expect([...bundle.files.keys()].filter((name) => /state|classes|log/.test(name))).toEqual([]);
    const { leftOut } = manifestOf(bundle);
    expect(leftOut.map(({ what }: { what: string }) => what)).toEqual([
      'the log',
      "the jobs' ads and what follows from them",
      'the store, certificates, keys and the token file',
    ]);
  });

  it('goes on without what cannot be had, and says what that is and why', async () => {
    const switchRules = async (dpid: string) => {
      if (dpid === core.dpid)
        throw new ProblemError('HTTP_SWITCH_SILENT', 'Switch core did not tell, password=hunter2.');
      return dropped.rules;
    };
    const { code, out, err } = await make(['--log', join(folder, 'none.log')], {
      api: { switchRules, policyText: () => undefined },
    });
    expect(code).toBe(0);
    const bundle = unpack(out);
    const failed = manifestOf(bundle).failed as readonly { readonly path: string; readonly why: string }[];
    expect(failed.map(({ path }) => path)).toEqual(['lark.log', 'policy.yaml', `switches/${core.dpid}/rules.txt`]);
    expect(failed.map(({ why }) => why).join('\n')).toMatch(/ENOENT.*HTTP_POLICY_NO_FILE.*HTTP_SWITCH_SILENT/s);
    expect(bundle.all).not.toContain('hunter2');
    expect(err).toContain(`lark: without switches/${core.dpid}/rules.txt: Switch core did not tell`);
    expect(bundle.files.has('switches/0000000000000002/rules.txt')).toBe(true);
  });

  it('has what there is where no Lark answers, and exits with 3', async () => {
    const refused: typeof fetch = async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) });
    };
    const log = join(folder, 'lark.log');
    writeFileSync(log, 'lark.stopped\n');
    const { code, out, err } = await make(['--log', log], { parts: { fetch: refused } });
    expect(code).toBe(3);
    const bundle = unpack(out);
    expect([...bundle.files.keys()]).toEqual(['client.json', 'lark.log', 'manifest.json']);
    expect(JSON.stringify(manifestOf(bundle).failed)).toContain('the connection was refused');
    // Once, and not for each part.
    expect(err.match(/the connection was refused/g)).toHaveLength(1);
    expect(err).toMatch(/^lark: without status\.json, .*, switches\/: No Lark answers/);
  });

  it('leaves a file alone that is there, and leaves nothing behind when it is interrupted', async () => {
    const there = join(folder, 'bundle.tar.gz');
    writeFileSync(there, 'mine');
    const { code, err } = await make();
    expect([code, err]).toEqual([1, `lark: The bundle cannot be written to '${there}': it is there already.\n`]);
    expect(readFileSync(there, 'utf8')).toBe('mine');
    rmSync(there);
    let interrupt = () => {};
    const interrupted = await make([], {
      api: {
        switchQueues: async () => {
          interrupt();
          return [];
        },
      },
      parts: {
        signals: (listener) => {
          interrupt = () => listener('SIGINT');
          return () => {};
        },
      },
    });
    expect(interrupted.code).toBe(1);
    expect(existsSync(there)).toBe(false);
  });

  it.each(['a file', 'a pipe'])('takes no more of a log than its end, by whole lines, from %s', async (what) => {
    const log = join(folder, 'lark.log');
    const line = `${'x'.repeat(999)}\n`;
    const whole = `first\n${line.repeat(9000)}last\n`;
    if (what === 'a file') writeFileSync(log, whole);
    else execFileSync('mkfifo', [log]);
    const making = make(['--log', log]);
    if (what === 'a pipe') await writeFile(log, whole);
    const { out } = await making;
    const text = unpack(out).files.get('lark.log')!;
    expect(text.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(text.startsWith(line)).toBe(true);
    expect(text.endsWith('last\n')).toBe(true);
    expect(text).not.toContain('first');
  });
});

describe('redaction', () => {
  it.each([
    ['password=hunter2 x', 'password=<redacted> x'],
    ['{"dbPassword":"hun\\"ter2","a":1}', '{"dbPassword":"<redacted>","a":1}'],
    ['{\\"secret\\":\\"hunter2\\"}', '{\\"secret\\":\\"<redacted>\\"}'],
    ["X-Api-Key: 'hunter2'", "X-Api-Key: '<redacted>'"],
    ['https://u:p@h/x', 'https://<redacted>@h/x'],
    ['see Bearer abcdef12', 'see Bearer <redacted>'],
    ['nothing here: user=alice', 'nothing here: user=alice'],
    ['lark_http_request_duration_seconds_of_all_routes 2', 'lark_http_request_duration_seconds_of_all_routes 2'],
  ])('of %j', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it('takes out secrets that are known as such, wherever they are', () => {
    expect(redactText('a tok3n here', ['tok3n', ''])).toBe('a <redacted> here');
    expect(redactJson({ a: ['tok3n'], token: { x: 1 } }, ['tok3n'])).toEqual({
      a: ['<redacted>'],
      token: '<redacted>',
    });
  });

  it('takes what stands under a name out of YAML in every form, and keeps the lines', () => {
    const yaml = 'a:\n  secrets:\n    - one\n    - two\n  b: 1\npassword: >\n  three\n  four\nc: 2\n';
    const redacted = redactYaml(yaml);
    for (const secret of ['one', 'two', 'three', 'four']) expect(redacted).not.toContain(secret);
    expect(redacted.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(['b: 1', 'c: 2']));
    expect(redacted.split('\n').indexOf('c: 2')).toBe(yaml.split('\n').indexOf('c: 2'));
  });
});
