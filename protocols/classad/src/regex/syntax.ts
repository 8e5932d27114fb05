// Reads a regular expression in PCRE2's syntax, over bytes, into a tree. What is left out (recursion, conditions, verbs,
// callouts, \p, \X, \C) is refused, so no pattern means something else here than in HTCondor.

import { type ByteSet, CharacterClasses, complement, setOf } from './byte-sets.ts';

export type Node =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly least: number; readonly most: number; readonly mode: Mode }
  | { readonly kind: 'group'; readonly index: number; readonly item: Node }
  | { readonly kind: 'atomic'; readonly item: Node }
  | { readonly kind: 'look'; readonly isAhead: boolean; readonly isNegative: boolean; readonly item: Node }
  | { readonly kind: 'backReference'; readonly target: number | string; readonly ignoresCase: boolean }
  | { readonly kind: 'assertion'; readonly assertion: Assertion };

export type Mode = 'greedy' | 'lazy' | 'possessive';
export type Assertion =
  | 'textStart'
  | 'textEnd'
  | 'textEndOrNewline'
  | 'lineStart'
  | 'lineEnd'
  | 'searchStart'
  | 'wordBoundary'
  | 'noWordBoundary'
  | 'matchStart';

export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

export interface ParsedPattern {
  readonly root: Node;
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
}

/** A pattern that does not compile. */
export class PatternError extends Error {}

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
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
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
  readonly #source: string;
  readonly #names = new Map<string, number>();
  #at = 0;
  #flags: Flags;
  #groups = 0;
  #nesting = 0;

  constructor(source: string, flags: Flags) {
    this.#source = source;
    this.#flags = flags;
  }

  parse(): ParsedPattern {
    const root = this.#choice();
    if (this.#at < this.#source.length) throw new PatternError('unmatched )');
    return { root, groupCount: this.#groups, names: this.#names };
  }

  /** Alternatives up to `)` or the end. Flags set within last to its end. */
  #choice(): Node {
    const flags = this.#flags;
    const options: Node[] = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#flags = flags;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      this.#skipIgnored();
      const next = this.#source[this.#at];
      if (next === undefined || next === '|' || next === ')') return sequence(items);
      if (this.#source.startsWith('\\Q', this.#at)) {
        items.push(...this.#quoted());
        if (items.length > 0) items.push(this.#repeated(items.pop()!));
        continue;
      }
      if (this.#take('\\E')) continue;
      const atom = this.#atom();
      if (atom !== null) items.push(this.#repeated(atom));
    }
  }

  /** In extended mode blanks and `#` comments; always `(?#…)`. */
  #skipIgnored(): void {
    const ignored = this.#flags.x ? /(?:[ \t\n\v\f\r]|#[^\n]*(?:\n|$)|\(\?#[^)]*\))*/y : /(?:\(\?#[^)]*\))*/y;
    ignored.lastIndex = this.#at;
    ignored.test(this.#source);
    this.#at = ignored.lastIndex;
  }

  #quoted(): Node[] {
    const end = this.#source.indexOf('\\E', this.#at);
    const text = this.#source.slice(this.#at + 2, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#source.length : end + 2;
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
      const mode: Mode = this.#take('?') ? 'lazy' : this.#take('+') ? 'possessive' : 'greedy';
      item = { kind: 'repeat', item, ...counts, mode };
      if (atom.kind === 'assertion' && counts.least === 0) item = { kind: 'sequence', items: [] };
    }
  }

  #quantifier(): { least: number; most: number } | null {
    if (this.#take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { least: 0, most: 1 };
    const braces = this.#match(/\{([0-9]+)(,?)([0-9]*)\}/y);
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
    const character = this.#source[this.#at]!;
    this.#at += 1;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
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
    if (this.#source[this.#at] === '*') throw new PatternError('verbs are not supported');
    if (!this.#take('?')) return this.#capture(null);
    const named = this.#match(/(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y);
    if (named) return this.#capture((named[1] ?? named[2])!);
    const back = this.#match(/P=([A-Za-z_]\w*)\)/y);
    if (back) return { kind: 'backReference', target: back[1]!, ignoresCase: this.#flags.i };
    if (this.#take(':')) return this.#inner();
    if (this.#take('>')) return { kind: 'atomic', item: this.#inner() };
    if (this.#take('|')) throw new PatternError('branch reset is not supported');
    const look = this.#match(/(<?)([=!])/y);
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
    if (!this.#take(')')) throw new PatternError('missing )');
    this.#nesting -= 1;
    return item;
  }

  /** `(?i)`, `(?i-m)` for what follows in this group, `(?i:…)` for what is inside. */
  #settings(): Node | null {
    const settings = this.#match(/(\^?)([imsxnJU]*)(?:-([imsxn]*))?([:)])/y);
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
    const letter = this.#source[this.#at];
    if (letter === undefined) throw new PatternError('\\ at the end');
    const assertion = ASSERTIONS.get(letter);
    if (assertion !== undefined || letter === 'R' || letter in CharacterClasses.byLetter) this.#at += 1;
    if (assertion !== undefined) return { kind: 'assertion', assertion };
    if (letter === 'R') return ANY_NEWLINE;
    const set = CharacterClasses.byLetter[letter];
    if (set !== undefined) return { kind: 'set', set };
    const reference = this.#backReference();
    return reference ?? this.#literal(this.#escapedByte());
  }

  #backReference(): Node | null {
    const ignoresCase = this.#flags.i;
    const named = this.#match(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/y);
    if (named) {
      return { kind: 'backReference', target: (named[1] ?? named[2] ?? named[3] ?? named[4])!, ignoresCase };
    }
    const numbered = this.#match(/g\{?(-?[0-9]+)\}?/y);
    if (numbered) {
      const number = Number(numbered[1]);
      return { kind: 'backReference', target: number < 0 ? this.#groups + 1 + number : number, ignoresCase };
    }
    // \1 to \9 always refer; greater numbers only if there are as many groups, else they are octal.
    const digits = /[1-9][0-9]*/y;
    digits.lastIndex = this.#at;
    const number = Number(digits.exec(this.#source)?.[0] ?? 0);
    if (number === 0 || (number > 9 && number > this.#groups)) return null;
    this.#at = digits.lastIndex;
    return { kind: 'backReference', target: number, ignoresCase };
  }

  /** The byte that an escape stands for, within a class or outside. */
  #escapedByte(): number {
    const octal = this.#match(/o\{([0-7]+)\}|([0-7]{1,3})/y);
    if (octal) return byte(Number.parseInt((octal[1] ?? octal[2])!, 8));
    const hex = this.#match(/x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/y);
    if (hex) return byte(Number.parseInt(hex[1] ?? hex[2] ?? '', 16) || 0);
    const control = this.#match(/c([\x20-\x7e])/y);
    if (control) return control[1]!.toUpperCase().charCodeAt(0) ^ 64;
    const letter = this.#source[this.#at] ?? '';
    this.#at += 1;
    const code = CONTROLS.get(letter);
    if (code !== undefined) return code;
    if (letter === '' || /[A-Za-z0-9]/.test(letter)) throw new PatternError(`unknown escape \\${letter}`);
    return letter.charCodeAt(0);
  }

  /** After `[`. */
  #class(): Node {
    const isNegative = this.#take('^');
    let set = setOf([]);
    for (let isFirst = true; isFirst || this.#source[this.#at] !== ']'; isFirst = false) {
      if (this.#at >= this.#source.length) throw new PatternError('missing ]');
      if (this.#take('\\E')) continue;
      const low = this.#classItem();
      if (typeof low !== 'number') {
        set = set.map((member, code) => member | low[code]!);
        continue;
      }
      const high = this.#rangeEnd(low);
      for (let code = low; code <= high; code += 1) {
        for (const [each, member] of setOf([code], this.#flags.i).entries()) if (member === 1) set[each] = 1;
      }
    }
    this.#at += 1;
    return { kind: 'set', set: isNegative ? complement(set) : set };
  }

  #rangeEnd(low: number): number {
    if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']') return low;
    const before = this.#at;
    this.#at += 1;
    const high = this.#at < this.#source.length ? this.#classItem() : low;
    if (typeof high !== 'number') {
      // `[a-\d]`: the minus is itself.
      this.#at = before;
      return low;
    }
    if (high < low) throw new PatternError('a range that ends before it begins');
    return high;
  }

  /** One byte, or a set such as `\d` or `[:alpha:]`. */
  #classItem(): number | ByteSet {
    const posix = this.#match(/\[:(\^?)([a-z]+):\]/y);
    if (posix) {
      const set = CharacterClasses.posix[posix[2]!];
      if (set === undefined) throw new PatternError(`unknown class [:${posix[2]}:]`);
      return posix[1] === '^' ? complement(set) : set;
    }
    const character = this.#source[this.#at]!;
    this.#at += 1;
    if (character !== '\\') return character.charCodeAt(0);
    const letter = this.#source[this.#at] ?? '';
    if (letter === 'b') {
      this.#at += 1;
      return 8;
    }
    const set = CharacterClasses.byLetter[letter];
    if (set === undefined || letter === 'N') return this.#escapedByte();
    this.#at += 1;
    return set;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source);
    if (found) this.#at = sticky.lastIndex;
    return found;
  }
}

function byte(code: number): number {
  if (code > 255) throw new PatternError('a character beyond 255');
  return code;
}
