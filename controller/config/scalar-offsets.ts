// Where in a YAML text the characters of a scalar's value stand. A value is the text as written less what YAML takes out:
// quotes, escapes, line folds, indentation. So the two are walked side by side: what is no blank is found again in
// order, and a run of blanks in the one answers to a run of blanks in the other.

import type { Scalar } from 'yaml';

/** The offset in `text` of the character at `index` of the scalar's value, or of the end of the scalar for its end. */
export function offsetInScalar(scalar: Scalar, text: string, index: number): number {
  const [start, end] = scalar.range ?? [0, 0];
  const value = String(scalar.value);
  const isQuoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
  const isBlock = scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED';
  // The first line of a block holds its indicators and perhaps a comment.
  let at = isBlock ? text.indexOf('\n', start) + 1 : isQuoted ? start + 1 : start;
  if (isBlock) at = afterBlanks(text, at);
  for (let i = 0; i < Math.min(index, value.length); ) {
    if (isBlank(value[i])) {
      const next = afterBlanks(value, i);
      if (next > index) return at;
      i = next;
      at = afterBlankSource(text, at, scalar.type === 'QUOTE_DOUBLE');
    } else {
      const width =
        scalar.type === 'QUOTE_SINGLE' && text[at] === "'" ? { source: 2, value: 1 } : widthAt(text, at, scalar);
      i += width.value;
      at += width.source;
    }
  }
  return Math.min(at, isQuoted ? end - 1 : end);
}

function widthAt(text: string, at: number, { type }: Scalar): { source: number; value: number } {
  if (type !== 'QUOTE_DOUBLE' || text[at] !== '\\') return { source: 1, value: 1 };
  const digits = { x: 2, u: 4, U: 8 }[text[at + 1] ?? ''];
  if (digits === undefined) return { source: 2, value: 1 };
  const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
  return { source: 2 + digits, value: code > 0xffff ? 2 : 1 };
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at++;
  return at;
}

/** Past blanks as they are written; in double quotes they may be escaped, and a line may end in a backslash. */
function afterBlankSource(text: string, from: number, mayEscape: boolean): number {
  let at = from;
  for (;;) {
    if (isBlank(text[at])) at++;
    else if (mayEscape && text[at] === '\\' && /[nrt \n\r\t]/.test(text[at + 1] ?? '')) at += 2;
    else return at;
  }
}
