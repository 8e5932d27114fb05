// Which attributes an expression can read, found without evaluating it. The answer may name too many, never too few: where it
// cannot know (a name made at run time, an ad taken as a whole) it says so in `unknown`. An expression reads what its own
// text names; what the attributes of the ads read in turn is followed only if the ads are given.

import type { ClassAd } from './ad.ts';
import { type ByteString, bytesToText, compareBytes, lower } from './bytes.ts';
import { type AttributeReference, type Call, children, type Expression } from './expression.ts';
import { builtIns } from './functions/index.ts';
import type { Semantics } from './lexer.ts';

export interface References {
  /** Attributes of MY and of TARGET, as first spelled, sorted. */
  readonly my: readonly string[];
  readonly target: readonly string[];
  /** Why `my` and `target` may be incomplete: such as `eval`, or `MY as a whole`. Empty if they are complete. */
  readonly unknown: readonly string[];
  /**
   * Words such as `TARGET` through which it reads. An attribute of that name in MY's ad takes the word's place; apply
   * `resolveScopes` to an expression that strangers' ads must not be able to turn.
   */
  readonly words: readonly string[];
  /** What it depends on beside the ads: `time`, `random` and their like. */
  readonly impure: readonly string[];
  /** Functions that do not exist; calling one is `error`. */
  readonly unknownFunctions: readonly string[];
}

export interface ReferencesOptions {
  /** `old`, in which a name missing from MY is looked for in TARGET, if left out. */
  readonly semantics?: Semantics;
  /** Ads whose attributes are to be followed. */
  readonly my?: ClassAd | undefined;
  readonly target?: ClassAd | undefined;
}

type Side = 'my' | 'target';

// A word names a scope as seen from the side on which it stands: `own` or the other.
const OWN_WORDS: ReadonlySet<ByteString> = new Set(['my', 'self', 'ad']);
const OTHER_WORDS: ReadonlySet<ByteString> = new Set(['target', 'other']);
const FIXED_WORDS: ReadonlyMap<ByteString, Side> = new Map([
  ['left', 'my'],
  ['right', 'target'],
]);
const OPAQUE_WORDS: ReadonlySet<ByteString> = new Set([
  'parent',
  'root',
  'toplevel',
  'lctx',
  'rctx',
  'leftmatchesright',
  'rightmatchesleft',
  'leftrankvalue',
  'rightrankvalue',
]);
const IMPURE: ReadonlySet<ByteString> = new Set(['time', 'currenttime', 'daytime', 'random', 'userhome', 'usermap']);
/** Without arguments these tell the time. */
const IMPURE_IF_BARE: ReadonlySet<ByteString> = new Set(['abstime', 'reltime', 'formattime']);
const OPAQUE_FUNCTIONS: ReadonlySet<ByteString> = new Set(['eval', 'unresolved']);
/** Their first argument is evaluated in ads that may lie within either side. */
const CONTEXT_FUNCTIONS: ReadonlySet<ByteString> = new Set(['evalineachcontext', 'countmatches']);

/** The attributes that an expression, evaluated in MY with a TARGET, can read. */
export function references(expression: Expression, options: ReferencesOptions = {}): References {
  const collector = new Collector(options);
  collector.walk(expression, 'my');
  return collector.result();
}

interface Task {
  readonly node: Expression;
  readonly side: Side;
  /** In the first argument of a function such as countMatches: any name may be of either side. */
  readonly isEither: boolean;
}

class Collector {
  readonly #semantics: Semantics;
  readonly #ads: Readonly<Record<Side, ClassAd | undefined>>;
  readonly #names: Readonly<Record<Side, Map<ByteString, ByteString>>> = { my: new Map(), target: new Map() };
  readonly #unknown = new Set<string>();
  readonly #words = new Set<string>();
  readonly #impure = new Set<string>();
  readonly #unknownFunctions = new Set<string>();
  readonly #tasks: Task[] = [];

  constructor({ semantics = 'old', my, target }: ReferencesOptions) {
    this.#semantics = semantics;
    this.#ads = { my, target };
  }

  result(): References {
    const sorted = (names: Iterable<string>): string[] => [...names].sort(compareBytes);
    return {
      my: sorted(Array.from(this.#names.my.values(), bytesToText)),
      target: sorted(Array.from(this.#names.target.values(), bytesToText)),
      unknown: sorted(this.#unknown),
      words: sorted(this.#words),
      impure: sorted(this.#impure),
      unknownFunctions: sorted(this.#unknownFunctions),
    };
  }

  /** A list of tasks, not recursion: chains of operators can be long. */
  walk(expression: Expression, side: Side): void {
    this.#tasks.push({ node: expression, side, isEither: false });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      const { node } = task;
      if (node.kind === 'attribute') this.#reference(node, task);
      else if (node.kind === 'call') this.#call(node, task);
      else if (node.kind === 'subscript' && node.index.kind === 'literal' && typeof node.index.value === 'string') {
        this.#select(node.base, node.index.value, task);
      } else if (node.kind === 'subscript') {
        this.#push([node.index], task);
        // A list's element or an ad's attribute: of an ad it could be any.
        if (this.#scopeOf(node.base, task) !== null)
          this.#unknown.add(`an attribute of ${text(node.base)} chosen at run time`);
        this.#push([node.base], task);
      } else this.#push(children(node), task);
    }
  }

  #push(nodes: readonly Expression[], { side, isEither }: Task, inEither = isEither): void {
    // The last task is taken first, and names are noted as first spelled: so the first node goes last.
    for (const node of nodes.toReversed()) this.#tasks.push({ node, side, isEither: inEither });
  }

  #reference(node: AttributeReference, task: Task): void {
    if (node.base !== null) {
      this.#select(node.base, node.name, task);
      return;
    }
    const scope = this.#scopeOf(node, task);
    if (scope !== null) {
      this.#unknown.add(`${text(node)} as a whole`);
      return;
    }
    if (OPAQUE_WORDS.has(node.key)) this.#unknown.add(bytesToText(node.name));
    if (node.key === 'currenttime' && this.#semantics === 'old') this.#impure.add('CurrentTime');
    if (node.absolute && !task.isEither) this.#read(task.side, node.name);
    else this.#readBare(node.name, task);
  }

  /** A name without a scope. */
  #readBare(name: ByteString, { side, isEither }: Task): void {
    this.#read(side, name);
    if (isEither || this.#semantics === 'old') this.#read(opposite(side), name);
  }

  /** `base.name`: of a scope its attribute; of any other ad one of its own, or else one of the ads around it. */
  #select(base: Expression, name: ByteString, task: Task): void {
    const scope = this.#scopeOf(base, task);
    if (scope === null || task.isEither) {
      this.#read('my', name);
      this.#read('target', name);
    } else this.#read(scope, name);
    if (scope === null) this.#push([base], task);
    else this.#word(base);
    // Names that stand for scopes can be selected too, as in `MY.TARGET.x`.
    if (isWord(name)) this.#unknown.add(`${text(base)}.${bytesToText(name)}`);
  }

  /** Notes a word; an attribute of that name in an ad that is given takes its place. */
  #word(node: Expression): void {
    if (node.kind === 'parentheses') this.#word(node.inner);
    if (node.kind !== 'attribute' || node.absolute) return;
    const word = bytesToText(node.name).toUpperCase();
    this.#words.add(word);
    const isShadowed = [this.#ads.my, this.#ads.target].some((ad) => ad?.get(node.key) !== undefined);
    if (isShadowed) this.#unknown.add(`${word}, which is an attribute's name`);
  }

  /** Which side a word stands for; null if the expression is no word. */
  #scopeOf(node: Expression, { side }: Task): Side | null {
    if (node.kind === 'parentheses') return this.#scopeOf(node.inner, { node, side, isEither: false });
    if (node.kind !== 'attribute' || node.base !== null) return null;
    const fixed = FIXED_WORDS.get(node.key);
    if (fixed !== undefined || node.absolute) return fixed ?? null;
    if (OWN_WORDS.has(node.key)) return side;
    return OTHER_WORDS.has(node.key) ? opposite(side) : null;
  }

  #call(node: Call, task: Task): void {
    const name = bytesToText(node.name);
    if (!builtIns.has(node.key)) this.#unknownFunctions.add(name);
    if (IMPURE.has(node.key) || (IMPURE_IF_BARE.has(node.key) && node.args.length === 0)) this.#impure.add(name);
    if (OPAQUE_FUNCTIONS.has(node.key)) this.#unknown.add(name);
    const isContext = CONTEXT_FUNCTIONS.has(node.key);
    this.#push(node.args.slice(1), task);
    this.#push(node.args.slice(0, 1), task, task.isEither || isContext);
  }

  /** Notes an attribute and, at first sight and where the ad is known, goes on with its expression. */
  #read(side: Side, name: ByteString): void {
    const key = lower(name);
    if (this.#names[side].has(key)) return;
    this.#names[side].set(key, name);
    const expression = this.#ads[side]?.get(key);
    // What is selected from a list's elements is looked up where the selection stands, which may be the other side.
    if (expression !== undefined) this.#tasks.push({ node: expression, side, isEither: hasList(expression) });
  }
}

/** Whether a list may come of it: there is one somewhere in it. */
function hasList(expression: Expression): boolean {
  const left = [expression];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.kind === 'list') return true;
    left.push(...children(node));
  }
  return false;
}

function opposite(side: Side): Side {
  return side === 'my' ? 'target' : 'my';
}

function isWord(name: ByteString): boolean {
  const key = lower(name);
  return OWN_WORDS.has(key) || OTHER_WORDS.has(key) || FIXED_WORDS.has(key) || OPAQUE_WORDS.has(key);
}

function text(node: Expression): string {
  return node.kind === 'attribute' ? (node.absolute ? '.' : '') + bytesToText(node.name) : 'an ad';
}
