// The evaluator: one `Evaluation` is one run of one expression, with its limits, its clock and its semantics. Values flow
// back, scopes are passed down. A run that meets a limit ends as a whole with the value `error`, so that no `isError` or `?:`
// inside the expression can make something of it.

import { type ByteString, lower } from './bytes.ts';
import type { AttributeReference, Binary, Call, Expression, Subscript } from './expression.ts';
import { attribute, literal } from './expression.ts';
import { expressionOf } from './expression-of.ts';
import { builtIns } from './functions/index.ts';
import type { Semantics } from './lexer.ts';
import { applyBinary, applyUnary, logicalAnd, logicalOr, truth } from './operators.ts';
import { MatchLimit } from './regex/matcher.ts';
import { enter, isSameScope, type Scope, scopeNamed } from './scope.ts';
import { ERROR, type ListValue, type Value } from './values.ts';

export interface Limits {
  /** Nodes and list elements visited, and blocks of 64 bytes of strings made. */
  readonly steps: number;
  /** Attribute references within attribute references; 400 as in HTCondor. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: Limits = { steps: 1_000_000, depth: 400 };
/** Calls of `evaluate` within each other, well below what Node's stack holds; a function's takes as much as several. */
const MAX_NESTING = 2000;
const FUNCTION_NESTING = 4;

/** Ends a run: a limit was met. Never seen outside of this package. */
export class LimitReached extends Error {}

interface Frame {
  readonly expression: Expression;
  readonly scope: Scope;
  readonly outer: Frame | null;
}

/** What a bare name is: an expression with the scope to evaluate it in, or a scope that is the value itself. */
export type Found = { readonly expression: Expression | null; readonly scope: Scope };

interface RunParts extends Limits {
  readonly semantics: Semantics;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** At least 0 and below 1. */
  readonly random: () => number;
}

export class Evaluation {
  readonly semantics: Semantics;
  readonly now: () => number;
  readonly random: () => number;
  #stepsLeft: number;
  #depthLeft: number;
  #nesting = 0;
  #frames: Frame | null = null;

  constructor({ semantics, now, random, steps, depth }: RunParts) {
    this.semantics = semantics;
    this.now = now;
    this.random = random;
    this.#stepsLeft = steps;
    this.#depthLeft = depth;
  }

  /** Counts work done outside of `evaluate`, such as elements visited. Throws `LimitReached`. */
  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) throw new LimitReached();
  }

  /** The steps that are left; a regular expression may use them up. */
  get stepsLeft(): number {
    return this.#stepsLeft;
  }

  evaluate(node: Expression, scope: Scope | null): Value {
    if (node.kind === 'literal') return node.value;
    if (--this.#stepsLeft < 0 || this.#nesting >= MAX_NESTING) throw new LimitReached();
    this.#nesting += 1;
    const value = this.#dispatch(node, scope);
    this.#nesting -= 1;
    return value;
  }

  #dispatch(node: Expression, scope: Scope | null): Value {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'relTimeLiteral':
        return node.seconds;
      case 'attribute':
        return this.#reference(node, scope);
      case 'parentheses': {
        // Parentheses within each other take no stack.
        let inner = node.inner;
        while (inner.kind === 'parentheses') inner = inner.inner;
        return this.evaluate(inner, scope);
      }
      case 'unary':
        return applyUnary(node.operator, this.evaluate(node.operand, scope));
      case 'binary':
        return this.#binary(node, scope);
      case 'ternary': {
        const condition = truth(this.evaluate(node.condition, scope));
        if (condition === undefined || condition === ERROR) return condition;
        return this.evaluate(condition === true ? node.whenTrue : node.whenFalse, scope);
      }
      case 'elvis': {
        const left = this.evaluate(node.left, scope);
        return left === undefined ? this.evaluate(node.right, scope) : left;
      }
      case 'subscript':
        return this.#subscript(node, scope);
      case 'call':
        return this.#call(node, scope);
      case 'list':
        return { kind: 'list', items: node.items, scope };
      case 'ad':
        return { kind: 'ad', ad: node.ad, scope: enter(node.ad, scope) };
    }
  }

  #call(node: Call, scope: Scope | null): Value {
    const builtIn = builtIns.get(node.key);
    if (builtIn === undefined) return ERROR;
    const nesting = this.#nesting;
    this.#nesting += FUNCTION_NESTING;
    try {
      return builtIn(node.args, scope, this);
    } catch (error) {
      // A pattern took too long: as in HTCondor that is the function's value, not the end of the evaluation.
      if (error instanceof MatchLimit) return ERROR;
      throw error;
    } finally {
      this.#nesting = nesting;
    }
  }

  /** A chain such as `a || b || c` leans to the left: it is walked down and worked off, however long it is. */
  #binary(node: Binary, scope: Scope | null): Value {
    if (node.left.kind !== 'binary') return this.#apply(node, this.evaluate(node.left, scope), scope);
    const chain: Binary[] = [node];
    let leftmost: Expression = node.left;
    for (; leftmost.kind === 'binary'; leftmost = leftmost.left) chain.push(leftmost);
    this.spend(chain.length);
    let value = this.evaluate(leftmost, scope);
    for (let i = chain.length - 1; i >= 0; i -= 1) value = this.#apply(chain[i]!, value, scope);
    return value;
  }

  #apply({ operator, right }: Binary, left: Value, scope: Scope | null): Value {
    if (operator === '&&') {
      const first = truth(left);
      return first === false ? false : logicalAnd(first, truth(this.evaluate(right, scope)));
    }
    if (operator === '||') {
      const first = truth(left);
      return first === true ? true : logicalOr(first, truth(this.evaluate(right, scope)));
    }
    if (typeof left === 'string') this.spend(left.length >> 6);
    return applyBinary(operator, left, this.evaluate(right, scope));
  }

  #subscript(node: Subscript, scope: Scope | null): Value {
    const base = this.evaluate(node.base, scope);
    const index = this.evaluate(node.index, scope);
    if (base === ERROR || index === ERROR) return ERROR;
    if (base === undefined || index === undefined) return undefined;
    if (typeof base !== 'object') return ERROR;
    if (base.kind === 'ad' && typeof index === 'string') {
      const expression = base.ad.get(lower(index));
      return expression === undefined ? undefined : this.#evaluateAttribute(expression, base.scope);
    }
    if (base.kind !== 'list' || typeof index !== 'bigint' || index < 0n) return ERROR;
    const item = index < base.items.length ? base.items[Number(index)] : undefined;
    return item === undefined ? ERROR : this.evaluate(item, base.scope);
  }

  #reference(node: AttributeReference, scope: Scope | null): Value {
    if (node.base !== null) return this.#select(node, node.base, scope);
    return this.#resolve(this.#bare(node, scope));
  }

  /** Finds `name` or `.name`. */
  #bare(node: AttributeReference, scope: Scope | null): Found | null {
    const start = node.absolute ? (scope?.root ?? null) : scope;
    if (start === null) return null;
    const found = this.lookup(start, node.key);
    if (found !== null || node.absolute || start.alternate === null) return found;
    return this.lookup(start.alternate, node.key);
  }

  /** `base.name` */
  #select(node: AttributeReference, baseExpression: Expression, scope: Scope | null): Value {
    const base = this.evaluate(baseExpression, scope);
    if (base === undefined) return undefined;
    if (typeof base !== 'object') return ERROR;
    if (base.kind === 'ad') return this.#resolve(this.lookup(base.scope, node.key));
    return base.kind === 'list' ? this.#selectFromEach(node, base, scope) : ERROR;
  }

  /** `list.name` is the list of the elements' attributes, evaluated; each element is evaluated in the current scope. */
  #selectFromEach(node: AttributeReference, list: ListValue, scope: Scope | null): Value {
    const items = list.items.map((item) => expressionOf(this.evaluate(attribute(node.name, item), scope)));
    return { kind: 'list', items, scope: null };
  }

  #resolve(found: Found | null): Value {
    if (found === null) return undefined;
    const { expression, scope } = found;
    if (expression === null) return { kind: 'ad', ad: scope.ad, scope };
    return this.#evaluateAttribute(expression, scope);
  }

  #evaluateAttribute(expression: Expression, scope: Scope): Value {
    if (expression.kind === 'literal') return expression.value;
    for (let frame = this.#frames; frame !== null; frame = frame.outer) {
      // An attribute that refers to itself has no value.
      if (frame.expression === expression && isSameScope(frame.scope, scope)) return undefined;
    }
    if (this.#depthLeft <= 0) throw new LimitReached();
    this.#depthLeft -= 1;
    const outer = this.#frames;
    this.#frames = { expression, scope, outer };
    const value = this.evaluate(expression, scope);
    this.#frames = outer;
    this.#depthLeft += 1;
    return value;
  }

  /** The expression that a reference leads to, unevaluated; null if there is none. */
  find(node: AttributeReference, scope: Scope | null): Expression | null {
    let found: Found | null = null;
    if (node.base !== null) {
      const base = this.evaluate(node.base, scope);
      found = typeof base === 'object' && base.kind === 'ad' ? this.lookup(base.scope, node.key) : null;
    } else {
      found = this.#bare(node, scope);
    }
    return found === null ? null : (found.expression ?? { kind: 'ad', ad: found.scope.ad });
  }

  /** Looks a name up in a scope and those around it. The special words are not looked for further out. */
  lookup(start: Scope, key: ByteString): Found | null {
    const isSpecial = this.#isSpecial(key);
    for (let scope: Scope | null = start; scope !== null; scope = scope.parent) {
      const expression = scope.ad.get(key);
      if (scope.role === 'ad') {
        if (expression !== undefined) return { expression, scope };
      } else {
        const named = scopeNamed(scope, key);
        if (named !== null) return { expression: null, scope: named };
        if (expression !== undefined) return { expression, scope };
      }
      if (isSpecial) return this.#special(scope, key);
    }
    return null;
  }

  #isSpecial(key: ByteString): boolean {
    switch (key) {
      case 'toplevel':
      case 'root':
      case 'self':
      case 'parent':
        return true;
      case 'my':
      case 'currenttime':
        return this.semantics === 'old';
      default:
        return false;
    }
  }

  #special(scope: Scope, key: ByteString): Found | null {
    if (key === 'currenttime') return { expression: literal(BigInt(Math.floor(this.now()))), scope };
    const named = key === 'parent' ? scope.parent : key === 'self' || key === 'my' ? scope : scope.root;
    return named === null ? null : { expression: null, scope: named };
  }
}
