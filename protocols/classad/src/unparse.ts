// Prints expressions and values as HTCondor does. `new` is the language's own syntax: `is`, `isnt`, reals as `%.15E`,
// C escapes. `old` is that of HTCondor's tools: `=?=`, `=!=`, reals as `%.16G`, strings raw but for the quote. Only the new
// form can be read back for every string: old syntax cannot escape a newline.

import { ClassAd } from './ad.ts';
import { type ByteString, bytesToText } from './bytes.ts';
import type { Expression } from './expression.ts';
import { formatExponential, formatGeneral } from './numbers.ts';
import { formatAbsTime, formatRelTime } from './times.ts';
import type { Value } from './values.ts';

export type Syntax = 'old' | 'new';

/** Prints a value, an expression or an ad, on one line unless an old-syntax string holds a newline. */
export function unparse(what: Value | Expression | ClassAd, syntax: Syntax = 'new'): string {
  if (what instanceof ClassAd) return bytesToText(adBytes(what, syntax));
  return bytesToText(isExpression(what) ? expressionBytes(what, syntax) : valueBytes(what, syntax));
}

const VALUE_KINDS: ReadonlySet<string> = new Set(['error', 'absTime', 'relTime']);

function isExpression(what: Value | Expression): what is Expression {
  if (typeof what !== 'object' || VALUE_KINDS.has(what.kind)) return false;
  // List and ad values carry the scope in which they are evaluated; the expressions of the same kind do not.
  return !('scope' in what);
}

export function valueBytes(value: Value, syntax: Syntax): ByteString {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return realBytes(value, syntax);
    case 'string':
      return syntax === 'old' ? `"${value.replaceAll('"', '\\"')}"` : `"${escaped(value, '"')}"`;
  }
  switch (value.kind) {
    case 'error':
      return 'error';
    case 'absTime':
      return `absTime("${formatAbsTime(value)}")`;
    case 'relTime':
      return `relTime("${formatRelTime(value.seconds)}")`;
    case 'list':
      return listBytes(value.items, syntax);
    case 'ad':
      return adBytes(value.ad, syntax);
  }
}

function realBytes(value: number, syntax: Syntax): ByteString {
  if (Number.isNaN(value)) return 'real("NaN")';
  if (!Number.isFinite(value)) return value < 0 ? 'real("-INF")' : 'real("INF")';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (syntax === 'new') return formatExponential(value);
  const text = formatGeneral(value);
  return /[.E]/.test(text) ? text : `${text}.0`;
}

/** Prints an expression. Long chains of operators lean to the left, so those are walked, not recursed into. */
export function expressionBytes(expression: Expression, syntax: Syntax): ByteString {
  const suffixes: string[] = [];
  let node = expression;
  for (;;) {
    if (node.kind === 'binary') {
      suffixes.push(` ${operatorBytes(node.operator, syntax)} ${expressionBytes(node.right, syntax)}`);
      node = node.left;
    } else if (node.kind === 'subscript') {
      suffixes.push(`[${expressionBytes(node.index, syntax)}]`);
      node = node.base;
    } else if (node.kind === 'attribute' && node.base !== null) {
      suffixes.push(`.${nameBytes(node.name)}`);
      node = node.base;
    } else break;
  }
  return atomBytes(node, syntax) + suffixes.reverse().join('');
}

function atomBytes(node: Expression, syntax: Syntax): ByteString {
  switch (node.kind) {
    case 'literal':
      return valueBytes(node.value, syntax);
    case 'relTimeLiteral':
      return `relTime("${formatRelTime(node.seconds)}")`;
    case 'attribute':
      return (node.absolute ? '.' : '') + nameBytes(node.name);
    case 'unary':
      return ` ${node.operator}${expressionBytes(node.operand, syntax)}`;
    case 'parentheses':
      return `(${expressionBytes(node.inner, syntax)})`;
    case 'elvis':
      return `${expressionBytes(node.left, syntax)} ?: ${expressionBytes(node.right, syntax)}`;
    case 'ternary': {
      const [condition, then, otherwise] = [node.condition, node.whenTrue, node.whenFalse].map((part) =>
        expressionBytes(part, syntax),
      );
      return `${condition} ? ${then} : ${otherwise}`;
    }
    case 'call':
      return `${nameBytes(node.name)}(${node.args.map((arg) => expressionBytes(arg, syntax)).join(',')})`;
    case 'list':
      return listBytes(node.items, syntax);
    case 'ad':
      return adBytes(node.ad, syntax);
    default:
      return expressionBytes(node, syntax);
  }
}

function operatorBytes(operator: string, syntax: Syntax): string {
  if (syntax === 'old') return operator;
  return operator === '=?=' ? 'is' : operator === '=!=' ? 'isnt' : operator;
}

function listBytes(items: readonly Expression[], syntax: Syntax): ByteString {
  return `{ ${items.map((item) => expressionBytes(item, syntax)).join(',')} }`;
}

function adBytes(ad: ClassAd, syntax: Syntax): ByteString {
  const parts = ad
    .sorted()
    .map(({ name, expression }) => `${nameBytes(name)} = ${expressionBytes(expression, syntax)}`);
  return `[ ${parts.join('; ')} ]`;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED: ReadonlySet<string> = new Set(['error', 'false', 'is', 'isnt', 'parent', 'true', 'undefined']);

/** A name as it must be written in an expression: in single quotes if it is no identifier or a reserved word. */
export function nameBytes(name: ByteString): ByteString {
  if (PLAIN_NAME.test(name) && !(name.length <= 9 && RESERVED.has(name.toLowerCase()))) return name;
  return `'${escaped(name, "'")}'`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const TO_ESCAPE = /[\x00-\x1f\x7f-\xff\\"']/g;

function escaped(bytes: ByteString, quote: '"' | "'"): ByteString {
  return bytes.replace(TO_ESCAPE, (byte) => {
    if (byte === '"' || byte === "'") return byte === quote ? `\\${byte}` : byte;
    return ESCAPES.get(byte) ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}
