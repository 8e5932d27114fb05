// What `npm pack` packs, file by file, and that Lark runs from it: the Debian package and the container image are made of
// the same files.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';

/** All that may be in it: what runs, what policies of one's own are typed by, and what is read or copied from. */
const ALLOWED = [
  /^package\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^policy\.sample\.yaml$/,
  /^dist\/(controller|policies|protocols\/packet|mininet)\/([\w-]+\/)*[\w-]+(\.js|\.js\.map|\.d\.ts)$/,
  /^node_modules\/node-(openflow|classad)\/(package\.json|README\.md|dist\/([\w-]+\/)*[\w-]+(\.js|\.js\.map|\.d\.ts))$/,
  /^mininet\/(policy\.yaml|lab\/lab-ns)$/,
  /^htcondor\/(lark-[a-z-]+(\.sh)?|50-lark-(hooks|callouts)\.conf|htcondor\.conf\.sample|lark\.sudoers)$/,
  /^docs\/(decisions\/|plots\/|pictures\/)?[\w-]+\.(md|svg|png)$/,
  /^dist\/controller\/northbound\/dashboard\/page\/\w+\.(html|css|svg)$/,
  /^prometheus\/[\w-]+\.(yaml|json)$/,
];
/** A part of each kind without which something does not work. */
const NEEDED = [
  'dist/controller/cli/lark.js',
  'dist/controller/main.js',
  'dist/mininet/demo/demo.js',
  'dist/policies/index.d.ts',
  'node_modules/node-openflow/dist/index.js',
  'node_modules/node-classad/dist/index.js',
  'mininet/lab/lab-ns',
  'htcondor/lark-prepare-job',
  'docs/errors.md',
  'dist/controller/northbound/dashboard/page/index.html',
  'prometheus/alerts.yaml',
  'policy.sample.yaml',
];

let folder: string;
/** For machines that are busy with other things. */
const PATIENT = { timeoutMs: 60_000 };
const lark = (...args: string[]) =>
  command(process.execPath, [join(folder, 'dist/controller/cli/lark.js'), ...args], PATIENT);

/** What a module prints that is loaded there. */
const inFolder = (text: string) => command('sh', ['-c', `cd '${folder}' && node --input-type=module -e "${text}"`]);

beforeAll(async () => {
  folder = await mkdtemp('/run/lark-package-');
  // In a worktree that was built by other means this builds it; nothing is fetched.
  await command('npm', ['--prefix', projectRoot(), 'run', '--silent', 'prepack'], { timeoutMs: 60_000 });
  await command(process.execPath, [join(projectRoot(), 'packaging/stage.mjs'), folder], { timeoutMs: 60_000 });
}, 150_000);

afterAll(() => rm(folder, { recursive: true }));

it('has all that is needed and nothing else: no tests, no sources, nothing of this machine', async () => {
  const packed = await command(
    'npm',
    ['--prefix', projectRoot(), 'pack', '--dry-run', '--json', '--ignore-scripts'],
    PATIENT,
  );
  const [{ files, size }] = JSON.parse(packed) as [{ files: { path: string }[]; size: number }];
  const paths = files.map(({ path }) => path);
  expect(paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([]);
  expect(paths.filter((path) => /\.test\.|\/testing\//.test(path))).toEqual([]);
  expect(NEEDED.filter((path) => !paths.includes(path))).toEqual([]);
  expect(size).toBeLessThan(3_000_000);
});

it('has the packages that are Lark’s own in it, as no registry has them', async () => {
  const text = "import * as of from 'node-openflow'; import * as ad from 'node-classad';";
  expect(await inFolder(`${text} console.log(typeof of.decodeMessage, typeof ad.parseAd)`)).toBe('function function\n');
});

it('has what a policy of one’s own imports', async () => {
  const text = "import { definePolicy } from 'lark-controller/policy';";
  expect(await inFolder(`${text} console.log(typeof definePolicy)`)).toBe('function\n');
});

it('runs from where it was unpacked, far from the repository', async () => {
  await lark('check', join(folder, 'policy.sample.yaml'));
  await lark('demo', '--model', '--openflow', '1.3');
});

it('listens, answers and stops at once when it is told to', async () => {
  const child = spawn(process.execPath, [join(folder, 'dist/controller/cli/lark.js'), 'run', '--log-format', 'json']);
  const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
  for await (const line of createInterface({ input: child.stdout })) {
    if ((JSON.parse(line) as { event: string }).event === 'lark.started') break;
  }
  expect((await fetch('http://127.0.0.1:8080/healthz')).ok).toBe(true);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
