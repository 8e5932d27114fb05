// Compiled patterns for the functions. HTCondor uses PCRE2 with its match limit; an engine of JavaScript's would read another
// syntax and could hang, so this package has its own: PCRE2's syntax and order of trying, over bytes, with a budget.

import type { ByteString } from '../bytes.ts';
import type { Evaluation } from '../evaluation.ts';
import { Matcher, MatchLimit } from './matcher.ts';
import { compile, type Program } from './program.ts';
import { parsePattern } from './syntax.ts';
import { PatternError } from './tree.ts';

/** The steps of one match, a quarter of an evaluation's step each. */
const MATCH_STEPS = 1_000_000;
const STEPS_PER_EVALUATION_STEP = 4;
/** Steps for each byte of a pattern and each instruction that it makes. */
const COMPILE_COST = 4;
/** Only patterns of common size are kept. */
const CACHE = { entries: 200, patternLength: 200, instructions: 500 };

export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole match and the groups, up to the last that took part. */
  readonly groups: readonly (ByteString | undefined)[];
}

export class Pattern {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** The first match at or after `from`. Throws `MatchLimit` when it takes too many steps. */
  match(text: ByteString, from: number, run: Evaluation): Match | null {
    const steps = Math.min(MATCH_STEPS, run.stepsLeft * STEPS_PER_EVALUATION_STEP);
    const matcher = new Matcher(this.#program, text, from, steps);
    try {
      const slots = matcher.search();
      return slots === null ? null : matchOf(slots, text, this.#program.groupCount);
    } finally {
      run.spend(1 + Math.ceil((steps - Math.max(matcher.stepsLeft, 0)) / STEPS_PER_EVALUATION_STEP));
    }
  }
}

function matchOf(slots: Int32Array, text: ByteString, groupCount: number): Match {
  const groups: (ByteString | undefined)[] = [];
  let last = 0;
  for (let group = 0; group <= groupCount; group += 1) {
    const start = slots[2 * group]!;
    const end = slots[2 * group + 1]!;
    const tookPart = start !== -1 && end !== -1;
    groups.push(tookPart ? text.slice(start, end) : undefined);
    if (tookPart) last = group;
  }
  return { start: slots[0]!, end: slots[1]!, groups: groups.slice(0, last + 1) };
}

const cache = new Map<string, Pattern | null>();

/** Compiles a pattern with PCRE's options `i`, `m`, `s` and `x`, other letters ignored; null if it is not well formed. */
export function compilePattern(source: ByteString, options: string, run: Evaluation): Pattern | null {
  const flags = {
    i: options.includes('i'),
    m: options.includes('m'),
    s: options.includes('s'),
    x: options.includes('x'),
  };
  const key = `${flags.i}${flags.m}${flags.s}${flags.x}${source}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const program = programOf(source, flags);
  run.spend(COMPILE_COST * (source.length + (program?.instructions.length ?? 0)));
  const pattern = program === null ? null : new Pattern(program);
  if (source.length <= CACHE.patternLength && (program?.instructions.length ?? 0) <= CACHE.instructions) {
    if (cache.size >= CACHE.entries) cache.delete(cache.keys().next().value!);
    cache.set(key, pattern);
  }
  return pattern;
}

function programOf(source: ByteString, flags: Parameters<typeof parsePattern>[1]): Program | null {
  try {
    return compile(parsePattern(source, flags));
  } catch (error) {
    if (error instanceof PatternError) return null;
    throw error;
  }
}

export { MatchLimit };
