// `node test/labs.mjs PROJECT… [FILTER…]`: the test files of these vitest projects (`integration`, `chaos`), or those whose paths
// contain a filter, shared out among laboratories (mininet/lab/lab-ns) that run side by side: most of a test's time goes into
// waiting for Open vSwitch. Within a laboratory one file follows another. To be run as root; exits 1 if a test fails.

import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = 'node_modules/vitest/vitest.mjs';
const MOST_LABS = Math.min(availableParallelism() + 1, 6);

/** About how many seconds a file takes where that is far from what most do, so that all laboratories end at about the same time. */
const USUAL_SECONDS = 10;
const SECONDS = {
  'chaos/disk-sync': 30,
  'chaos/reconnects': 20,
  'chaos/store-damaged': 25,
  'integration/connectivity': 55,
  'integration/dashboard': 75,
  'integration/debian-package': 25,
  'integration/demo': 100,
  'integration/evasion': 50,
  'integration/fail-modes': 55,
  'integration/kill-restart': 90,
  'integration/mininet-pingall': 35,
  'integration/npm-package': 30,
  'integration/policies': 30,
  'integration/port-storm': 35,
  'integration/proof-with-packets': 45,
  'integration/quick-start': 40,
  'integration/readings': 25,
  'integration/reconcile': 50,
  'integration/reconnect': 20,
  'integration/regressions': 35,
  'integration/reload': 25,
  'integration/tutorial': 90,
};

function secondsOf(file) {
  return SECONDS[file.replace(/^test\//, '').replace(/\.test\.ts$/, '')] ?? USUAL_SECONDS;
}

const args = process.argv.slice(2);
const projects = args.filter((each) => each === 'integration' || each === 'chaos');
const filters = args.filter((each) => !projects.includes(each));
// Options of vitest have no place here: what is shared out is files.
if (projects.length === 0 || filters.some((each) => each.startsWith('-'))) {
  console.error('usage: node test/labs.mjs PROJECT… [FILTER…], of the projects integration and chaos');
  process.exit(2);
}
const ofProjects = projects.flatMap((project) => ['--project', project]);

function listFiles() {
  const { stdout, status } = spawnSync(
    process.execPath,
    [VITEST, 'list', '--filesOnly', '--json', ...ofProjects, ...filters],
    { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout).map(({ file }) => relative(ROOT, file));
}

/** The longest first, each to the laboratory that has least to do. */
function shareOut(files) {
  const labs = Array.from({ length: Math.min(MOST_LABS, files.length) }, () => ({ files: [], seconds: 0 }));
  for (const file of [...files].sort((a, b) => secondsOf(b) - secondsOf(a))) {
    const [least] = labs.sort((a, b) => a.seconds - b.seconds);
    least.files.push(file);
    least.seconds += secondsOf(file);
  }
  return labs.map((lab) => lab.files);
}

/** The exit code of vitest with these files. What it prints is passed on by whole lines. */
function run(files) {
  return new Promise((resolve) => {
    const command = ['mininet/lab/lab-ns', '-t', process.execPath, VITEST, 'run', ...ofProjects, ...files];
    const child = spawn('sh', command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => console.log(line));
    child.on('error', (error) => console.error(String(error)));
    child.on('close', (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) child.kill();
    process.exit(1);
  });
}
const files = listFiles();
if (files.length === 0) {
  console.error(`no test file of ${projects.join(' and ')} has ${filters.join(' or ')} in its path`);
  process.exit(1);
}
const codes = await Promise.all(shareOut(files).map(run));
process.exit(codes.every((code) => code === 0) ? 0 : 1);
