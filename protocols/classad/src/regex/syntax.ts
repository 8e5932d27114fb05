// Reads a regular expression in PCRE2's syntax, over bytes, into a tree. What is left out (recursion, conditions, verbs,
// callouts, \p, \X, \C) is refused, so no pattern means something else here than in HTCondor.

import { CharacterClasses, setOf } from './byte-sets.ts';
import { PatternReader } from './pattern-reader.ts';
import { type Assertion, type Flags, type Mode, type Node, type ParsedPattern, PatternError } from './tree.ts';

const MAX_NESTING = 100;
const MAX_REPEAT = 65535;
const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map<string, Assertion>([
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['Z', 'textEndOrNewline'],
  ['G', 'searchStart'],
  ['b', 'wordBoundary'],
  ['B', 'noWordBoundary'],
  ['K', 'matchStart'],
]);
const ANY_NEWLINE: Node = {
  kind: 'atomic',
  item: {
    kind: 'choice',
    options: [sequence([literalByte(13), literalByte(10)]), { kind: 'set', set: CharacterClasses.v }],
  },
};

function literalByte(code: number): Node {
  return { kind: 'set', set: setOf([code]) };
}

function sequence(items: readonly Node[]): Node {
  return items.length === 1 ? items[0]! : { kind: 'sequence', items };
}

/** Throws `PatternError`. */
export function parsePattern(source: string, flags: Flags): ParsedPattern {
  return new PatternParser(source, flags).parse();
}

class PatternParser {
  readonly #reader: PatternReader;
  readonly #names = new Map<string, number>();
  #flags: Flags;
  #groups = 0;
  #nesting = 0;

  constructor(source: string, flags: Flags) {
    this.#reader = new PatternReader(source);
    this.#flags = flags;
  }

  parse(): ParsedPattern {
    const root = this.#choice();
    if (this.#reader.at < this.#reader.source.length) throw new PatternError('unmatched )');
    return { root, groupCount: this.#groups, names: this.#names };
  }

  /** Alternatives up to `)` or the end. Flags set within last to its end. */
  #choice(): Node {
    const flags = this.#flags;
    const options: Node[] = [this.#sequence()];
    while (this.#reader.take('|')) options.push(this.#sequence());
    this.#flags = flags;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      this.#skipIgnored();
      const next = this.#reader.next;
      if (next === undefined || next === '|' || next === ')') return sequence(items);
      if (this.#reader.source.startsWith('\\Q', this.#reader.at)) {
        items.push(...this.#quoted());
        if (items.length > 0) items.push(this.#repeated(items.pop()!));
        continue;
      }
      if (this.#reader.take('\\E')) continue;
      const atom = this.#atom();
      if (atom !== null) items.push(this.#repeated(atom));
    }
  }

  /** In extended mode blanks and `#` comments; always `(?#…)`. */
  #skipIgnored(): void {
    const ignored = this.#flags.x ? /(?:[ \t\n\v\f\r]|#[^\n]*(?:\n|$)|\(\?#[^)]*\))*/y : /(?:\(\?#[^)]*\))*/y;
    ignored.lastIndex = this.#reader.at;
    ignored.test(this.#reader.source);
    this.#reader.at = ignored.lastIndex;
  }

  #quoted(): Node[] {
    const end = this.#reader.source.indexOf('\\E', this.#reader.at);
    const text = this.#reader.source.slice(this.#reader.at + 2, end === -1 ? undefined : end);
    this.#reader.at = end === -1 ? this.#reader.source.length : end + 2;
    return [...text].map((character) => this.#literal(character.charCodeAt(0)));
  }

  #literal(code: number): Node {
    return { kind: 'set', set: setOf([code], this.#flags.i) };
  }

  #repeated(atom: Node): Node {
    let item = atom;
    for (;;) {
      this.#skipIgnored();
      const counts = this.#quantifier();
      if (counts === null) return item;
      const mode: Mode = this.#reader.take('?') ? 'lazy' : this.#reader.take('+') ? 'possessive' : 'greedy';
      item = { kind: 'repeat', item, ...counts, mode };
      if (atom.kind === 'assertion' && counts.least === 0) item = { kind: 'sequence', items: [] };
    }
  }

  #quantifier(): { least: number; most: number } | null {
    if (this.#reader.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#reader.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#reader.take('?')) return { least: 0, most: 1 };
    const braces = this.#reader.match(/\{([0-9]+)(,?)([0-9]*)\}/y);
    if (braces === null) return null;
    const least = Number(braces[1]);
    const most = braces[2] === '' ? least : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
    if (least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY) || most < least) {
      throw new PatternError('bad counts in {}');
    }
    return { least, most };
  }

  /** One item, or null for a setting such as `(?i)`. */
  #atom(): Node | null {
    const character = this.#reader.next!;
    this.#reader.at += 1;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#reader.characterClass(this.#flags.i) };
      case '.':
        return { kind: 'set', set: this.#flags.s ? CharacterClasses.all : CharacterClasses.N };
      case '^':
        return { kind: 'assertion', assertion: this.#flags.m ? 'lineStart' : 'textStart' };
      case '$':
        return { kind: 'assertion', assertion: this.#flags.m ? 'lineEnd' : 'textEndOrNewline' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError(`nothing to repeat before ${character}`);
      default:
        return this.#literal(character.charCodeAt(0));
    }
  }

  #group(): Node | null {
    if (this.#reader.next === '*') throw new PatternError('verbs are not supported');
    if (!this.#reader.take('?')) return this.#capture(null);
    const named = this.#reader.match(/(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y);
    if (named) return this.#capture((named[1] ?? named[2])!);
    const back = this.#reader.match(/P=([A-Za-z_]\w*)\)/y);
    if (back) return { kind: 'backReference', target: back[1]!, ignoresCase: this.#flags.i };
    if (this.#reader.take(':')) return this.#inner();
    if (this.#reader.take('>')) return { kind: 'atomic', item: this.#inner() };
    if (this.#reader.take('|')) throw new PatternError('branch reset is not supported');
    const look = this.#reader.match(/(<?)([=!])/y);
    if (look) return { kind: 'look', isAhead: look[1] === '', isNegative: look[2] === '!', item: this.#inner() };
    return this.#settings();
  }

  #capture(name: string | null): Node {
    this.#groups += 1;
    const index = this.#groups;
    if (name !== null) {
      if (this.#names.has(name)) throw new PatternError(`two groups are named ${name}`);
      this.#names.set(name, index);
    }
    return { kind: 'group', index, item: this.#inner() };
  }

  /** What stands up to the closing parenthesis. */
  #inner(): Node {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) throw new PatternError('nested too deeply');
    const item = this.#choice();
    if (!this.#reader.take(')')) throw new PatternError('missing )');
    this.#nesting -= 1;
    return item;
  }

  /** `(?i)`, `(?i-m)` for what follows in this group, `(?i:…)` for what is inside. */
  #settings(): Node | null {
    const settings = this.#reader.match(/(\^?)([imsxnJU]*)(?:-([imsxn]*))?([:)])/y);
    if (settings === null || /[nJU]/.test(settings[2]! + (settings[3] ?? ''))) {
      throw new PatternError('a group of an unknown kind');
    }
    const [, reset, on = '', off = '', end] = settings;
    const outer = this.#flags;
    const base = reset === '^' ? { i: false, m: false, s: false, x: false } : outer;
    const value = (letter: keyof Flags): boolean => (base[letter] || on.includes(letter)) && !off.includes(letter);
    this.#flags = { i: value('i'), m: value('m'), s: value('s'), x: value('x') };
    if (end === ')') return null;
    const item = this.#inner();
    this.#flags = outer;
    return item;
  }

  #escape(): Node {
    const letter = this.#reader.next;
    if (letter === undefined) throw new PatternError('\\ at the end');
    const assertion = ASSERTIONS.get(letter);
    if (assertion !== undefined || letter === 'R' || letter in CharacterClasses.byLetter) this.#reader.at += 1;
    if (assertion !== undefined) return { kind: 'assertion', assertion };
    if (letter === 'R') return ANY_NEWLINE;
    const set = CharacterClasses.byLetter[letter];
    if (set !== undefined) return { kind: 'set', set };
    const reference = this.#backReference();
    return reference ?? this.#literal(this.#reader.escapedByte());
  }

  #backReference(): Node | null {
    const ignoresCase = this.#flags.i;
    const named = this.#reader.match(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/y);
    if (named) {
      return { kind: 'backReference', target: (named[1] ?? named[2] ?? named[3] ?? named[4])!, ignoresCase };
    }
    const numbered = this.#reader.match(/g\{?(-?[0-9]+)\}?/y);
    if (numbered) {
      const number = Number(numbered[1]);
      return { kind: 'backReference', target: number < 0 ? this.#groups + 1 + number : number, ignoresCase };
    }
    // \1 to \9 always refer; greater numbers only if there are as many groups, else they are octal.
    const digits = /[1-9][0-9]*/y;
    digits.lastIndex = this.#reader.at;
    const number = Number(digits.exec(this.#reader.source)?.[0] ?? 0);
    if (number === 0 || (number > 9 && number > this.#groups)) return null;
    this.#reader.at = digits.lastIndex;
    return { kind: 'backReference', target: number, ignoresCase };
  }
}
