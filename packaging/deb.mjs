#!/usr/bin/env node
// `npm run deb`: Debian packages in build/, of what is built and installed here; fetches nothing and needs no root.
//   lark-controller   the controller, for the host that switches connect to; of the processor that this runs on
//   lark-htcondor     the scripts by which a worker node tells it of its jobs; needs no Node.js
// Beside this file stand their control files and maintainer scripts. docs/packaging.md says what is where.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { main, PackagingError, ROOT, run, stage } from './stage.mjs';

const TARGET = join(ROOT, 'build');
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' };
const { version: npmVersion } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
// To Debian 0.2.0-rc.1 would come after 0.2.0.
const version = npmVersion.replace('-', '~');

function controller(root) {
  const lib = join(root, 'usr/lib/lark-controller');
  stage(lib);
  const doc = folder(root, 'usr/share/doc/lark-controller');
  for (const name of ['README.md', 'CHANGELOG.md', 'docs']) renameSync(join(lib, name), join(doc, name));
  // The other package has them.
  rmSync(join(lib, 'htcondor'), { recursive: true });

  const command = 'dist/controller/cli/lark.js';
  symlinkSync(`../lib/lark-controller/${command}`, join(folder(root, 'usr/bin'), 'lark'));
  const complete = (shell) => run(process.execPath, [join(lib, command), 'completion', shell]);
  write(folder(root, 'usr/share/bash-completion/completions'), 'lark', complete('bash'));
  write(folder(root, 'usr/share/zsh/vendor-completions'), '_lark', complete('zsh'));
  write(folder(root, 'usr/share/fish/vendor_completions.d'), 'lark.fish', complete('fish'));

  copy('packaging/lark.service', folder(root, 'usr/lib/systemd/system'), 'lark.service');
  write(folder(root, 'etc/lark'), 'policy.yaml', installedPolicy());
}

/** The sample, with its registrations where a service keeps its state. */
function installedPolicy() {
  const sample = readFileSync(join(ROOT, 'policy.sample.yaml'), 'utf8');
  const store = /^# Registered jobs are kept here.*\nstore:\n {2}path: lark-state$/m;
  if (!store.test(sample))
    throw new PackagingError('policy.sample.yaml has another `store` than packaging/deb.mjs expects');
  const kept = '# Registered jobs are kept here, so that a restart forgets none.\nstore:\n  path: /var/lib/lark';
  return sample.replace(store, kept);
}

function htcondor(root) {
  const kit = readdirSync(join(ROOT, 'htcondor'));
  const libexec = folder(root, 'usr/libexec/lark');
  for (const name of kit.filter((each) => each.startsWith('lark-'))) copy(`htcondor/${name}`, libexec, name);
  const doc = folder(root, 'usr/share/doc/lark-htcondor');
  copy('docs/htcondor.md', doc, 'htcondor.md');
  const examples = folder(doc, 'examples');
  for (const name of kit.filter((each) => /\.(conf|sample|sudoers)$/.test(each)))
    copy(`htcondor/${name}`, examples, name);
}

function build(name, architecture, fill) {
  const root = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    fill(root);
    const files = settle(root);
    const control = folder(root, 'DEBIAN');
    chmodSync(root, 0o755);
    const from = join('packaging', name);
    for (const script of readdirSync(join(ROOT, from))) copy(join(from, script), control, script);
    const kibibytes = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 1024), 0);
    const fields = { VERSION: version, ARCHITECTURE: architecture, INSTALLED_SIZE: String(kibibytes) };
    const template = readFileSync(join(control, 'control'), 'utf8');
    write(
      control,
      'control',
      template.replace(/@(\w+)@/g, (_, field) => fields[field]),
    );
    write(control, 'md5sums', files.map(({ path, md5 }) => `${md5}  ${path}\n`).join(''));
    const file = join(TARGET, `${name}_${version}_${architecture}.deb`);
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, file]);
    console.log(relative(process.cwd(), file));
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Modes as Debian wants them, whatever the umask here; and what dpkg wants to know of each file. */
function settle(root, below = '') {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    const file = join(root, path);
    if (entry.isSymbolicLink()) return [];
    if (entry.isDirectory()) {
      chmodSync(file, 0o755);
      return settle(root, path);
    }
    chmodSync(file, statSync(file).mode & 0o111 ? 0o755 : 0o644);
    const content = readFileSync(file);
    return [{ path, bytes: content.length, md5: createHash('md5').update(content).digest('hex') }];
  });
}

function folder(...path) {
  const made = join(...path);
  mkdirSync(made, { recursive: true });
  return made;
}

function copy(from, into, name) {
  cpSync(join(ROOT, from), join(into, name));
}

function write(into, name, text) {
  writeFileSync(join(into, name), text);
}

main(() => {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new PackagingError(`Lark is not packaged for the processor ${process.arch}`);
  if (!existsSync(TARGET)) mkdirSync(TARGET);
  build('lark-controller', architecture, controller);
  build('lark-htcondor', 'all', htcondor);
});
