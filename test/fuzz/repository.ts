// Where the repository is, seen from the sources as well as from what they are compiled to.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export function repositoryUrl(): URL {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(`${directory}/package-lock.json`)) {
    const above = dirname(directory);
    if (above === directory) throw new Error('no package-lock.json above the fuzzer: run it inside the repository');
    directory = above;
  }
  return pathToFileURL(`${directory}/`);
}
