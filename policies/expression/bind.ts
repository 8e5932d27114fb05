// Makes an expression of the policy file closed: after binding, each name in it is an attribute of one of the two ends
// and stays that, whatever attributes the ends' ads have. `MY` and `TARGET` are bound before any ad is looked at, a bare
// name means MY's attribute and never falls back on TARGET's, and `Machine.X` is the machine ad's attribute `X`, which
// an endpoint's ad holds under that name. What cannot be bound so is refused, with the place in its text.

import { bytesToText, type Expression, parseExpression, resolveScopes, toBytes } from 'node-classad';
import { nearestName } from '../options/nearest-name.ts';
import { closedFunctions, whyNotClosed } from './closed-functions.ts';
import { offsetOfWord, type WordUse } from './word-places.ts';

export class BindError extends Error {
  /** In UTF-16 units of the expression's text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export interface Bound {
  readonly expression: Expression;
  /** The names without a scope, as first spelled. They are MY's. */
  readonly bareNames: readonly string[];
}

type Reference = Extract<Expression, { kind: 'attribute' }>;

const MY = resolveScopes(parseExpression('MY')) as Reference;
const TARGET = resolveScopes(parseExpression('TARGET')) as Reference;
const MACHINE = 'machine';

/** Names that HTCondor gives a meaning of their own wherever an ad has no attribute of that name. */
const WORDS: ReadonlySet<string> = new Set(
  'my target other self ad left right parent root toplevel lctx rctx currenttime leftmatchesright rightmatchesleft leftrankvalue rightrankvalue'.split(
    ' ',
  ),
);

/** @param text what `expression` was parsed from, for the places of errors. Throws `BindError`. */
export function bind(expression: Expression, text: string): Bound {
  const binder = new Binder(text);
  return { expression: binder.bind(resolveScopes(expression)), bareNames: [...binder.bareNames.values()] };
}

class Binder {
  readonly bareNames = new Map<string, string>();
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  bind(node: Expression): Expression {
    switch (node.kind) {
      case 'literal':
      case 'relTimeLiteral':
        return node;
      case 'attribute':
        return this.#reference(node);
      case 'parentheses':
        return { ...node, inner: this.bind(node.inner) };
      case 'unary':
        return { ...node, operand: this.bind(node.operand) };
      case 'binary':
      case 'elvis':
        return { ...node, left: this.bind(node.left), right: this.bind(node.right) };
      case 'ternary':
        return {
          ...node,
          condition: this.bind(node.condition),
          whenTrue: this.bind(node.whenTrue),
          whenFalse: this.bind(node.whenFalse),
        };
      case 'subscript':
        return { ...node, base: this.bind(node.base), index: this.bind(node.index) };
      case 'call':
        this.#checkFunction(node.key, bytesToText(node.name));
        return { ...node, args: node.args.map((arg) => this.bind(arg)) };
      case 'list':
        return { ...node, items: node.items.map((item) => this.bind(item)) };
      case 'ad':
        throw new BindError('an ad [ … ] cannot stand in a policy: write its values', this.#text.indexOf('['));
    }
  }

  #reference(node: Reference): Expression {
    const name = bytesToText(node.name);
    if (node.base === null) {
      if (node.absolute) this.#refuseScope(node, name);
      this.#checkName(node, name, 'plain');
      const key = node.key;
      if (!this.bareNames.has(key)) this.bareNames.set(key, name);
      return select(MY, node);
    }
    const base = withoutParentheses(node.base);
    const side = scopeOf(base);
    if (side !== undefined) {
      this.#checkName(node, name, 'selected');
      return select(side, node);
    }
    const machineOf = machineScope(base);
    if (machineOf === undefined) {
      // A word such as `parent` gets its own error.
      if (base.kind === 'attribute') this.#reference(base);
      const message = `.${name} of something else than MY, TARGET and Machine cannot be read here: write MY.${name} or TARGET.${name}`;
      throw new BindError(message, offsetOfWord(this.#text, name, 'selected'));
    }
    const machineName = toBytes(`Machine.${name}`);
    return { ...node, base: machineOf, name: machineName, key: `${MACHINE}.${node.key}` };
  }

  #refuseScope(node: Reference, name: string): never {
    const word = node.key === MY.key ? 'MY' : node.key === TARGET.key ? 'TARGET' : undefined;
    if (word === undefined) {
      throw new BindError(`.${name} has no meaning here: write MY.${name}`, offsetOfWord(this.#text, name));
    }
    const place = word === 'TARGET' && offsetOfWord(this.#text, 'target') === 0 ? 'other' : word;
    throw new BindError(
      `${word} as a whole cannot be read: name an attribute, such as ${word}.Owner`,
      offsetOfWord(this.#text, place),
    );
  }

  #checkName(node: Reference, name: string, use: WordUse): void {
    if (node.key === MACHINE) {
      const message = 'the machine ad as a whole cannot be read: name one of its attributes, such as MY.Machine.Name';
      throw new BindError(message, offsetOfWord(this.#text, name, use));
    }
    if (!WORDS.has(node.key)) return;
    const why =
      node.key === 'currenttime' ? whyNotClosed(node.key) : 'HTCondor gives this word a meaning that has no place here';
    throw new BindError(`${name} cannot be read in a policy: ${why}`, offsetOfWord(this.#text, name, use));
  }

  #checkFunction(key: string, name: string): void {
    if (closedFunctions.has(key)) return;
    const why = whyNotClosed(key);
    const offset = offsetOfWord(this.#text, name, 'call');
    if (why !== undefined) throw new BindError(`${name}() cannot be used in a policy: ${why}`, offset);
    const guess = nearestName(name, closedFunctions.values());
    const hint = guess === undefined ? 'docs/policies.md lists those that can be used' : `did you mean ${guess}()?`;
    throw new BindError(`there is no function ${name}() for policies; ${hint}`, offset);
  }
}

function select(base: Reference, node: Reference): Reference {
  return { kind: 'attribute', base, absolute: false, name: node.name, key: node.key };
}

function withoutParentheses(node: Expression): Expression {
  return node.kind === 'parentheses' ? withoutParentheses(node.inner) : node;
}

function scopeOf(node: Expression): Reference | undefined {
  if (node.kind !== 'attribute' || node.base !== null || !node.absolute) return undefined;
  return node.key === MY.key ? MY : node.key === TARGET.key ? TARGET : undefined;
}

/** Of `Machine`, `MY.Machine` and `TARGET.Machine`: whose machine. */
function machineScope(node: Expression): Reference | undefined {
  if (node.kind !== 'attribute' || node.key !== MACHINE) return undefined;
  if (node.base === null) return node.absolute ? undefined : MY;
  return scopeOf(withoutParentheses(node.base));
}
