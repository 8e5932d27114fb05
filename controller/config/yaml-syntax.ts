// What YAML's own parser finds wrong, in words for people who edit a policy file twice a year; and the guard against
// nesting so deep that composing it would exhaust the stack.

import type { CST, YAMLError } from 'yaml';

/** Levels of lists and mappings. A policy file needs seven. */
export const MAX_DEPTH = 32;

/** The offset at which a token's nesting passes MAX_DEPTH, or undefined. Walks without recursion. */
export function exceedsDepth(token: CST.Token): number | undefined {
  // A block mapping in a document is two levels of tokens for one of values: the document itself is not counted.
  const pending: { token: CST.Token; depth: number }[] = [{ token, depth: -1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token: current, depth } = next;
    if (depth > MAX_DEPTH) return 'offset' in current ? current.offset : 0;
    if ('value' in current && current.value !== undefined) pending.push({ token: current.value, depth: depth + 1 });
    if (!('items' in current)) continue;
    for (const item of current.items) {
      if ('key' in item && item.key) pending.push({ token: item.key, depth: depth + 1 });
      if ('value' in item && item.value) pending.push({ token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}

const IN_PLAIN_WORDS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab cannot indent YAML: use spaces',
  BLOCK_AS_IMPLICIT_KEY:
    'a second key on one line, or a line indented further than the keys beside it: align it with them',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and end with ":"',
  MISSING_CHAR: 'something is missing here, such as a closing quote, bracket or a ":" after a key',
  BAD_SCALAR_START: 'text that begins with @, `, % or the like must be quoted',
};

/** One sentence for a syntax error, with a hint where a star that was not quoted may be the cause. */
export function describeSyntaxError(error: YAMLError, text: string): string {
  const start = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const end = text.indexOf('\n', error.pos[0]);
  const line = text.slice(start, end === -1 ? undefined : end);
  const said = IN_PLAIN_WORDS[error.code] ?? `not valid YAML: ${error.message}`;
  const starHint = /(^|[\s{,[])\*/.test(line) ? '; a name that begins with * must be quoted: "*"' : '';
  return said + starHint;
}
