// The starter hooks of htcondor/ where Lark wants a token: a job's user may not read it, so the hooks go on behind a helper, as
// sudo would start them, that says who called. What stands in for sudo here takes no command but those of lark.sudoers.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../controller/config/load-config.ts';
import { JobFeedClient } from '../../controller/jobs/feed/client.ts';
import { startLark } from '../../controller/main.ts';
import { TestAuthority } from '../support/certificates.ts';
import { HtcondorSite, JOB_AD, KEY, LARK_JOB, larkJob } from '../support/htcondor-site.ts';
import { policyFor } from '../support/model-site.ts';

const TOKEN = 'dGVzdA.secret-token_1';
const CALLER = '4711';
/** What sudo does for lark.sudoers: -i and the three hooks, and who called, in an environment of its own. */
const SUDO = `#!/bin/sh
[ "$1 $2 $3" = '-n -u lark' ] && [ $# -eq 5 ] && [ "$5" = -i ] || { echo "not allowed: $*" >&2; exit 1; }
case $4 in
  */libexec/lark-prepare-job | */libexec/lark-update-job | */libexec/lark-job-exit) ;;
  *) echo "not allowed: $4" >&2; exit 1 ;;
esac
exec env -i PATH=/usr/bin:/bin SUDO_UID=${CALLER} SUDO_USER=alice $LARK_TEST_SHELL "$4" "$5"
`;

let folder: string;
let at: HtcondorSite;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lark-helper-'));
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  writeFileSync(join(folder, 'tokens'), `hooks write ${sha256}\n`, { mode: 0o600 });
  const file = join(folder, 'policy.yaml');
  const policy = policyFor('multi-table').replace('http: { listen', 'http: { tokens: tokens, listen');
  writeFileSync(file, policy);
  at = await HtcondorSite.start(policy, file);
  const helper = `${at.kit.write('sudo', SUDO, 0o755)} -n -u lark`;
  at.kit.set({ token_file: at.kit.write('token', `${TOKEN}\n`, 0o600), helper });
  at.place('ipv4=10.1.0.1', 'interface=j1', `uid=${CALLER}`);
});

afterEach(async () => {
  await at.stop();
  rmSync(folder, { recursive: true });
});

/** Behind the stand-in nobody has more rights than before it, so the token is its caller's here. */
const asRoot = { as: 'root', env: { LARK_TEST_SHELL: process.env.LARK_TEST_SHELL ?? '' } } as const;

describe('behind the helper', () => {
  it('a job is registered, renewed and removed with the token', async () => {
    expect(await at.prepare(JOB_AD, asRoot)).toEqual({ status: 0, out: LARK_JOB, err: '' });
    expect(await at.jobs()).toMatchObject([{ key: KEY, user: 'alice', addresses: ['10.1.0.1'] }]);
    at.kit.set({ lease: '3600' });
    expect(await at.update(JOB_AD + LARK_JOB, asRoot)).toEqual({ status: 0, out: '', err: '' });
    expect(Date.parse((await at.jobs())[0]?.leaseEndsAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    expect(await at.exit(JOB_AD + LARK_JOB, asRoot)).toEqual({ status: 0, out: '', err: '' });
    expect(await at.jobs()).toEqual([]);
  });

  it('the Owner is who called, where the settings say so, whatever the ad does', async () => {
    at.kit.set({ owner: 'user' });
    expect((await at.prepare(JOB_AD.replace('alice', 'root'), asRoot)).status).toBe(0);
    expect(await at.jobs()).toMatchObject([{ user: 'alice' }]);
  });

  it.each([
    ['is another user, ', ['ipv4=10.1.0.1', 'uid=1'], /^lark-\S+: the slot slot1_1 is not user 4711's: .*uid=1\n/],
    ['is not named, ', ['ipv4=10.1.0.1'], /^lark-\S+: the slot slot1_1 is not user 4711's: .*uid=\n/],
  ])('whose place %snothing is done', async (_what, place, message) => {
    await at.prepare(JOB_AD, asRoot);
    const before = await at.jobs();
    at.place(...place);
    at.kit.set({ lease: '3600' });
    for (const ran of [
      await at.prepare(JOB_AD.replace('#1.0#', '#2.0#'), asRoot),
      await at.update(JOB_AD + LARK_JOB, asRoot),
      await at.exit(JOB_AD + LARK_JOB, asRoot),
    ]) {
      expect(ran.status).toBe(1);
      expect(ran.err).toMatch(message);
    }
    expect(await at.jobs()).toEqual(before);
  });

  it('a job is sent back to the queue where the helper may not be used', async () => {
    at.kit.set({ helper: `${at.kit.path('sudo')} -n -u root` });
    const said = await at.prepare(JOB_AD, asRoot);
    expect(said.out).toMatch(
      /^LarkJob = ""\nHookStatusCode = 300\nHookStatusMessage = "Lark: \S+sudo -n -u root ended with/,
    );
    expect(said.err).toMatch(/^not allowed/);
  });

  it("another machine's job is not to be had", async () => {
    const ad = JOB_AD + larkJob(KEY.replaceAll('wn1', 'wn2'));
    expect(await at.update(ad, asRoot)).toMatchObject({ status: 1 });
    expect(await at.jobs()).toEqual([]);
  });

  it('nothing is believed of who says himself that he is there', async () => {
    const stdin = `slot1_1@wn1\n${JOB_AD}`;
    const said = await at.kit.run('lark-prepare-job', { stdin, args: ['-i'], as: 'root' });
    expect(said.err).toMatch(/option -i is for the helper/);
    expect(await at.jobs()).toEqual([]);
  });
});

describe('without the helper', () => {
  it('the token is needed', async () => {
    at.kit.set({ helper: '', token_file: '' });
    at.place('ipv4=10.1.0.1', 'interface=j1');
    expect((await at.prepare()).err).toMatch(/^lark-prepare-job: ERROR HTTP_TOKEN_MISSING /);
  });

  it('no token and no ad is in the arguments or the environment of any process', async () => {
    const seen: string[] = [];
    const sent: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      sent.push(request.headers.authorization);
      const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
      seen.push(...processes.flatMap((pid) => [said(`/proc/${pid}/cmdline`), said(`/proc/${pid}/environ`)]));
      response.writeHead(422).end('{"code":"JOB_AD_INCOMPLETE","detail":"No."}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    at.kit.set({ helper: '', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    at.place('ipv4=10.1.0.1');
    at.machineAd('Name = "slot1_1@wn1"\nSecret = "machine-a1b2c3"\n');
    const { err } = await at.prepare(`${JOB_AD}Environment = "job-d4e5f6"\n`, { as: 'root' });
    server.close();
    expect(err).toBe('lark-prepare-job: ERROR JOB_AD_INCOMPLETE No.\n');
    expect(sent).toEqual([`Bearer ${TOKEN}`]);
    expect(seen.some((text) => text.includes('--data-urlencode'))).toBe(true);
    for (const secret of [TOKEN, 'machine-a1b2c3', 'job-d4e5f6']) {
      expect(seen.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
});

/** Nothing of a process that is gone. */
function said(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

describe('over TLS', () => {
  it('Lark is believed by its CA alone, and goes by a certificate of the hook', async () => {
    const [ca, other] = [new TestAuthority(folder, 'ca'), new TestAuthority(folder, 'other-ca')];
    const [lark, hook] = [ca.issue(['lark']), ca.issue(['wn1'])];
    const tls = `{ certificate: ${lark.certificate}, key: ${lark.key}, clientCa: ${ca.certificate} }`;
    const file = join(folder, 'tls.yaml');
    writeFileSync(
      file,
      `openflow: { listen: 127.0.0.1:0 }\nhttp: { listen: 127.0.0.1:0, tls: ${tls} }\n` +
        'jobs: { listen: 127.0.0.1:0, nat: unenforced }\npolicies: []\n',
    );
    const { config, errors } = await loadConfig(file);
    if (config === undefined) throw new Error(JSON.stringify(errors));
    const load = () => loadConfig(file);
    const running = await startLark(config, { log: pino({ level: 'silent' }), version: 'test', warnings: [], load });
    try {
      // Such a job needs no switch.
      at.place('ipv4=10.1.0.1', 'networkType=nat');
      const url = `https://localhost:${running.addresses.http.port}`;
      const keys = { cert: hook.certificate, key: hook.key };
      at.kit.set({ url, helper: '', token_file: '', patience: '1', ca: other.certificate, ...keys });
      expect((await at.prepare(JOB_AD, { as: 'root' })).err).toMatch(/does not answer: .*certificate/);
      at.kit.set({ ca: ca.certificate });
      expect(await at.prepare(JOB_AD, { as: 'root' })).toEqual({ status: 0, out: LARK_JOB, err: '' });
      const feed = await JobFeedClient.connect(running.addresses.jobs);
      expect(await feed.list()).toMatchObject([{ key: KEY, user: 'alice' }]);
      await feed.close();
      at.kit.set({ cert: '', key: '' });
      expect((await at.exit(JOB_AD + LARK_JOB, { as: 'root' })).err).toMatch(
        /does not answer: .* Its lease will end it\.\n$/,
      );
    } finally {
      await running.close();
    }
  });
});
