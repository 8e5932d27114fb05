// The version of Lark, from its package.json: the nearest one above this file that is Lark's own, so that it is found
// from the sources and from `dist` alike.

import { existsSync, readFileSync } from 'node:fs';

export function packageVersion(from: URL = new URL(import.meta.url)): string {
  for (let directory = new URL('.', from); ; directory = new URL('..', directory)) {
    const file = new URL('package.json', directory);
    if (existsSync(file)) {
      const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (isLark(manifest)) return manifest.version;
    }
    if (directory.pathname === '/') throw new Error('no package.json of lark-controller above the command');
  }
}

function isLark(manifest: unknown): manifest is { readonly version: string } {
  return (
    typeof manifest === 'object' &&
    manifest !== null &&
    'name' in manifest &&
    manifest.name === 'lark-controller' &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  );
}
