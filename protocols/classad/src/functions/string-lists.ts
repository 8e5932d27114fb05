// The old functions over lists written as text, such as "alice, bob": membership, subsets, and numbers in them. Elements are cut
// at any of the delimiters and trimmed, empty ones are left out.

import { type ByteString, lower, trim } from '../bytes.ts';
import { truncateToInteger } from '../numbers.ts';
import { compilePattern } from '../regex/pattern.ts';
import { ERROR, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, strict } from './builtin.ts';

/** Where FLT_MIN is the least normal float, from which HTCondor starts to look for a maximum. */
const FLT_MIN = 1.1754943508222875e-38;

/** The elements of a list in text. */
export function elementsOf(list: ByteString, delimiters: ByteString): ByteString[] {
  const elements: ByteString[] = [];
  let start = 0;
  for (let at = 0; at <= list.length; at += 1) {
    if (at < list.length && !delimiters.includes(list[at]!)) continue;
    const element = trim(list.slice(start, at));
    if (element !== '') elements.push(element);
    start = at + 1;
  }
  return elements;
}

/** A function of a list's numbers. It answers an integer if all of them are written as integers. */
function overNumbers(fold: (numbers: number[]) => number, ofEmpty: Value): BuiltIn {
  return strict(1, 2, (values, run) => {
    const [list, delimiters] = withDelimiters(values, ', ');
    if (list === null) return ERROR;
    run.spend(list.length);
    const elements = elementsOf(list, delimiters);
    if (elements.length === 0) return ofEmpty;
    const numbers = elements.map(
      (element) => /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/.exec(element)?.[0],
    );
    if (numbers.includes(undefined)) return ERROR;
    const result = fold(numbers.map(Number));
    return elements.every((element) => /^[+\-0-9]*$/.test(element)) ? truncateToInteger(result) : result;
  });
}

/** The list and its delimiters, `null` for the list if either is no string. */
function withDelimiters(values: readonly Value[], standard: ByteString): [ByteString | null, ByteString] {
  const [list, delimiters] = values;
  if (typeof list !== 'string' || (values.length > 1 && typeof delimiters !== 'string')) return [null, ''];
  return [list, typeof delimiters === 'string' ? delimiters : standard];
}

const MEMBER_DELIMITERS = ', \t\r\n';

type Fold = (text: ByteString) => ByteString;
const keep: Fold = (text) => text;

/** A relation between two texts. One that is undefined counts as empty; if both are, so is the result. */
function relation(
  holds: (left: ByteString, right: ByteString[], delimiters: ByteString) => boolean,
  fold: Fold,
): BuiltIn {
  return strict(2, 3, (values, run) => {
    const [left, right] = values;
    const delimiters = values.length === 3 ? values[2] : MEMBER_DELIMITERS;
    if (typeof delimiters !== 'string') return ERROR;
    if (left === undefined && right === undefined) return undefined;
    const texts = [left ?? '', right ?? ''];
    if (typeof texts[0] !== 'string' || typeof texts[1] !== 'string') return ERROR;
    run.spend(texts[0].length + texts[1].length);
    return holds(fold(texts[0]), elementsOf(fold(texts[1]), delimiters), delimiters);
  });
}

const isMember = (left: ByteString, right: ByteString[]): boolean => right.includes(left);

function isSubset(left: ByteString, right: ByteString[], delimiters: ByteString): boolean {
  const all = new Set(right);
  return elementsOf(left, delimiters).every((element) => all.has(element));
}

/** Whether two lists share an element; here elements are not trimmed. */
const intersect = strict(2, 3, (values, run) => {
  if (values.includes(ERROR)) return ERROR;
  if (values.includes(undefined)) return undefined;
  const [left, right, delimiters = ' ,'] = values;
  if (typeof left !== 'string' || typeof right !== 'string' || typeof delimiters !== 'string') return ERROR;
  run.spend(left.length + right.length);
  const parts = (text: ByteString): Set<ByteString> => {
    const found = new Set<ByteString>();
    let start = 0;
    for (let at = 0; at <= text.length; at += 1) {
      if (at < text.length && !delimiters.includes(text[at]!)) continue;
      if (at > start) found.add(text.slice(start, at));
      start = at + 1;
    }
    return found;
  };
  const others = parts(right);
  return [...parts(left)].some((part) => others.has(part));
});

/** `stringList_regexpMember(pattern, list[, delimiters[, options]])` */
const regexpMember = strict(2, 4, (values, run) => {
  if (values.includes(ERROR)) return ERROR;
  if (values.includes(undefined)) return undefined;
  const [pattern, list, delimiters = ', ', options = ''] = values;
  if (typeof pattern !== 'string' || typeof list !== 'string') return ERROR;
  if (typeof delimiters !== 'string' || typeof options !== 'string') return ERROR;
  const compiled = compilePattern(pattern, lower(options), run);
  if (compiled === null) return ERROR;
  run.spend(list.length);
  return elementsOf(list, delimiters).some((element) => compiled.match(element, 0, run) !== null);
});

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

export const stringLists: BuiltIns = {
  stringlistsize: strict(1, 2, (values) => {
    const [list, delimiters] = withDelimiters(values, ', ');
    return list === null ? ERROR : BigInt(elementsOf(list, delimiters).length);
  }),
  stringlistsum: overNumbers(total, 0),
  stringlistavg: overNumbers((numbers) => total(numbers) / numbers.length, 0),
  stringlistmin: overNumbers((numbers) => numbers.reduce((a, b) => Math.min(a, b)), undefined),
  // HTCondor starts from the least positive float, so a list of negative numbers has the maximum 0.
  stringlistmax: overNumbers((numbers) => numbers.reduce((a, b) => Math.max(a, b), FLT_MIN), undefined),
  stringlistmember: relation(isMember, keep),
  stringlistimember: relation(isMember, lower),
  stringlistsubsetmatch: relation(isSubset, keep),
  stringlistisubsetmatch: relation(isSubset, lower),
  stringlistsintersect: intersect,
  stringlist_regexpmember: regexpMember,
};
