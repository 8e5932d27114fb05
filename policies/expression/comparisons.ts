// What an expression compares attributes with, for `lark check`: if it does nothing with attributes but ask whether
// they equal constants, one value per constant and one of each other kind stand for all values that there are.

import { bytesToText, type Expression, references, toPlain } from 'node-classad';
import type { AttributeValue } from '../policy.ts';

export interface Comparisons {
  /** The constants by attribute, in lower case. */
  readonly constants: ReadonlyMap<string, readonly AttributeValue[]>;
  /** False: it does more with attributes than compare them with constants, so these are only some values to try. */
  readonly isComplete: boolean;
}

type Reference = Extract<Expression, { kind: 'attribute' }>;

const EQUALITIES: ReadonlySet<string> = new Set(['==', '!=', '=?=', '=!=']);
const LOGIC: ReadonlySet<string> = new Set(['&&', '||']);

/** Of an expression that is bound. */
export function comparisonsOf(expression: Expression): Comparisons {
  const collector = new Collector();
  collector.logical(expression);
  return {
    constants: new Map([...collector.constants].map(([key, values]) => [key, [...values]])),
    isComplete: collector.isComplete,
  };
}

class Collector {
  readonly constants = new Map<string, Set<AttributeValue>>();
  isComplete = true;

  /** A part whose value is used for its truth. */
  logical(node: Expression): void {
    // One that names no attribute has the same for all ends. Asked of no part of another that was asked: a chain may be long.
    if (this.isComplete && !isLogic(node) && isConstant(node)) return;
    switch (node.kind) {
      case 'parentheses':
        this.logical(node.inner);
        return;
      case 'literal':
        return;
      case 'attribute':
        // Its truth: zero is the one number that differs from others.
        this.#note(node, 0);
        return;
      case 'unary':
        if (node.operator !== '!') this.isComplete = false;
        this.logical(node.operand);
        return;
      case 'binary':
        if (LOGIC.has(node.operator)) {
          this.logical(node.left);
          this.logical(node.right);
        } else this.#compared(node.operator, unwrapped(node.left), unwrapped(node.right));
        return;
      case 'call':
        if (node.key === 'isundefined' && node.args.length === 1)
          this.#compared('=?=', unwrapped(node.args[0]!), UNDEFINED);
        else this.#anything(node.args);
        return;
      case 'ternary':
        for (const part of [node.condition, node.whenTrue, node.whenFalse]) this.logical(part);
        return;
      case 'list':
        this.#anything(node.items);
        return;
      case 'elvis':
        this.#anything([node.left, node.right]);
        return;
      case 'subscript':
        this.#anything([node.base, node.index]);
        return;
      default:
        this.isComplete = false;
    }
  }

  #compared(operator: string, left: Expression, right: Expression): void {
    for (const [attribute, constant] of [
      [left, right],
      [right, left],
    ] as const) {
      if (attribute.kind !== 'attribute' || constant.kind !== 'literal') continue;
      this.#note(attribute, toPlain(constant.value));
      // Order tells values apart that equality does not; and a real literal equals an integer, but is not identical.
      if (!EQUALITIES.has(operator) || typeof constant.value === 'number') this.isComplete = false;
      return;
    }
    this.#anything([left, right]);
  }

  #anything(nodes: readonly Expression[]): void {
    this.isComplete = false;
    for (const node of nodes) this.logical(node);
  }

  #note(reference: Reference, value: AttributeValue): void {
    const key = bytesToText(reference.key);
    const values = this.constants.get(key) ?? new Set();
    this.constants.set(key, values);
    values.add(value);
    // `==` takes letter case for nothing, `=?=` does not.
    if (typeof value === 'string') values.add(value.toUpperCase()).add(value.toLowerCase());
  }
}

const UNDEFINED: Expression = { kind: 'literal', value: undefined };

/** Its parts are looked at by themselves. */
function isLogic(node: Expression): boolean {
  return node.kind === 'parentheses' || (node.kind === 'binary' && LOGIC.has(node.operator));
}

/** Binding let in only functions of their arguments. */
function isConstant(node: Expression): boolean {
  const { my, target, unknown } = references(node);
  return my.length + target.length + unknown.length === 0;
}

function unwrapped(node: Expression): Expression {
  return node.kind === 'parentheses' ? unwrapped(node.inner) : node;
}
