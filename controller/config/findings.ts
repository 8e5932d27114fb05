// Collects what the checks find in one file, each with its place, and turns zod's issues into sentences. Paths are from
// the root of the file; a value's path is said in the message too, where the line alone would not tell which it is.

import type { z } from 'zod';
import { describeValue } from '../../policies/options/schema.ts';
import type { Place } from './config.ts';
import { type ConfigProblem, type ConfigProblemCode, sortProblems } from './problem.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** What of a schema's issue this module reads; zod's own union has more members than releases keep stable. */
type Issue = z.core.$ZodIssue;

export class Findings {
  readonly source: YamlSource;
  /** By place and sentence: what stands under an alias is checked at each use, but is wrong in one place. */
  readonly #problems = new Map<string, ConfigProblem>();

  constructor(source: YamlSource) {
    this.source = source;
  }

  error(code: ConfigProblemCode, path: Path, message: string, at: 'key' | 'value' = 'value'): void {
    this.#add(code, 'error', message, this.source.place(path, at));
  }

  warn(
    code: 'CONFIG_SUSPICIOUS' | 'CONFIG_UNPROTECTED',
    path: Path,
    message: string,
    at: 'key' | 'value' | { readonly offset: number } = 'value',
  ): void {
    const place = typeof at === 'object' ? this.source.placeInside(path, at.offset) : this.source.place(path, at);
    this.#add(code, 'warning', message, place);
  }

  /** Checks the value at `path` by a schema: its output, or undefined with all that is wrong reported. */
  check<T>(schema: z.ZodType<T>, path: Path, value: unknown): T | undefined {
    return this.checked(schema, path, value)?.value;
  }

  /** As `check`, for schemas whose output may itself be undefined. */
  checked<T>(schema: z.ZodType<T>, path: Path, value: unknown): { readonly value: T } | undefined {
    const result = schema.safeParse(value);
    if (result.success) return { value: result.data };
    for (const issue of result.error.issues) this.#addIssue(issue, path, value);
    return undefined;
  }

  /** Sorted by place. */
  get errors(): ConfigProblem[] {
    return this.#ofSeverity('error');
  }

  /** Sorted by place. */
  get warnings(): ConfigProblem[] {
    return this.#ofSeverity('warning');
  }

  #ofSeverity(severity: ConfigProblem['severity']): ConfigProblem[] {
    return sortProblems([...this.#problems.values()].filter((problem) => problem.severity === severity));
  }

  /** @param subject goes before the message, and does not make it another. */
  #add(
    code: ConfigProblemCode,
    severity: ConfigProblem['severity'],
    message: string,
    place: Place,
    subject = '',
  ): void {
    const key = `${severity} ${place.line}:${place.column} ${message}`;
    if (this.#problems.has(key)) return;
    this.#problems.set(key, { code, severity, message: subject + message, file: this.source.file, place });
  }

  #addIssue(issue: Issue, base: Path, root: unknown): void {
    const inner = issue.path.filter((segment) => typeof segment !== 'symbol');
    const path = [...base, ...inner];
    const { isMissing, value } = lookUp(root, inner);
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n');
      for (const [i, key] of issue.keys.entries()) {
        this.error('CONFIG_KEY_UNKNOWN', [...path, key], messages[i] ?? issue.message, 'key');
      }
    } else if (issue.code === 'invalid_key') {
      this.error('CONFIG_VALUE_INVALID', path, issue.issues[0]?.message ?? issue.message, 'key');
    } else if (isMissing) {
      const expectation = issueMessage(issue, undefined).replace(/[;,]? found nothing$/, '');
      this.error('CONFIG_VALUE_MISSING', path, `missing key "${String(inner.at(-1))}": ${expectation}`);
    } else {
      const { offset, isExpression } = paramsOf(issue);
      const place = offset === undefined ? this.source.place(path, 'value') : this.source.placeInside(path, offset);
      const code = isExpression ? 'CONFIG_EXPRESSION' : 'CONFIG_VALUE_INVALID';
      this.#add(code, 'error', issueMessage(issue, value), place, `${pathText(path)}: `);
    }
  }
}

/** What `readBy` says beside the message. */
function paramsOf(issue: Issue): { offset: number | undefined; isExpression: boolean } {
  const params: Record<string, unknown> = (issue.code === 'custom' && issue.params) || {};
  return {
    offset: typeof params.offset === 'number' ? params.offset : undefined,
    isExpression: params.isExpression === true,
  };
}

const IN_WORDS: Readonly<Record<string, string>> = {
  array: 'a list such as [a, b]',
  object: 'a mapping, keys and their values',
  record: 'a mapping, names and their values',
  boolean: 'true or false',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
};

function issueMessage(issue: Issue, value: unknown): string {
  if (issue.code !== 'invalid_type') return issue.message;
  const wantsText = issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  const quotes = wantsText ? `; put quotes around it: "${value}"` : '';
  return `expected ${IN_WORDS[issue.expected] ?? issue.expected}; found ${describeValue(value)}${quotes}`;
}

function lookUp(root: unknown, path: Path): { isMissing: boolean; value: unknown } {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) {
      return { isMissing: true, value: undefined };
    }
    value = (value as Record<string | number, unknown>)[segment];
  }
  return { isMissing: false, value };
}

/** `switches.core.wan.port`: the keys of a path; indices are left to the line and column. */
export function pathText(path: Path): string {
  return path.filter((segment) => typeof segment === 'string').join('.');
}
