// Ads as text, in the three forms in which HTCondor writes them: new syntax `[ A = 1; B = 2 ]`, long form (`A = 1`, a line each)
// and JSON. Strings are read as the form has them: new lexing within brackets, old lexing in long form. A long-form ad is read
// line by line, so a newline can never be inside of one of its values.

import { ClassAd } from './ad.ts';
import { parseJsonAds } from './ad-json.ts';
import { type ByteString, bytesOf, bytesToText, isBlank, toBytes, trim } from './bytes.ts';
import { ClassAdError, positionAt } from './errors.ts';
import type { Expression } from './expression.ts';
import type { Lex, Semantics } from './lexer.ts';
import { parseNewAd, parseValue } from './parser.ts';

export type AdSyntax = 'auto' | 'long' | 'new' | 'json';

export interface ParseAdOptions {
  /** `auto`, the default, looks at the first characters. */
  readonly syntax?: AdSyntax;
  /** How strings are read in new syntax; `new` if left out. */
  readonly lex?: Lex;
  /** `old`, as in HTCondor's daemons, if left out. */
  readonly semantics?: Semantics;
  /**
   * An attribute that a long-form ad has on more than one line: `last`, as in HTCondor, if left out, takes the last one; `refuse`
   * is for ads whose values are somebody else's text, since a line break inside of a value begins a new line.
   */
  readonly repeated?: 'last' | 'refuse';
}

/**
 * Parses one ad; of long-form text only up to the end of the first ad that has attributes, and other ads after it are an
 * error. Empty text is an empty ad. Throws `ClassAdError`.
 */
export function parseAd(text: string | Uint8Array, options: ParseAdOptions = {}): ClassAd {
  const bytes = typeof text === 'string' ? toBytes(text) : bytesOf(text);
  const ads = parseAdsBytes(bytes, options);
  if (ads.length > 1) {
    throw new ClassAdError('CLASSAD_SYNTAX', `found ${ads.length} ads`, 'one ad', { line: 1, column: 1 });
  }
  return ads[0] ?? new ClassAd();
}

/**
 * Parses all ads of a text: in long form parted by blank lines or lines of dashes, in new syntax one after another or
 * in a list `{ […], […] }`, in JSON one after another or in an array. Throws `ClassAdError`.
 */
export function parseAds(text: string | Uint8Array, options: ParseAdOptions = {}): ClassAd[] {
  return parseAdsBytes(typeof text === 'string' ? toBytes(text) : bytesOf(text), options);
}

function parseAdsBytes(text: ByteString, options: ParseAdOptions): ClassAd[] {
  const semantics = options.semantics ?? 'old';
  const syntax = options.syntax ?? 'auto';
  switch (syntax === 'auto' ? detectSyntax(text) : syntax) {
    case 'new':
      return parseNewAds(text, options.lex ?? 'new', semantics);
    case 'json':
      return parseJsonAds(text, semantics);
    default:
      return parseLongAds(text, semantics, options.repeated === 'refuse');
  }
}

/** Which form a text is in: told, as by HTCondor, from its first characters after blanks and `#` lines. */
export function detectSyntax(text: string): 'long' | 'new' | 'json' {
  const [, first, second] = /^(?:[ \t\r\n\v\f]|#[^\n]*(?:\n|$))*([[{<]?)[ \t\r\n\v\f]*(.?)/.exec(text) ?? [];
  if (first === '[') return second === '{' ? 'json' : 'new';
  if (first === '{') return second === '[' ? 'new' : 'json';
  if (first === '<') {
    const at = positionAt(text, text.indexOf('<'));
    throw new ClassAdError(
      'CLASSAD_SYNTAX',
      "found '<'",
      'an ad in new syntax, long form or JSON (XML is not read)',
      at,
    );
  }
  return 'long';
}

const BETWEEN_NEW_ADS = /(?:[ \t\r\n\v\f]|,|\/\/[^\n]*\n?|\/\*[\s\S]*?\*\/)*/y;

function parseNewAds(text: ByteString, lex: Lex, semantics: Semantics): ClassAd[] {
  const ads: ClassAd[] = [];
  let at = skip(text, 0);
  const isList = text[at] === '{';
  if (isList) at = skip(text, at + 1);
  for (; at < text.length && text[at] !== '}'; at = skip(text, at)) {
    const { ad, end } = parseNewAd(text, lex, semantics, at);
    ads.push(ad);
    at = end;
  }
  const isClosed = text[at] === '}';
  if (isClosed !== isList || (isClosed && skip(text, at + 1) < text.length)) {
    const expected = isList ? "one '}' after the last ad" : 'an ad or the end';
    throw new ClassAdError('CLASSAD_SYNTAX', 'the list of ads does not end well', expected, positionAt(text, at));
  }
  return ads;
}

function skip(text: ByteString, from: number): number {
  BETWEEN_NEW_ADS.lastIndex = from;
  BETWEEN_NEW_ADS.test(text);
  return BETWEEN_NEW_ADS.lastIndex;
}

function parseLongAds(text: ByteString, semantics: Semantics, isOnce: boolean): ClassAd[] {
  const ads: ClassAd[] = [];
  let ad = new ClassAd();
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = trim(text.slice(start, end));
    lineNumber += 1;
    if (line === '' || (line[0] === '-' && /^-{3,}$/.test(line))) {
      if (ad.size > 0) ads.push(ad);
      ad = new ClassAd();
    } else if (line[0] !== '#') {
      parseLongLine(ad, text.slice(start, end), lineNumber, semantics, isOnce);
    }
    start = end + 1;
  }
  if (ad.size > 0) ads.push(ad);
  return ads;
}

/** `Name = Expression`. Names are not checked, as HTCondor does not: all up to the first `=` but the blanks around it. */
function parseLongLine(ad: ClassAd, line: ByteString, lineNumber: number, semantics: Semantics, isOnce: boolean): void {
  const equals = line.indexOf('=');
  const name = longName(line, equals);
  if (name === '') {
    const at = { line: lineNumber, column: 1 };
    throw new ClassAdError('CLASSAD_LONG_FORM', 'the line is no attribute', "'Name = Expression'", at);
  }
  const value = longValue(line, equals + 1, lineNumber, semantics);
  if (!isOnce) ad.set(name, value);
  else if (!ad.add(name, value)) {
    const at = { line: lineNumber, column: 1 };
    const problem = `the attribute ${bytesToText(name)} stands here again`;
    throw new ClassAdError('CLASSAD_LONG_FORM', problem, 'each once; a line break in a value begins a new line', at);
  }
}

function longValue(line: ByteString, start: number, lineNumber: number, semantics: Semantics): Expression {
  try {
    return parseValue(line.slice(start), semantics);
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    const at = { line: lineNumber, column: start + error.column };
    const problem = error.message.slice(error.message.indexOf(' ') + 1, error.message.lastIndexOf('; expected'));
    throw new ClassAdError(error.code, problem, error.expected, at);
  }
}

/** Blanks before it of any kind are cut off, after it only spaces. */
function longName(line: ByteString, equals: number): ByteString {
  let start = 0;
  let end = equals;
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && line[end - 1] === ' ') end -= 1;
  return line.slice(start, Math.max(end, start));
}
