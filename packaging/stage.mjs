#!/usr/bin/env node
// Makes a folder that Lark runs from: what `npm pack` packs, and the dependencies that a service needs, as package-lock.json
// has them and npm installed them here. The Debian package and the container image are made of it, so what is in them is
// decided in one place: `files` and `bundleDependencies` of package.json. Fetches nothing.
//
//   node packaging/stage.mjs FOLDER     FOLDER has to be missing or empty; Lark has to be built

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What was asked for cannot be made here: the sentence says what to do. */
export class PackagingError extends Error {}

/** Runs a command in the project's root; what it prints is its result, and is shown if it fails. */
export function run(command, args, env = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error?.code === 'ENOENT') throw new PackagingError(`there is no ${command} here: install it`);
  if (status === 0) return stdout;
  throw new PackagingError(`\`${command} ${args.join(' ')}\` failed (${status ?? signal}):\n${stdout}${stderr}`.trim());
}

export function stage(folder) {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new PackagingError(`${folder} is not empty: name a folder that is missing or empty`);
  }
  const command = join(folder, 'dist/controller/cli/lark.js');
  if (!existsSync(join(ROOT, 'dist/controller/cli/lark.js'))) {
    throw new PackagingError('Lark is not built: npm run build');
  }
  mkdirSync(folder, { recursive: true });
  unpackOwn(folder);
  for (const path of serviceDependencies()) copyPackage(path, folder);
  // npm does so where it installs a command.
  chmodSync(command, 0o755);
}

function unpackOwn(folder) {
  const packed = mkdtempSync(join(tmpdir(), 'lark-packed-'));
  try {
    run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', packed]);
    const [tarball] = readdirSync(packed);
    run('tar', ['-xzf', join(packed, tarball), '--strip-components=1', '--no-same-owner', '-C', folder]);
  } finally {
    rmSync(packed, { recursive: true });
  }
}

/** Paths below the root of the packages that Lark needs when it runs. The workspaces are links, and come bundled. */
function serviceDependencies() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const needed = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link,
  );
  const missing = needed.filter(([path, { optional }]) => !optional && !existsSync(join(ROOT, path)));
  if (missing.length > 0) {
    throw new PackagingError(`not installed: ${missing.map(([path]) => path).join(', ')}; run npm ci`);
  }
  // Optional ones are for other systems and processors, where they are missing.
  return needed.map(([path]) => path).filter((path) => existsSync(join(ROOT, path)));
}

function copyPackage(path, folder) {
  const from = join(ROOT, path);
  // Packages inside this one have entries of their own, and may be for development alone.
  const nested = join(from, 'node_modules');
  const filter = (file) => file !== nested && !file.startsWith(nested + sep);
  cpSync(from, join(folder, path), { recursive: true, filter });
}

/** Runs a script's main function: an error that tells what to do is told without a stack. */
export function main(body) {
  try {
    body(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof PackagingError)) throw error;
    console.error(`packaging: ${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(([folder]) => {
    if (folder === undefined) throw new PackagingError('name the folder: node packaging/stage.mjs FOLDER');
    stage(folder);
  });
}
