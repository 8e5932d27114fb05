// What may be wrong with the job store and what to do, as the store says it and docs/errors.md has it.

export type StoreErrorCode = keyof typeof STORE_ERRORS;

export const STORE_ERRORS = {
  STORE_UNUSABLE: {
    meaning: 'The directory or its files cannot be made, opened or locked.',
    remedy: 'Give Lark a directory that it may write to, on a disk with room, as `store: { path: … }`.',
  },
  STORE_IN_USE: {
    meaning: 'Another process has the store open: a Lark that runs.',
    remedy:
      'Stop that one first (`systemctl stop lark`), or name another directory for this one: `store: { path: … }`.',
  },
  STORE_DAMAGED: {
    meaning:
      'The files are not what a store should hold: Lark does not start, since it would not know all of its jobs.',
    remedy:
      'Put back a copy of the directory; or move it away and start with an empty store: then every job must be registered ' +
      'again, and addresses that were held back are free.',
  },
  STORE_NEWER: {
    meaning: 'The files were written by a later version of Lark.',
    remedy: 'Run that version, or move the directory away and register every job again.',
  },
  STORE_WRITE_FAILED: {
    meaning: 'A change could not be written; the store is as it was.',
    remedy: 'See whether its disk is full or read-only.',
  },
  STORE_BROKEN: {
    meaning: 'The disk did not confirm what was written: nothing more is taken until a restart.',
    remedy: 'Look for errors of the disk, and start Lark again.',
  },
} as const;
