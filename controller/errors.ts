// The catalogue of Lark's coded errors: those of the job feed, of the HTTP API, of the policy file and of the job store, each with what it
// means and, where that is not the same for all, what to do. docs/errors.md has the same rows, held by a test. Codes of
// `node-openflow` and `node-classad` stand in their own documentation, since those packages go by themselves.

import { type ConfigProblemCode, configProblemCodes, configRemedies } from './config/problem.ts';
import type { JobErrorCode } from './jobs/admission.ts';
import { JOB_ERRORS } from './jobs/job-errors.ts';
import { STORE_ERRORS, type StoreErrorCode } from './jobs/store/store-errors.ts';
import { HTTP_PROBLEMS, type HttpProblemCode } from './northbound/problem-catalogue.ts';

export type ErrorCode = JobErrorCode | HttpProblemCode | ConfigProblemCode | StoreErrorCode;

export interface ErrorEntry {
  /** Where it is reported. */
  readonly from: 'job feed' | 'HTTP API' | 'policy file' | 'job store';
  readonly meaning: string;
  readonly remedy: string;
}

function entries<Code extends string, Value>(
  table: Readonly<Record<Code, Value>>,
  entry: (value: Value, code: Code) => ErrorEntry,
): Record<Code, ErrorEntry> {
  const pairs = Object.entries(table) as [Code, Value][];
  return Object.fromEntries(pairs.map(([code, value]) => [code, entry(value, code)])) as Record<Code, ErrorEntry>;
}

export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = {
  ...entries(JOB_ERRORS, (value) => ({ from: 'job feed', ...value })),
  ...entries(HTTP_PROBLEMS, ({ status, title, remedy }) => ({
    from: 'HTTP API',
    meaning: `${status}: ${title}.`,
    remedy,
  })),
  ...entries(configProblemCodes, (meaning, code) => ({
    from: 'policy file',
    meaning: `${meaning[0]?.toUpperCase()}${meaning.slice(1)}.`,
    remedy: configRemedies[code] ?? 'Change the file at the place that the message names.',
  })),
  ...entries(STORE_ERRORS, (value) => ({ from: 'job store', ...value })),
};

/** The row of docs/errors.md for a code. */
export function documentationRow(code: ErrorCode): string {
  const { meaning, remedy } = ERRORS[code];
  return `| \`${code}\` | ${meaning} | ${remedy} |`;
}
