// What stands in Lark's own package: its version, and files that ship beside the code. The package is the nearest folder above
// this file whose package.json is Lark's, so that it is found from the sources and from `dist` alike.

import { existsSync, readFileSync } from 'node:fs';

export function packageVersion(from: URL = new URL(import.meta.url)): string {
  return packageAt(from).version;
}

/** Of a file that ships in the package's root folder. */
export function packageFile(name: string, from: URL = new URL(import.meta.url)): URL {
  return new URL(name, packageAt(from).folder);
}

function packageAt(from: URL): { readonly folder: URL; readonly version: string } {
  for (let folder = new URL('.', from); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder);
    if (existsSync(file)) {
      const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (isLark(manifest)) return { folder, version: manifest.version };
    }
    if (folder.pathname === '/') throw new Error('no package.json of lark-controller above the command');
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
