// Where in an expression's text a name stands. Parsed expressions carry no places, so what is wrong with one by its
// meaning is found again in its text: past strings and comments, as the ClassAd lexer reads them.

import { toBytes } from 'node-classad';

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\/[^\n]*|\/\*.*?\*\/|[A-Za-z_][A-Za-z0-9_]*|\d\w*|./gsu;

/** How the name is used: called, `.name` after something, or anything else. */
export type WordUse = 'call' | 'selected' | 'plain';

/** The offset of the first use of a name, letter case aside, in UTF-16 units; 0 where there is none. */
export function offsetOfWord(text: string, name: string, use?: WordUse): number {
  const wanted = name.toLowerCase();
  const tokens = [...text.matchAll(TOKEN)].filter(([token]) => !/^(\s|\/\/|\/\*)/.test(token));
  for (const [i, token] of tokens.entries()) {
    const word = token[0].startsWith("'") ? token[0].slice(1, -1) : token[0];
    if (word.toLowerCase() !== wanted) continue;
    if (use === undefined || use === useOf(tokens[i - 1]?.[0], tokens[i + 1]?.[0])) return token.index;
  }
  return use === undefined ? 0 : offsetOfWord(text, name);
}

function useOf(before: string | undefined, after: string | undefined): WordUse {
  if (after === '(') return 'call';
  return before === '.' ? 'selected' : 'plain';
}

/** The UTF-16 offset of a line and column (from 1, the column in bytes), as the ClassAd parser gives them. */
export function offsetOfPosition(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  let bytes = 0;
  let units = 0;
  for (const character of lines[line - 1] ?? '') {
    if (bytes >= column - 1) break;
    bytes += toBytes(character).length;
    units += character.length;
  }
  return before + units;
}
