// A condition over two ends, written as a ClassAd expression: parsed, bound and checked once, then asked for pairs of
// ends. It is a function of the attributes that it names and of nothing else, and answers true, false, `undefined` or
// `error`; what the last two mean is for the policy to say.

import {
  ClassAd,
  ClassAdError,
  type Expression,
  evaluate,
  parseExpression,
  references,
  toBytes,
  type Value,
} from 'node-classad';
import { describeValue, type Reading, readBy } from '../options/schema.ts';
import type { AttributeValue, EndpointView } from '../policy.ts';
import { BindError, type Bound, bind } from './bind.ts';
import { type Comparisons, comparisonsOf } from './comparisons.ts';
import { offsetOfPosition } from './word-places.ts';

export type Answer = boolean | 'undefined' | 'error';

export interface Condition {
  /** As written. */
  readonly text: string;
  /** The attributes that it reads of the source and of the destination, as first spelled. */
  readonly my: readonly string[];
  readonly target: readonly string[];
  /** Of both, each once. */
  readonly significantAttributes: readonly string[];
  /** Names written without a scope, which are MY's. */
  readonly bareNames: readonly string[];
  readonly comparisons: Comparisons;
  readonly expression: Expression;
  evaluate(my: EndpointView<string>, target: EndpointView<string>): Answer;
  /** The attributes that it reads and the two ends lack, as a person would write them: `MY.Owner`. */
  missing(my: EndpointView<string>, target: EndpointView<string>): readonly string[];
}

/** In UTF-16 units. Binding walks an expression by recursion, so its length has a bound. */
const LONGEST = 4096;
/** What one evaluation may cost: a regular expression over a long text from a job's ad ends here. */
const STEPS = 20_000;

export const EXPRESSION_EXAMPLE = `MY.Owner =?= "carol" && TARGET.Zone == "wan"`;

/** A condition from the policy file; YAML's `true` and `false` are expressions too. */
export function readCondition(input: unknown): Reading<Condition> {
  const text = typeof input === 'boolean' ? String(input) : input;
  if (typeof text !== 'string' || text.trim() === '') {
    return { problem: `expected a ClassAd expression such as ${EXPRESSION_EXAMPLE}; found ${describeValue(input)}` };
  }
  if (text.length > LONGEST) {
    return { problem: `expected an expression of at most ${LONGEST} characters; found one of ${text.length}` };
  }
  try {
    return { value: compile(text) };
  } catch (error) {
    if (error instanceof BindError) return { problem: error.message, offset: error.offset, isExpression: true };
    if (!(error instanceof ClassAdError)) throw error;
    return {
      problem: withoutPlace(error),
      offset: offsetOfPosition(text, error.line, error.column),
      isExpression: true,
    };
  }
}

/** Of the policy file. Whether it is one is for `readCondition` to say, with the place inside of it. */
export const condition = readBy(readCondition, {
  title: 'a ClassAd expression',
  type: ['string', 'boolean'],
  pattern: '\\S',
  maxLength: LONGEST,
  examples: [EXPRESSION_EXAMPLE],
});

/** The file's line and column are said instead. */
function withoutPlace(error: ClassAdError): string {
  return error.message.replace(/^\d+:\d+: /, '');
}

function compile(text: string): Condition {
  const nul = text.indexOf('\0');
  if (nul !== -1) throw new BindError('a NUL character cannot stand in an expression', nul);
  const parsed = parseExpression(text);
  refuseRest(parsed, text);
  const bound = bind(parsed, text);
  const { my, target, unknown } = references(bound.expression);
  // Binding leaves nothing that could read beyond these names; should the two ever disagree, nothing runs.
  if (unknown.length > 0) throw new BindError(`what ${unknown.join(', ')} reads cannot be told beforehand`, 0);
  return conditionOf(text, bound, my, target);
}

/** As in HTCondor, the parser does not look at what follows a ternary; in a policy file that is a mistake. */
function refuseRest(parsed: Expression, text: string): void {
  if (parsed.kind !== 'ternary') return;
  let listed: Expression;
  try {
    // As the only element of a list it must end where the text does.
    listed = parseExpression(`{\n${text}\n}`);
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    throw new BindError(withoutPlace(error), offsetOfPosition(text, error.line - 1, error.column));
  }
  if (listed.kind === 'list' && listed.items.length === 1) return;
  throw new BindError('expected one expression, and found a comma after it', text.indexOf(','));
}

function conditionOf(text: string, bound: Bound, my: readonly string[], target: readonly string[]): Condition {
  const { expression, bareNames } = bound;
  const byKey = new Map([...my, ...target].toReversed().map((name) => [name.toLowerCase(), name]));
  const adOf = adMaker(new Set(byKey.keys()));
  const holds = (ad: ClassAd, name: string) => ad.get(toBytes(name.toLowerCase())) !== undefined;
  return {
    text,
    my,
    target,
    significantAttributes: [...byKey.values()].sort(),
    bareNames,
    comparisons: comparisonsOf(expression),
    expression,
    evaluate: (source, destination) => answer(run(expression, adOf(source), adOf(destination))),
    missing(source, destination) {
      const [mine, others] = [adOf(source), adOf(destination)];
      return [
        ...my.filter((name) => !holds(mine, name)).map((name) => `MY.${name}`),
        ...target.filter((name) => !holds(others, name)).map((name) => `TARGET.${name}`),
      ];
    },
  };
}

function run(expression: Expression, my: ClassAd, target: ClassAd): Value {
  return evaluate(expression, {
    my,
    target,
    semantics: 'old',
    limits: { steps: STEPS },
    // Never asked, since no function that would ask is let in.
    now: () => 0,
    random: () => 0,
  });
}

/** Makes an ad of literals of those attributes of a view; what is undefined is left out, which is the same. */
function adMaker(keys: ReadonlySet<string>): (view: EndpointView<string>) => ClassAd {
  const made = new WeakMap<EndpointView<string>, ClassAd>();
  return (view) => {
    let ad = made.get(view);
    if (ad === undefined) {
      ad = new ClassAd();
      for (const name of Object.keys(view)) {
        const value = keys.has(name.toLowerCase()) ? view[name] : undefined;
        if (value !== undefined) ad.set(toBytes(name), { kind: 'literal', value: literalOf(value) });
      }
      made.set(view, ad);
    }
    return ad;
  };
}

function answer(value: Value): Answer {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    default:
      return value === undefined ? 'undefined' : 'error';
  }
}

function literalOf(value: Exclude<AttributeValue, undefined>): boolean | bigint | number | string {
  if (typeof value === 'string') return toBytes(value);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
