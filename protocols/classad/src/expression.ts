// Parsed expressions. They are immutable plain data without a scope of their own: the same expression can be evaluated
// in any ad, and an ad's expressions can be shared. Parentheses stay in the tree, since printing shows them.

import type { ClassAd } from './ad.ts';
import { type ByteString, lower } from './bytes.ts';
import type { AbsTime, ErrorValue, RelTime } from './values.ts';

/** What can stand in a literal. */
export type LiteralValue = undefined | boolean | bigint | number | ByteString | ErrorValue | AbsTime | RelTime;

export type BinaryOperator =
  | '||'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | '=?='
  | '=!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '>>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';
export type UnaryOperator = '-' | '+' | '!' | '~';

export interface Literal {
  readonly kind: 'literal';
  readonly value: LiteralValue;
}
/** `relTime("1:00")`: printed as a relative time, but evaluated to the real number of its seconds. */
export interface RelTimeLiteral {
  readonly kind: 'relTimeLiteral';
  readonly seconds: number;
}
/** `name`, `.name` (absolute) or `base.name`. */
export interface AttributeReference {
  readonly kind: 'attribute';
  readonly base: Expression | null;
  readonly absolute: boolean;
  /** As spelled. */
  readonly name: ByteString;
  /** Folded, as it is looked up. */
  readonly key: ByteString;
}
export interface Unary {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}
export interface Binary {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Ternary {
  readonly kind: 'ternary';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
/** `left ?: right` */
export interface Elvis {
  readonly kind: 'elvis';
  readonly left: Expression;
  readonly right: Expression;
}
export interface Subscript {
  readonly kind: 'subscript';
  readonly base: Expression;
  readonly index: Expression;
}
export interface Parentheses {
  readonly kind: 'parentheses';
  readonly inner: Expression;
}
export interface Call {
  readonly kind: 'call';
  readonly name: ByteString;
  /** Folded, as it is looked up. */
  readonly key: ByteString;
  readonly args: readonly Expression[];
}
export interface ListExpression {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}
export interface AdExpression {
  readonly kind: 'ad';
  readonly ad: ClassAd;
}

export type Expression =
  | Literal
  | RelTimeLiteral
  | AttributeReference
  | Unary
  | Binary
  | Ternary
  | Elvis
  | Subscript
  | Parentheses
  | Call
  | ListExpression
  | AdExpression;

export function literal(value: LiteralValue): Literal {
  return { kind: 'literal', value };
}

export function attribute(name: ByteString, base: Expression | null = null, absolute = false): AttributeReference {
  return { kind: 'attribute', base, absolute, name, key: lower(name) };
}

/** The expressions directly within one. Of an ad: those of its attributes. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'literal':
    case 'relTimeLiteral':
      return [];
    case 'attribute':
      return node.base === null ? [] : [node.base];
    case 'unary':
      return [node.operand];
    case 'binary':
    case 'elvis':
      return [node.left, node.right];
    case 'ternary':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'subscript':
      return [node.base, node.index];
    case 'parentheses':
      return [node.inner];
    case 'call':
      return node.args;
    case 'list':
      return node.items;
    case 'ad':
      return Array.from(node.ad.attributes(), ({ expression }) => expression);
  }
}
