// The names that an expression needs and its ad does not have, followed through the attributes that it does have: what
// HTCondor calls external references. Sorted without case. A list of tasks, not recursion: chains can be long.

import { type ByteString, compareBytes } from './bytes.ts';
import type { Evaluation } from './evaluation.ts';
import { type AttributeReference, children, type Expression } from './expression.ts';
import type { Scope } from './scope.ts';
import { isAd } from './values.ts';

interface Task {
  readonly node: Expression;
  readonly scope: Scope;
}

/** The unresolved names of an expression that stands in `scope`, as first spelled. */
export function unresolvedNames(expression: Expression, scope: Scope, run: Evaluation): ByteString[] {
  const names = new Map<ByteString, ByteString>();
  const seen = new Set<Expression>();
  const tasks: Task[] = [{ node: expression, scope }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    run.spend(1);
    const { node } = task;
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind !== 'attribute') {
      for (const child of children(node)) tasks.push({ node: child, scope: task.scope });
      continue;
    }
    const found = find(node, task.scope, run);
    if (found === null) names.set(node.key, node.name);
    else if (found.expression !== null) tasks.push({ node: found.expression, scope: found.scope });
  }
  return [...names].sort(([left], [right]) => compareBytes(left, right)).map(([, name]) => name);
}

/** Names that only the other side of a match has count as missing. */
function find(node: AttributeReference, scope: Scope, run: Evaluation): ReturnType<Evaluation['lookup']> {
  if (node.base === null) return run.lookup(node.absolute ? scope.root : scope, node.key);
  const base = run.evaluate(node.base, scope);
  return isAd(base) ? run.lookup(base.scope, node.key) : null;
}
