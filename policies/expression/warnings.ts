// What is probably not meant in a condition, though it has a meaning: a bare name that only the other end has, an
// attribute that parts every job from every other, and comparisons whose answer is always undefined.

import type { Expression } from 'node-classad';
import { isOfOneJob } from '../options/one-job-attributes.ts';
import type { OptionPath, PolicyContext } from '../policy-kind.ts';
import type { Condition } from './condition.ts';
import { offsetOfWord } from './word-places.ts';

export function warnOfCondition(condition: Condition, path: OptionPath, context: PolicyContext): void {
  warnOfBareNames(condition, path, context);
  for (const name of condition.significantAttributes.filter(isOfOneJob)) {
    const message = `${name} is of one job alone, so every job becomes an endpoint class of its own, with rules of its own`;
    context.warn(path, message, offsetOfWord(condition.text, name.slice(name.indexOf('.') + 1)));
  }
  if (comparesWithUndefined(condition.expression)) {
    const message =
      'a comparison with undefined by == or the like is itself undefined, never true or false: write "is undefined" or "isnt undefined"';
    context.warn(path, message, offsetOfWord(condition.text, 'undefined') || offsetOfWord(condition.text, 'null'));
  }
}

/** A bare name is MY's; in HTCondor it would fall back on TARGET's, which is where jobs' ads meet machines'. */
function warnOfBareNames({ bareNames, target, text }: Condition, path: OptionPath, context: PolicyContext): void {
  const ofTarget = new Set(target.map((name) => name.toLowerCase()));
  for (const name of bareNames) {
    const key = name.toLowerCase();
    const isLikelyTarget = ofTarget.has(key) || key === 'zone';
    if (!isLikelyTarget) continue;
    const message = `${name} without a scope is the source's, MY.${name}, and never the destination's: write MY.${name} or TARGET.${name}`;
    context.warn(path, message, offsetOfWord(text, name, 'plain'));
  }
}

const ALWAYS_UNDEFINED: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function comparesWithUndefined(expression: Expression): boolean {
  const pending = [expression];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === 'binary') {
      const isLiteral = [node.left, node.right].some((side) => side.kind === 'literal' && side.value === undefined);
      if (isLiteral && ALWAYS_UNDEFINED.has(node.operator)) return true;
      pending.push(node.left, node.right);
    } else if (node.kind === 'parentheses') pending.push(node.inner);
    else if (node.kind === 'unary') pending.push(node.operand);
    else if (node.kind === 'ternary') pending.push(node.condition, node.whenTrue, node.whenFalse);
    else if (node.kind === 'elvis') pending.push(node.left, node.right);
    else if (node.kind === 'call') pending.push(...node.args);
  }
  return false;
}
