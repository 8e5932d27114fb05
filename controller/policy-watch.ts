// The policy file of a running Lark, watched: another content is put in force, or refused, as by `lark reload`. That the
// system does not let a folder be watched is said once, with what to do; Lark then looks at the file every few seconds.

import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type FileContents, filesOf, readContents } from './config/file-contents.ts';
import { FileWatch, WATCH_TIMING, type WatchTiming } from './config/file-watch.ts';
import { FOLDER_BUSY } from './config/folder-watches.ts';
import type { PolicyControl } from './policy-control.ts';

export interface PolicyWatchParts {
  /** The policy file. */
  readonly path: string;
  readonly policy: Pick<PolicyControl, 'tried' | 'reload'>;
  readonly log: Logger;
  readonly timing?: WatchTiming;
}

/** Undefined, with a line in the log, where the path is of a pipe or device, which can be read but once. */
export async function watchPolicy(parts: PolicyWatchParts): Promise<FileWatch | undefined> {
  const { path, log } = parts;
  // One that is missing just now may come back.
  const isRegular = await stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  );
  if (!isRegular) {
    log.warn({ file: path, message: 'this is no regular file, so it is not watched' }, 'policy.watch_failed');
    return undefined;
  }
  const watch = policyWatch(parts);
  watch.start();
  return watch;
}

function policyWatch({ path, policy, log, timing = WATCH_TIMING }: PolicyWatchParts): FileWatch {
  let former: FileContents | undefined;
  let isFailureSaid = false;
  return new FileWatch({
    timing,
    look: async () => {
      former = await readContents(path, undefined, former);
      return { fingerprint: former.fingerprint, files: filesOf(path, former) };
    },
    tried: () => policy.tried,
    onChange: () => {
      log.info({ file: path }, 'policy.changed');
      return policy.reload();
    },
    onFailure: (folder, error) => {
      if (isFailureSaid) return;
      isFailureSaid = true;
      const message = `${reasonOf(error)}; until then changes are noticed within ${timing.everyMs / 1000} s`;
      log.warn({ file: path, folder, message }, 'policy.watch_failed');
    },
  });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, string>> = {
    ENOSPC: 'the system watches as many folders as it may: raise fs.inotify.max_user_watches',
    EMFILE:
      'too many programs watch folders or too many files are open: raise fs.inotify.max_user_instances or the limit of open files',
    [FOLDER_BUSY]:
      'so much is written in the folder that it is not watched for half a minute: let what is written often have another one',
    EACCES: 'the folder may not be read: give the user that runs lark read permission',
  };
  return known[code] ?? `the folder cannot be watched (${error instanceof Error ? error.message : String(error)})`;
}
