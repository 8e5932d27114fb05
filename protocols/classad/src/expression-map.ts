// Rewrites an expression's parts, keeping what has not changed. Long chains of operators are walked, not recursed into.

import { ClassAd } from './ad.ts';
import type { Binary, Expression } from './expression.ts';

/** The expression with `change` applied to each expression directly within it. */
export function mapChildren(node: Expression, change: (child: Expression) => Expression): Expression {
  switch (node.kind) {
    case 'literal':
    case 'relTimeLiteral':
      return node;
    case 'attribute':
      return node.base === null ? node : { ...node, base: change(node.base) };
    case 'unary':
      return { ...node, operand: change(node.operand) };
    case 'binary':
      return mapChain(node, change);
    case 'elvis':
      return { ...node, left: change(node.left), right: change(node.right) };
    case 'ternary':
      return {
        ...node,
        condition: change(node.condition),
        whenTrue: change(node.whenTrue),
        whenFalse: change(node.whenFalse),
      };
    case 'subscript':
      return { ...node, base: change(node.base), index: change(node.index) };
    case 'parentheses':
      return { ...node, inner: change(node.inner) };
    case 'call':
      return { ...node, args: node.args.map(change) };
    case 'list':
      return { ...node, items: node.items.map(change) };
    case 'ad': {
      const ad = new ClassAd();
      for (const { name, expression } of node.ad.attributes()) ad.set(name, change(expression));
      return { kind: 'ad', ad };
    }
  }
}

function mapChain(node: Binary, change: (child: Expression) => Expression): Expression {
  const chain: Binary[] = [];
  let leftmost: Expression = node;
  for (; leftmost.kind === 'binary'; leftmost = leftmost.left) chain.push(leftmost);
  return chain.reduceRight<Expression>(
    (left, each) => ({ ...each, left, right: change(each.right) }),
    change(leftmost),
  );
}
