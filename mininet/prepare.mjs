#!/usr/bin/env node
// Makes a fresh machine ready for `npm run demo` and `npm test`: npm packages, the build, and (as root on Debian) the
// programs that the laboratory runs. Plain Node without dependencies, since it runs before `npm ci`. It prints one line
// for each thing it does and nothing when all is there; it starts and stops no service.
//
//   node mininet/prepare.mjs demo    what cannot be had is named, and the demo takes the model switch instead
//   node mininet/prepare.mjs test    what cannot be had is named, and the exit code is 1
//   node mininet/prepare.mjs lab     the laboratory's programs only; exit code 1 as for `test`
//   node mininet/prepare.mjs build   npm packages and the build only

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'dist', '.built');
const SOURCES = [
  'controller',
  'policies',
  'protocols',
  'mininet',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];

/** Which Debian package brings which program, and who needs it. */
const PROGRAMS = [
  { program: 'unshare', debian: 'util-linux', for: ['demo', 'lab', 'test'] },
  { program: 'ovs-vswitchd', debian: 'openvswitch-switch', for: ['demo', 'lab', 'test'] },
  { program: 'ovs-ofctl', debian: 'openvswitch-common', for: ['demo', 'lab', 'test'] },
  { program: 'ip', debian: 'iproute2', for: ['demo', 'lab', 'test'] },
  { program: 'ethtool', debian: 'ethtool', for: ['demo', 'lab', 'test'] },
  { program: 'ping', debian: 'iputils-ping', for: ['demo', 'lab', 'test'] },
  { program: 'openssl', debian: 'openssl', for: ['test'] },
  { program: 'curl', debian: 'curl', for: ['test'] },
  // Checks units; the package's own services do not start, as nothing makes it the system's first process.
  { program: 'systemd-analyze', debian: 'systemd', for: ['test'] },
  { program: 'ovs-pki', debian: 'openvswitch-common', for: ['test'] },
  { program: 'mn', debian: 'mininet', for: ['lab', 'test'] },
  { program: 'tshark', debian: 'tshark', for: ['lab', 'test'] },
  { program: 'chromium', debian: 'chromium', for: ['test'] },
  { program: 'prometheus', debian: 'prometheus', for: ['test'] },
  // Shells that complete Lark's commands.
  { program: 'zsh', debian: 'zsh', for: ['test'] },
  { program: 'fish', debian: 'fish', for: ['test'] },
  // Sees in which thread Lark waits for the disk, and makes the disk slow or bad for it.
  { program: 'strace', debian: 'strace', for: ['test'] },
];

const isRoot = process.getuid?.() === 0;

class PrepareError extends Error {}

function say(line) {
  console.log(`prepare: ${line}`);
}

function findProgram(program) {
  // What root runs lives in the sbin directories, which an ordinary user's PATH may lack.
  const path = [...(process.env.PATH ?? '').split(delimiter), ...(process.env.PATH ? ['/usr/sbin', '/sbin'] : [])];
  return path.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a command quietly; what it said is shown only if it fails. */
function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  const lines = (result.error?.message ?? `${result.stdout}${result.stderr}`).trim().split('\n');
  // npm says what is wrong at the top, apt-get and tsc at the end.
  const said = lines.length <= 60 ? lines.join('\n') : [...lines.slice(0, 30), '…', ...lines.slice(-30)].join('\n');
  throw new PrepareError(`\`${command} ${args.join(' ')}\` failed (${result.status ?? result.signal}):\n${said}`);
}

function installPrograms(missing) {
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const wanted = `missing: ${missing.map(({ program }) => program).join(', ')}`;
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (!findProgram('apt-get')) {
    throw new PrepareError(`${wanted}. This is no Debian: install what has these programs, then run this again.`);
  }
  if (!isRoot) throw new PrepareError(`${wanted}. Run this as root, or first: sudo ${byHand}`);
  say(`installing ${packages.join(', ')} (apt-get)`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  withoutServices(() => {
    run('apt-get', ['-q', 'update'], env);
    run('apt-get', ['-q', '-y', 'install', '--no-install-recommends', ...packages], env);
  });
  const still = missing.filter(({ program }) => !findProgram(program));
  if (still.length > 0)
    throw new PrepareError(`installed, but not to be found: ${still.map((p) => p.program).join(', ')}`);
}

/** Debian's packages start their service when installed, unless policy-rc.d says 101: the laboratory has its own. */
function withoutServices(install) {
  const guard = '/usr/sbin/policy-rc.d';
  const mine = !existsSync(guard);
  const remove = () => {
    if (mine) rmSync(guard, { force: true });
  };
  process.once('exit', remove);
  try {
    if (mine) writeFileSync(guard, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    install();
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function preparePackages() {
  const installed = modified(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed !== undefined && installed >= modified(join(ROOT, 'package-lock.json'))) return;
  say('installing npm packages (npm ci)');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** The newest change below a path; a directory's own time tells of files that went away. */
function newest(path) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'dist' || name === 'node_modules') return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return readdirSync(path).reduce((latest, entry) => Math.max(latest, newest(join(path, entry))), status.mtimeMs);
}

function prepareBuild() {
  const built = modified(STAMP);
  if (built !== undefined && SOURCES.every((source) => newest(join(ROOT, source)) <= built)) return;
  say('building (npm run build)');
  for (const directory of ['dist', 'protocols/openflow/dist', 'protocols/classad/dist']) {
    rmSync(join(ROOT, directory), { recursive: true, force: true });
  }
  run('npm', ['run', '--silent', 'build']);
  writeFileSync(STAMP, '');
}

function preparePrograms(purpose) {
  const missing = PROGRAMS.filter((each) => each.for.includes(purpose) && !findProgram(each.program));
  // Without root there is no laboratory, so the demo needs none of its programs.
  const wantsLab = purpose !== 'demo' || isRoot;
  if (missing.length === 0 || !wantsLab) return;
  try {
    installPrograms(missing);
  } catch (error) {
    if (!(error instanceof PrepareError) || purpose !== 'demo' || process.env.CI) throw error;
    say(`${error.message}\nprepare: going on without the laboratory: the demo will run on the model switch`);
  }
}

function main(purpose) {
  if (!['demo', 'lab', 'test', 'build'].includes(purpose)) {
    throw new PrepareError(`unknown purpose "${purpose}": say one of demo, lab, test, build`);
  }
  if (purpose === 'test' && !isRoot) {
    throw new PrepareError(
      'npm test makes network namespaces and a private Open vSwitch: run it as root (sudo npm test)',
    );
  }
  preparePrograms(purpose);
  if (purpose === 'lab') return;
  preparePackages();
  prepareBuild();
}

// A signal must not leave the guard against services behind: the exit handler removes it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => process.exit(code));
}
try {
  main(process.argv[2] ?? '');
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  console.error(`prepare: ${error.message}`);
  process.exitCode = 1;
}
