// The public door to evaluation: in which ads, with which clock, chance and limits. Nothing here throws for an expression
// that goes wrong: its value is `error`.

import { ClassAd, lookup } from './ad.ts';
import { DEFAULT_LIMITS, Evaluation, LimitReached, type Limits } from './evaluation.ts';
import type { Expression } from './expression.ts';
import type { Semantics } from './lexer.ts';
import { enter, matchScopes, type Scope } from './scope.ts';
import { ERROR, type Value } from './values.ts';

export interface EvaluateOptions {
  /** The ad in which the expression is evaluated. */
  readonly my?: ClassAd | undefined;
  /** The ad that `TARGET` means, and in old semantics the one in which names missing from `my` are looked for. */
  readonly target?: ClassAd | undefined;
  /** `old`, as in HTCondor's daemons, if left out. */
  readonly semantics?: Semantics;
  /** Seconds since 1970; the clock if left out. */
  readonly now?: () => number;
  /** From 0 up to but not 1; `Math.random` if left out. */
  readonly random?: () => number;
  readonly limits?: Partial<Limits>;
  /** Counted down by each run: what several runs may take together. One that it does not suffice for ends as at a limit. */
  readonly budget?: Budget;
}

export interface Budget {
  /** As `Limits.steps`; 0 or less where nothing is left. */
  steps: number;
}

const EMPTY = new ClassAd();

/** Evaluates an expression. Beyond a limit the value is `error`. */
export function evaluate(expression: Expression, options: EvaluateOptions = {}): Value {
  return evaluateIn(expression, scopeOf(options), options);
}

/** What `evaluate` does, for any number of expressions with the same options. */
export function evaluator(options: EvaluateOptions = {}): (expression: Expression) => Value {
  const scope = scopeOf(options);
  const bounds = boundsOf(options);
  return (expression) => run(expression, scope, options, bounds);
}

function scopeOf({ my = EMPTY, target, semantics = 'old' }: EvaluateOptions): Scope {
  return target === undefined ? enter(my, null) : matchScopes(my, target, semantics === 'old').left;
}

function boundsOf({ limits }: EvaluateOptions): Limits {
  return limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
}

/** Evaluates an attribute of an ad, as `my` or with a `target`; `undefined` if the ad has none of that name. */
export function evaluateAttribute(ad: ClassAd, name: string, options: Omit<EvaluateOptions, 'my'> = {}): Value {
  const expression = lookup(ad, name);
  return expression === undefined ? undefined : evaluate(expression, { ...options, my: ad });
}

/** Evaluates within scopes that stand already. */
export function evaluateIn(expression: Expression, scope: Scope, options: EvaluateOptions): Value {
  return run(expression, scope, options, boundsOf(options));
}

function run(expression: Expression, scope: Scope, options: EvaluateOptions, bounds: Limits): Value {
  const { semantics = 'old', now = systemTime, random = Math.random, budget } = options;
  const steps = budget === undefined ? bounds.steps : Math.min(bounds.steps, budget.steps);
  const evaluation = new Evaluation({ semantics, now, random, steps, depth: bounds.depth });
  try {
    return evaluation.evaluate(expression, scope);
  } catch (error) {
    // The nesting limit keeps within Node's usual stack; a caller deep in his own may meet its end before.
    if (error instanceof LimitReached || isStackOverflow(error)) return ERROR;
    throw error;
  } finally {
    if (budget !== undefined) budget.steps -= steps - evaluation.stepsLeft;
  }
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

function systemTime(): number {
  return Date.now() / 1000;
}
