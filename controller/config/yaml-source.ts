// From the text of a policy file to plain values that remember where they stand. Parses one YAML 1.2 document within
// stated limits, and reports all that is wrong with it as YAML. Scalars are read more strictly than YAML's core schema
// does: only `true`, `false`, nothing, and plain decimal whole numbers are anything but text, so that a datapath id such as
// 0000000000000001 or a version 1.0 stays as it was written. Aliases are followed, each use counted against the limit.

import { Composer, type Document, LineCounter, Parser, type YAMLError } from 'yaml';
import type { Place } from './config.ts';
import type { ConfigProblem, ConfigProblemCode } from './problem.ts';
import { placeFinder } from './yaml-places.ts';
import { describeSyntaxError, exceedsDepth, MAX_DEPTH } from './yaml-syntax.ts';
import { readNode } from './yaml-values.ts';

/** Keys and list indices from the root of the file. */
export type Path = readonly (string | number)[];

export interface YamlSource {
  readonly file: string;
  /** Mappings are objects without a prototype, lists arrays; scalars string, number, boolean or null. */
  readonly value: unknown;
  /** Where the value at `path` begins or, with `key`, the key that leads to it. The nearest enclosing place if absent. */
  place(path: Path, at: 'key' | 'value'): Place;
  /** Where the character at `offset` (UTF-16 units) of the text at `path` stands. */
  placeInside(path: Path, offset: number): Place;
}

export type YamlReading = { readonly source: YamlSource } | { readonly problems: readonly ConfigProblem[] };

/** Broken YAML makes many follow-on errors: more than this many help no one. */
const MAX_SYNTAX_ERRORS = 20;

export function readYaml(file: string, text: string): YamlReading {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problem = (code: ConfigProblemCode, offset: number, message: string): ConfigProblem => {
    return { code, severity: 'error', message, file, place: placeOf(offset) };
  };

  const tokens = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    // Before composing, which recurses: nesting beyond the stack takes the whole process down.
    const tooDeep = exceedsDepth(token);
    if (tooDeep !== undefined) {
      return { problems: [problem('CONFIG_TOO_LARGE', tooDeep, `nested more than ${MAX_DEPTH} levels deep`)] };
    }
    tokens.push(token);
  }
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const documents: Document.Parsed[] = [];
  for (const document of composer.compose(tokens, true, text.length)) {
    documents.push(document);
    if (documents.length === 2) break;
  }
  const [document, second] = documents;
  if (document === undefined) return { problems: [] };

  const syntaxErrors = firstOfEachLine(document.errors, lines)
    .slice(0, MAX_SYNTAX_ERRORS)
    .map((error) => problem('CONFIG_SYNTAX', error.pos[0], describeSyntaxError(error, text)));
  if (second !== undefined) {
    const message = 'a second YAML document begins here: a policy file is one document, so remove the "---" between';
    syntaxErrors.push(problem('CONFIG_SYNTAX', second.range[0], message));
  }
  if (syntaxErrors.length > 0) return { problems: syntaxErrors };

  const reading = readNode(document);
  if (reading.faults.length > 0) {
    return { problems: reading.faults.map(({ code, offset, message }) => problem(code, offset, message)) };
  }
  const find = placeFinder(document, reading.targets, text);
  const place = (path: Path, at: 'key' | 'value') => placeOf(find(path, at));
  const placeInside = (path: Path, offset: number) => placeOf(find(path, 'value', offset));
  return { source: { file, value: reading.value, place, placeInside } };
}

/** What follows the first error of a line is mostly its consequence. */
function firstOfEachLine(errors: readonly YAMLError[], lines: LineCounter): YAMLError[] {
  const seen = new Set<number>();
  return errors.filter(({ pos }) => {
    const { line } = lines.linePos(pos[0]);
    if (seen.has(line)) return false;
    seen.add(line);
    return true;
  });
}
