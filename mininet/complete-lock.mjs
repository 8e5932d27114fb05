#!/usr/bin/env node
// Completes package-lock.json after an `npm install` from a registry that does not carry the optional packages of every
// platform: npm leaves those out of the lock, and `npm ci` then refuses it as out of step. Adds an entry of version,
// system and processor for each. Run it in the project's root after every `npm install`; it changes nothing when all
// are there.

import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEM = /android|darwin|linux|win32|freebsd|netbsd|openbsd|sunos|aix|openharmony/;
const PROCESSOR = /arm64|x64|ia32|arm|riscv64|ppc64|s390x|loong64|mips64el|wasm32/;

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { packages } = lock;
const isLocked = (name) => Object.keys(packages).some((where) => where.endsWith(`node_modules/${name}`));

for (const entry of Object.values(packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const [os] = SYSTEM.exec(name) ?? [];
    const [cpu] = PROCESSOR.exec(name) ?? [];
    if (isLocked(name) || (os === undefined && cpu === undefined)) continue;
    packages[`node_modules/${name}`] = {
      version: range.replace(/^\D*/, ''),
      ...(cpu && { cpu: [cpu] }),
      ...(entry.dev && { dev: true }),
      optional: true,
      ...(os && { os: [os] }),
    };
    console.log(`complete-lock: added ${name}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
