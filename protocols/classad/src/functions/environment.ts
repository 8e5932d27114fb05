// Environments and argument lists in HTCondor's two syntaxes, and the functions that ask the machine about users, of which
// only the defaults can be answered here.

import { type ByteString, isBlank, trim } from '../bytes.ts';
import { literal } from '../expression.ts';
import { ERROR, isList, type Value } from '../values.ts';
import { type BuiltIns, elements, strict } from './builtin.ts';

/** Splits version-2 syntax: blanks part the words, single quotes hold them together, two within them stand for one. */
function splitV2(text: ByteString): ByteString[] | null {
  const words: ByteString[] = [];
  let word: ByteString | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (isBlank(text.charCodeAt(at))) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character !== "'") {
      word = (word ?? '') + character;
    } else {
      const quoted = readQuotedV2(text, at + 1);
      if (quoted === null) return null;
      word = (word ?? '') + quoted.value;
      at = quoted.end;
    }
  }
  return word === null ? words : [...words, word];
}

/** What stands up to the closing quote, whose place is `end`; null if there is none. */
function readQuotedV2(text: ByteString, start: number): { value: ByteString; end: number } | null {
  let value = '';
  for (let at = start; ; ) {
    const quote = text.indexOf("'", at);
    if (quote === -1) return null;
    value += text.slice(at, quote);
    if (text[quote + 1] !== "'") return { value, end: quote };
    value += "'";
    at = quote + 2;
  }
}

function quoteV2(word: ByteString): ByteString {
  return word === '' || /[ \t\r\n']/.test(word) ? `'${word.replaceAll("'", "''")}'` : word;
}

/** Adds `NAME=value` entries to an environment; false if one has no name. */
function merge(environment: Map<ByteString, ByteString>, entries: readonly ByteString[]): boolean {
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    if (equals <= 0) return false;
    environment.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return true;
}

function environmentText(environment: ReadonlyMap<ByteString, ByteString>): ByteString {
  return [...environment].map(([name, value]) => quoteV2(`${name}=${value}`)).join(' ');
}

const envV1ToV2 = strict(1, 1, ([text]) => {
  if (typeof text !== 'string') return text === undefined ? undefined : ERROR;
  const environment = new Map<ByteString, ByteString>();
  const isGood = merge(
    environment,
    text.split(';').filter((entry) => trim(entry) !== ''),
  );
  return isGood ? environmentText(environment) : ERROR;
});

const mergeEnvironment = strict(0, Number.POSITIVE_INFINITY, (values) => {
  const environment = new Map<ByteString, ByteString>();
  for (const value of values) {
    if (value === undefined) continue;
    const entries = typeof value === 'string' ? splitV2(value) : null;
    if (entries === null || !merge(environment, entries)) return ERROR;
  }
  return environmentText(environment);
});

const listToArgs = strict(1, 2, (values, run) => {
  const [list, version = 2n] = values;
  if (!isList(list) || (version !== 1n && version !== 2n)) return ERROR;
  const words: ByteString[] = [];
  for (const element of elements(list, run)) {
    if (typeof element !== 'string') return ERROR;
    // Version 1 cannot quote.
    if (version === 1n && (element === '' || /[ \t\r\n]/.test(element))) return ERROR;
    words.push(version === 1n ? element : quoteV2(element));
  }
  return words.join(' ');
});

const argsToList = strict(1, 2, (values) => {
  const [text, version = 2n] = values;
  if (typeof text !== 'string') return ERROR;
  if (version !== 1n && version !== 2n) return ERROR;
  const words = version === 1n ? text.split(/[ \t\r\n]+/).filter((word) => word !== '') : splitV2(text);
  return words === null ? ERROR : { kind: 'list', items: words.map(literal), scope: null };
});

/** No home directory is looked up: the default is the answer. */
const userHome = strict(1, 2, ([user, standard]): Value => {
  if (typeof standard === 'string' && standard !== '') return standard;
  return user === undefined || typeof user === 'string' ? undefined : ERROR;
});

/** No maps are configured: with four arguments the last is the answer. */
const userMap = strict(2, 4, (values) => values[3]);

export const environment: BuiltIns = {
  envv1tov2: envV1ToV2,
  mergeenvironment: mergeEnvironment,
  listtoargs: listToArgs,
  argstolist: argsToList,
  userhome: userHome,
  usermap: userMap,
};
