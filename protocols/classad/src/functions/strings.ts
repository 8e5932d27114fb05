// Strings, in bytes: joining, cutting, comparing, and the splitters of names.

import { type ByteString, compareBytes, compareIgnoringCase, isBlank, lower, upper } from '../bytes.ts';
import type { Evaluation } from '../evaluation.ts';
import { literal } from '../expression.ts';
import { ERROR, isList, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, elements, exceptional, made, strict, stringOf } from './builtin.ts';

/** Up to the first argument that is undefined or an error, which is then the result. */
const strcat: BuiltIn = (args, scope, run) => {
  let text = '';
  for (const arg of args) {
    const value = run.evaluate(arg, scope);
    if (value === undefined || value === ERROR) return value;
    text += made(stringOf(value), run);
    run.spend(text.length >> 6);
  }
  return text;
};

/** `join(separator, list)`, `join(separator, a, b, …)` or `join(list)`; undefined elements are left out. */
const join: BuiltIn = (args, scope, run) => {
  if (args.length === 0) return ERROR;
  const values = args.map((arg) => run.evaluate(arg, scope));
  const last = values.at(-1);
  const separator = args.length === 1 ? '' : separatorOf(values[0]);
  if (separator === null) return ERROR;
  if (args.length <= 2 && (last === undefined || isList(last))) {
    return last === undefined ? undefined : joined(elements(last, run), separator, run);
  }
  return args.length === 1 ? (last === ERROR ? ERROR : '') : joined(values.slice(1), separator, run);
};

function separatorOf(value: Value): ByteString | null {
  if (value === ERROR) return null;
  return value === undefined ? '' : stringOf(value);
}

function joined(values: Iterable<Value>, separator: ByteString, run: Evaluation): Value {
  const parts: ByteString[] = [];
  for (const value of values) {
    if (value === ERROR) return ERROR;
    if (value !== undefined) parts.push(made(stringOf(value), run));
    run.spend(separator.length >> 6);
  }
  return parts.join(separator);
}

function mapped(change: (text: ByteString) => ByteString): BuiltIn {
  return strict(1, 1, ([value], run) =>
    value === undefined || value === ERROR ? value : change(made(stringOf(value), run)),
  );
}

/** As Perl's: negative offsets and lengths count from the end, what reaches beyond is cut off. */
const substr = strict(2, 3, (values, run) => {
  const [text, offset, length] = values;
  if (values.includes(undefined)) return undefined;
  if (typeof text !== 'string' || typeof offset !== 'bigint') return ERROR;
  if (values.length === 3 && typeof length !== 'bigint') return ERROR;
  const size = BigInt(text.length);
  const from = clamp(offset < 0n ? size + offset : offset, size);
  const rest = size - from;
  const wanted = typeof length !== 'bigint' ? rest : length < 0n ? rest + length : length;
  return made(text.slice(Number(from), Number(from + clamp(wanted, rest))), run);
});

function clamp(value: bigint, most: bigint): bigint {
  return value < 0n ? 0n : value > most ? most : value;
}

function comparing(order: (left: ByteString, right: ByteString) => number): BuiltIn {
  return strict(2, 2, (values) => {
    const [left, right] = values;
    return exceptional(values) ? exceptional(values)!.value : BigInt(order(stringOf(left), stringOf(right)));
  });
}

function listOf(parts: readonly ByteString[]): Value {
  return { kind: 'list', items: parts.map(literal), scope: null };
}

/** Cuts at the first `@`; where there is none the whole is the part that `whole` says. */
function splitAtSign(whole: 'first' | 'second'): BuiltIn {
  return strict(1, 1, ([value]) => {
    if (typeof value !== 'string') return ERROR;
    const at = value.indexOf('@');
    if (at !== -1) return listOf([value.slice(0, at), value.slice(at + 1)]);
    return listOf(whole === 'first' ? [value, ''] : ['', value]);
  });
}

/**
 * Splits as HTCondor does, oddities and all: the separator that is no blank is remembered once met, and only from then
 * on do two of it in a row, with blanks between or not, make an empty element.
 */
function splitText(text: ByteString, separators: ByteString): ByteString[] {
  const isSeparator = (at: number): boolean => separators.includes(text[at]!);
  const parts: ByteString[] = [];
  let remembered = '';
  let at = 0;
  while (at < text.length && isSeparator(at)) at += 1;
  while (at < text.length) {
    let end = at;
    while (end < text.length && !isSeparator(end)) end += 1;
    parts.push(text.slice(at, end));
    if (end < text.length && !isBlank(text.charCodeAt(end))) remembered = text[end]!;
    at = end + 1;
    while (at < text.length && isSeparator(at) && text[at] !== remembered) at += 1;
  }
  return parts;
}

const split = strict(1, 2, (values, run) => {
  const [text, separators = ', \t'] = values;
  if (typeof text !== 'string' || typeof separators !== 'string') return ERROR;
  run.spend(text.length);
  return listOf(splitText(text, separators));
});

export const strings: BuiltIns = {
  strcat,
  join,
  toupper: mapped(upper),
  tolower: mapped(lower),
  substr,
  strcmp: comparing(compareBytes),
  stricmp: comparing(compareIgnoringCase),
  split,
  splitusername: splitAtSign('first'),
  splitslotname: splitAtSign('second'),
};
