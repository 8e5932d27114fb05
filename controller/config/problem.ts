// What is wrong with a policy file, as values: a stable code, a sentence that says what was expected and what to do, and
// the place. Errors make the file unusable and are reported together; warnings do not stop it. The codes and their
// meanings stand in docs/errors.md too.

import { formatPlace, type Place } from './config.ts';

/** Every code that loading a policy file can report, with what it means. */
export const configProblemCodes = {
  CONFIG_UNREADABLE: 'the file cannot be opened or read',
  CONFIG_TOO_LARGE: 'the file is over 1 MiB, nested too deeply, or expands to too many values',
  CONFIG_ENCODING: 'the file is not UTF-8 text',
  CONFIG_SYNTAX: 'the file is not valid YAML, or uses a part of YAML that policy files do not',
  CONFIG_EMPTY: 'the file says nothing',
  CONFIG_KEY_UNKNOWN: 'a key or policy that does not exist, or that this version does not carry out',
  CONFIG_KEY_DUPLICATE: 'a key is given twice in one mapping',
  CONFIG_VALUE_MISSING: 'a key that must be there is not',
  CONFIG_VALUE_INVALID: 'a value of the wrong type, form or range',
  CONFIG_EXPRESSION: 'an expression is not in ClassAd syntax, or uses what a policy may not',
  CONFIG_MODULE: 'the module of a policy cannot be loaded, or does not define one',
  CONFIG_FILE: 'a certificate, key, CA or token file that the file names cannot be read, or is not what it should be',
  CONFIG_CONFLICT: 'two values that each are right cannot both hold',
  CONFIG_NAME_UNDEFINED: 'a queue, alternate or zone is named that the file does not define',
  CONFIG_NEEDS_RESTART: 'a value differs from that of the Lark that runs, and cannot change while it does',
  CONFIG_LIMIT: 'the file makes more endpoint classes or rules of the jobs that there are than its `limits` allow',
  CONFIG_SUSPICIOUS: 'warning: can be carried out, but is probably not what was meant',
  CONFIG_UNPROTECTED: 'warning: enforcement is weaker here than one might think',
} as const;

export type ConfigProblemCode = keyof typeof configProblemCodes;

/** What to do, where it is more or other than to change the file at the place that the message names. */
export const configRemedies: Partial<Record<ConfigProblemCode, string>> = {
  CONFIG_UNREADABLE: 'Compare the path, and let the user that Lark runs as read the file.',
  CONFIG_TOO_LARGE: 'Make the file smaller: move what is alike into fewer entries, and use fewer aliases.',
  CONFIG_ENCODING: 'Save the file as UTF-8.',
  CONFIG_EMPTY: 'Write at least one key, such as `policies: []`; `lark sample` prints a file to begin with.',
  CONFIG_MODULE: 'Correct the module, or its path, which is relative to the policy file.',
  CONFIG_FILE: 'Correct the file that the message names, or its path, and let the user that Lark runs as read it.',
  CONFIG_NEEDS_RESTART: 'Put the former value back, or restart Lark: then the new one holds.',
  CONFIG_LIMIT: 'Raise the limit that the message names, or have the policies look at attributes that more jobs share.',
  CONFIG_SUSPICIOUS: 'See whether it is meant. If not, change the file at the place that the message names.',
  CONFIG_UNPROTECTED: 'See whether that is enough for the site. If not, change the file as the message says.',
};

export interface ConfigProblem {
  readonly code: ConfigProblemCode;
  readonly severity: 'error' | 'warning';
  /** One sentence, without the place. */
  readonly message: string;
  /** The file's path as it was given. */
  readonly file: string;
  /** Undefined where it is about the file as a whole. */
  readonly place: Place | undefined;
}

/** `policy.yaml:7:3: unknown key "wna"; did you mean "wan"?` */
export function formatProblem(problem: ConfigProblem): string {
  const where = problem.place === undefined ? problem.file : formatPlace(problem.place);
  return `${where}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`;
}

/** In the order of the file; what is about the whole file comes first. */
export function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const line = (problem: ConfigProblem) => problem.place?.line ?? 0;
  const column = (problem: ConfigProblem) => problem.place?.column ?? 0;
  return [...problems].sort((a, b) => line(a) - line(b) || column(a) - column(b));
}
