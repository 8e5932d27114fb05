// Functions that choose, look at expressions instead of values, or evaluate them elsewhere.

import type { ByteString } from '../bytes.ts';
import { ClassAdError } from '../errors.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Expression } from '../expression.ts';
import { expressionOf } from '../expression-of.ts';
import { truth } from '../operators.ts';
import { parseExpressionBytes } from '../parser.ts';
import { compilePattern } from '../regex/pattern.ts';
import type { Scope } from '../scope.ts';
import { expressionBytes } from '../unparse.ts';
import { unresolvedNames } from '../unresolved.ts';
import { ERROR, isAd, isList, type Value } from '../values.ts';
import { type BuiltIn, type BuiltIns, strict } from './builtin.ts';

const ifThenElse: BuiltIn = (args, scope, run) => {
  const [condition, then, otherwise] = args;
  if (args.length !== 3) return ERROR;
  const chosen = truth(run.evaluate(condition!, scope));
  if (chosen === undefined || chosen === ERROR) return chosen;
  return run.evaluate((chosen === true ? then : otherwise)!, scope);
};

/** `eval("x + 1")`: text is parsed, all of it, and evaluated here. Any other value is its own. */
const evalText: BuiltIn = (args, scope, run) => {
  if (args.length !== 1) return ERROR;
  const text = run.evaluate(args[0]!, scope);
  if (typeof text !== 'string') return text;
  run.spend(text.length);
  try {
    return run.evaluate(parseExpressionBytes(text, 'new', run.semantics), scope);
  } catch (error) {
    if (error instanceof ClassAdError) return ERROR;
    throw error;
  }
};

/** The expression of the attribute named by a bare reference in the current ad. */
function attributeNamed(arg: Expression, scope: Scope | null): Expression | undefined {
  if (arg.kind !== 'attribute' || arg.base !== null || arg.absolute) return undefined;
  return scope?.ad.get(arg.key);
}

const unparseAttribute: BuiltIn = (args, scope) => {
  const [arg] = args;
  if (args.length !== 1 || arg?.kind !== 'attribute') return ERROR;
  const expression = attributeNamed(arg, scope);
  return expression === undefined ? '' : expressionBytes(expression, 'new');
};

/** `unresolved(attr)`: the names that the attribute's expression lacks; with a pattern, whether any of them fits it. */
const unresolved: BuiltIn = (args, scope, run) => {
  const [arg, patternArg] = args;
  if (args.length < 1 || args.length > 2 || arg?.kind !== 'attribute') return ERROR;
  const expression = attributeNamed(arg, scope);
  const names = expression === undefined || scope === null ? [] : unresolvedNames(expression, scope, run);
  if (patternArg === undefined) return names.join(',');
  const pattern = run.evaluate(patternArg, scope);
  return typeof pattern === 'string' ? anyFits(pattern, names, run) : ERROR;
};

function anyFits(source: ByteString, names: readonly ByteString[], run: Evaluation): Value {
  const pattern = compilePattern(source, '', run);
  return pattern === null ? ERROR : names.some((name) => pattern.match(name, 0, run) !== null);
}

/**
 * The values of an expression in each ad of a list. A bare reference as the expression stands for the attribute's own
 * expression, found here: so a job's `RequireGPUs` can be asked of each GPU's ad.
 */
function inEach(args: readonly Expression[], scope: Scope | null, run: Evaluation): Value | Value[] {
  const [given, listArg] = args;
  if (args.length !== 2) return ERROR;
  const contexts = run.evaluate(listArg!, scope);
  if (contexts === undefined || contexts === ERROR) return contexts;
  const expression = given?.kind === 'attribute' ? run.find(given, scope) : given!;
  if (isAd(contexts)) return [expression === null ? undefined : run.evaluate(expression, contexts.scope)];
  if (!isList(contexts)) return ERROR;
  return contexts.items.map((item) => {
    run.spend(1);
    const context = run.evaluate(item, contexts.scope);
    if (context === undefined) return undefined;
    if (!isAd(context)) return ERROR;
    return expression === null ? undefined : run.evaluate(expression, context.scope);
  });
}

const evalInEachContext: BuiltIn = (args, scope, run) => {
  const values = inEach(args, scope, run);
  return Array.isArray(values) ? { kind: 'list', items: values.map(expressionOf), scope: null } : values;
};

const countMatches: BuiltIn = (args, scope, run) => {
  const values = inEach(args, scope, run);
  if (!Array.isArray(values)) return values === undefined ? 0n : ERROR;
  return BigInt(values.filter((value) => truth(value) === true).length);
};

export const control: BuiltIns = {
  ifthenelse: ifThenElse,
  debug: strict(1, 1, ([value]) => value),
  eval: evalText,
  unparse: unparseAttribute,
  unresolved,
  evalineachcontext: evalInEachContext,
  countmatches: countMatches,
};
