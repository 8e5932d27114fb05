// The Debian packages as their users have them: made by `npm run deb`, installed by dpkg in a copy of this machine, run as
// the unit says, upgraded and removed.

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabError } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { eventually } from '../support/eventually.ts';
import { ScratchRoot } from '../support/scratch-root.ts';

const HTTP = 'http://127.0.0.1:8080';
const LOG = '/run/systemd/stand-in/lark.log';
const POLICY = '/etc/lark/policy.yaml';
/** systemd's own measure of what a service that is broken into could do, in tenths: 100 is all, below 20 it says "OK". */
const MAX_EXPOSURE = 20;

let root: ScratchRoot;
let debs: string[];

beforeAll(async () => {
  root = await ScratchRoot.make();
  const printed = await root.run('npm run --silent deb', { cwd: projectRoot(), timeoutMs: 120_000 });
  debs = printed.match(/^build\/.*\.deb$/gm)?.map((name) => `${projectRoot()}/${name}`) ?? [];
}, 150_000);

afterAll(async () => {
  await root.run('systemctl stop lark').catch(() => {});
  await root.remove();
});

const answers = (path: string) =>
  fetch(`${HTTP}${path}`).then(
    async (response) => (response.ok ? response.text() : undefined),
    () => undefined,
  );

const running = () => eventually('Lark to answer', () => answers('/healthz'), 20_000);

const said = (line: string): Promise<string> =>
  root.run(line).then(
    (out) => `0 ${out}`,
    (error) => (error as LabError).message,
  );

describe('npm run deb', () => {
  it('makes both packages, named by version and architecture', async () => {
    const { version } = JSON.parse(await readFile(`${projectRoot()}/package.json`, 'utf8')) as { version: string };
    const architecture = (await root.run('dpkg --print-architecture')).trim();
    expect(debs.map((deb) => deb.slice(deb.lastIndexOf('/') + 1))).toEqual([
      `lark-controller_${version}_${architecture}.deb`,
      `lark-htcondor_${version}_all.deb`,
    ]);
  });

  it('puts nothing of tests, development or sources in them, and nothing that is not root’s or that others may write', async () => {
    const lines = (await Promise.all(debs.map((deb) => root.run(`dpkg-deb -c '${deb}'`)))).join('').trim().split('\n');
    const own = lines.filter((line) => !/ \.\/usr\/lib\/lark-controller\/node_modules\/(?!node-)/.test(line));
    expect(
      own.filter((line) => /\.test\.|\/testing\/|(?<!\.d)\.ts$|\.built|node_modules\/(vitest|typescript)/.test(line)),
    ).toEqual([]);
    const regular = /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx) root\/root /;
    expect(lines.filter((line) => !regular.test(line))).toEqual([]);
    // Another processor's or system's binaries do not come along.
    expect(lines.filter((line) => /\.node$/.test(line) && !line.includes(`linux-${process.arch}`))).toEqual([]);
  });
});

describe('once installed', () => {
  beforeAll(async () => {
    await root.run(`dpkg -i ${debs.join(' ')}`);
  });

  it('it is whole, has a user of its own, and has started nothing', async () => {
    expect(await root.run('dpkg --verify lark-controller lark-htcondor')).toBe('');
    expect(await root.run('getent passwd lark')).toMatch(/^lark:x:\d+:\d+::\/var\/lib\/lark:\/usr\/sbin\/nologin$/m);
    expect(await said('systemctl is-active lark')).toContain('failed (1)');
  });

  it('`lark` runs from it: it checks the policy that was installed, prints the sample and the schema', async () => {
    const { version } = JSON.parse(await readFile(`${projectRoot()}/package.json`, 'utf8')) as { version: string };
    expect(await root.run('lark --version')).toBe(`${version}\n`);
    expect(await root.run(`lark check ${POLICY}`)).toMatch(/^no problems found$/m);
    expect(await root.run('lark sample')).toBe(await readFile(`${projectRoot()}/policy.sample.yaml`, 'utf8'));
    expect(JSON.parse(await root.run('lark schema'))).toHaveProperty('$schema');
  });

  it('has completions that its shells take', async () => {
    await root.run('bash -n /usr/share/bash-completion/completions/lark');
  });

  it('has a unit that systemd understands, and that could do little if it were broken into', async () => {
    const unit = '/usr/lib/systemd/system/lark.service';
    expect(await root.run(`systemd-analyze verify --man=no ${unit} 2>&1`)).toBe('');
    await root.run(`systemd-analyze security --offline=true --threshold=${MAX_EXPOSURE} ${unit}`);
  });

  it('the scripts for HTCondor ask for their settings', async () => {
    const asked = await said('cd /tmp && /usr/libexec/lark/lark-network-delete a b c');
    expect(asked).toContain('The settings /etc/lark/htcondor.conf cannot be read: copy htcondor.conf.sample there.');
    await root.run('cp /usr/share/doc/lark-htcondor/examples/htcondor.conf.sample /etc/lark/htcondor.conf');
    expect(await said('cd /tmp && /usr/libexec/lark/lark-network-delete a b c')).toContain(
      '/etc/lark/token cannot be read',
    );
  });
});

describe('the service', () => {
  beforeAll(async () => {
    await root.run('systemctl enable --now lark');
    await running();
  });

  it('runs as its user without any right, and keeps its state where only that user looks', async () => {
    const pid = (await root.run('cat /run/systemd/stand-in/lark.pid')).trim();
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const uid = (await root.run('id -u lark')).trim();
    expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(await root.run('stat -c "%U %a" /var/lib/lark /var/lib/lark/data.mdb')).toBe('lark 700\nlark 600\n');
  });

  it('refuses a reload with a bad file, says why, and goes on by the one in force', async () => {
    const good = await readFile(root.path(POLICY), 'utf8');
    const before = JSON.parse((await answers('/v1/status')) ?? '') as { policy: { sha256: string } };
    await writeFile(root.path(POLICY), good.replace('isolate-users: true', 'isolate-usres: true'));
    expect(await said('systemctl reload lark')).toContain('failed (1)');
    expect(await readFile(root.path(LOG), 'utf8')).toContain('unknown policy "isolate-usres"');
    expect(JSON.parse((await answers('/v1/status')) ?? '')).toMatchObject({ policy: { sha256: before.policy.sha256 } });

    await writeFile(root.path(POLICY), `${good}\n# changed\n`);
    expect(await said('systemctl reload lark')).toMatch(/^0 /);
    await eventually('the changed file to be in force', async () => {
      const { policy } = JSON.parse((await answers('/v1/status')) ?? '') as typeof before;
      return policy.sha256 !== before.policy.sha256;
    });
  });

  it('is restarted by an upgrade, which keeps a changed policy', async () => {
    const { startedAt } = JSON.parse((await answers('/v1/status')) ?? '') as { startedAt: string };
    await root.run(`dpkg -i ${debs[0]}`);
    await running();
    expect(JSON.parse((await answers('/v1/status')) ?? '')).not.toMatchObject({ startedAt });
    expect(await readFile(root.path(POLICY), 'utf8')).toContain('# changed');
  });

  it('stops when it is told to, as it should', async () => {
    await root.run('systemctl stop lark');
    expect(await root.run('cat /run/systemd/stand-in/lark.exit')).toBe('0\n');
    await root.run('systemctl start lark');
    await running();
  });

  it('has its store copied and put back as the runbook says', async () => {
    const runbook = await readFile(`${projectRoot()}/docs/runbook.md`, 'utf8');
    const lines = runbook.match(/^systemctl stop lark && .*tar .*$/gm) ?? [];
    expect(lines).toHaveLength(2);
    for (const line of lines) await root.run(line, { cwd: '/root' });
    await running();
    expect(await root.run('stat -c "%U %a" /var/lib/lark /var/lib/lark/data.mdb')).toBe('lark 700\nlark 600\n');
  });

  it('is stopped by a removal, which leaves the policy and the registrations; a purge takes both', async () => {
    await root.run('dpkg -r lark-controller');
    expect(await answers('/healthz')).toBeUndefined();
    expect(await root.run(`ls -d ${POLICY} /var/lib/lark/data.mdb`)).toBe(`${POLICY}\n/var/lib/lark/data.mdb\n`);
    expect(await said('ls /usr/bin/lark /usr/lib/lark-controller')).toContain('No such file');
    await root.run('dpkg -P lark-controller');
    expect(await said(`ls ${POLICY} /var/lib/lark`)).toContain('No such file');
  });
});
