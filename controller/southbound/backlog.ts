// How many connections may wait until they are accepted. The listener asks for `BACKLOG`, and the kernel gives less where
// its own limit is lower, without a word: then some of a thousand switches that come back at once try again much later.

import { readFileSync } from 'node:fs';

export const BACKLOG = 1024;
const LIMIT_FILE = '/proc/sys/net/core/somaxconn';

/** The kernel's limit where it is below `BACKLOG`; undefined where it is not, or is not told. */
export function backlogShortage(file = LIMIT_FILE): number | undefined {
  try {
    const limit = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return limit < BACKLOG ? limit : undefined;
  } catch {
    // Not Linux.
    return undefined;
  }
}
