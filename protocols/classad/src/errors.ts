// The one error that this package throws for input that it cannot read. It always says where, what was found there and
// what was expected. Evaluation never throws it: an expression that goes wrong has the value `error`.

export type ClassAdErrorCode =
  /** A character or token that cannot stand where it stands. */
  | 'CLASSAD_SYNTAX'
  /** Parentheses, lists or ads nested deeper than HTCondor's parser goes. */
  | 'CLASSAD_TOO_DEEP'
  /** A line of a long-form ad that is not `Name = Expression`. */
  | 'CLASSAD_LONG_FORM'
  /** Text that is not JSON, or JSON that is no ad. */
  | 'CLASSAD_JSON'
  /** What is to be printed has no form in that syntax. */
  | 'CLASSAD_UNPRINTABLE';

/** Where in the text the trouble is; line and column count from 1, the column in characters (bytes for non-ASCII). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export class ClassAdError extends Error {
  readonly code: ClassAdErrorCode;
  readonly line: number;
  readonly column: number;
  /** What would have been accepted there, such as `';' or ']'`. */
  readonly expected: string;

  constructor(code: ClassAdErrorCode, problem: string, expected: string, at: Position) {
    super(`${at.line}:${at.column}: ${problem}; expected ${expected}`);
    this.name = 'ClassAdError';
    this.code = code;
    this.line = at.line;
    this.column = at.column;
    this.expected = expected;
  }
}

/** Line and column of an offset into `text`. */
export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', lineStart)) {
    line += 1;
    lineStart = next + 1;
  }
  return { line, column: offset - lineStart + 1 };
}
