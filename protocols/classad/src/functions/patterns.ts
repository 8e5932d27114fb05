// regexp and its kin. Options are letters: i, m, s and x as in PCRE, f to keep what surrounds the match, g to go on after it. A
// pattern that does not compile, or that takes more steps than the evaluation has left, is an `error`.

import type { ByteString } from '../bytes.ts';
import type { Evaluation } from '../evaluation.ts';
import { compilePattern, type Match, type Pattern } from '../regex/pattern.ts';
import { ERROR, isList, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, elements, exceptional, made, strict } from './builtin.ts';

const regexp = strict(2, 3, (values, run) => {
  const exception = exceptional(values);
  if (exception) return exception.value;
  const [pattern, target, options = ''] = values;
  if (typeof pattern !== 'string' || typeof target !== 'string' || typeof options !== 'string') return ERROR;
  const compiled = compilePattern(pattern, options, run);
  return compiled === null ? ERROR : compiled.match(target, 0, run) !== null;
});

/** Whether any string of a list matches. */
const regexpMember = strict(2, 3, (values, run) => {
  const exception = exceptional(values);
  if (exception) return exception.value;
  const [pattern, list, options = ''] = values;
  if (typeof pattern !== 'string' || !isList(list) || typeof options !== 'string') return ERROR;
  const compiled = compilePattern(pattern, options, run);
  if (compiled === null) return ERROR;
  let result: Value = false;
  for (const element of elements(list, run)) {
    if (typeof element === 'string') {
      if (compiled.match(element, 0, run) !== null) return true;
    } else if (element === undefined) {
      if (result === false) result = undefined;
    } else result = ERROR;
  }
  return result;
});

/** A substituting function; `always` are the options that its name implies. */
function substitution(always: '' | 'f' | 'fg'): BuiltIn {
  return strict(3, 4, (values, run) => {
    const exception = exceptional(values);
    if (exception) return exception.value;
    const [pattern, target, replacement, options = ''] = values;
    if (typeof pattern !== 'string' || typeof target !== 'string') return ERROR;
    if (typeof replacement !== 'string' || typeof options !== 'string') return ERROR;
    const compiled = compilePattern(pattern, options, run);
    return compiled === null ? ERROR : substitute(compiled, target, replacement, always + options, run);
  });
}

/** `f`: with what stands around the matches; `g`: all matches. Without a match the result is empty, or with `f` the target. */
function substitute(
  pattern: Pattern,
  target: ByteString,
  replacement: ByteString,
  options: string,
  run: Evaluation,
): Value {
  const isFull = options.includes('f');
  let output = '';
  let at = 0;
  do {
    const match = pattern.match(target, at, run);
    if (match === null) break;
    const text = expanded(replacement, match);
    if (text === null) return ERROR;
    // Where a match is empty HTCondor's library does not get on, unless it is at the end.
    if (match.end === match.start && options.includes('g') && match.end < target.length) return ERROR;
    output += (isFull ? target.slice(at, match.start) : '') + text;
    run.spend(output.length >> 6);
    at = match.end;
  } while (options.includes('g') && at < target.length);
  return made(isFull ? output + target.slice(at) : output, run);
}

/** The replacement with `\0` to `\9` filled in; `null` if it names a group beyond the last that took part. */
function expanded(replacement: ByteString, { groups }: Match): ByteString | null {
  let isBeyond = false;
  const text = replacement.replace(/\\([0-9])/g, (_, digit: string) => {
    const index = Number(digit);
    if (index >= groups.length) isBeyond = true;
    return groups[index] ?? '';
  });
  return isBeyond ? null : text;
}

export const patterns: BuiltIns = {
  regexp,
  regexpmember: regexpMember,
  regexps: substitution(''),
  replace: substitution('f'),
  replaceall: substitution('fg'),
};
