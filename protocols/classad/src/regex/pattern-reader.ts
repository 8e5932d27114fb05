// A pattern's text and a position in it, with what stands for single bytes and sets of bytes: escapes and classes. What
// groups and repeats them is read by syntax.ts.

import { type ByteSet, CharacterClasses, complement, setOf } from './byte-sets.ts';
import { PatternError } from './tree.ts';

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
]);

export class PatternReader {
  readonly source: string;
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** The next character; undefined at the end. */
  get next(): string | undefined {
    return this.source[this.at];
  }

  /** The byte that an escape stands for, within a class or outside. */
  escapedByte(): number {
    const octal = this.match(/o\{([0-7]+)\}|([0-7]{1,3})/y);
    if (octal) return byte(Number.parseInt((octal[1] ?? octal[2])!, 8));
    const hex = this.match(/x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/y);
    if (hex) return byte(Number.parseInt(hex[1] ?? hex[2] ?? '', 16) || 0);
    const control = this.match(/c([\x20-\x7e])/y);
    if (control) return control[1]!.toUpperCase().charCodeAt(0) ^ 64;
    const letter = this.next ?? '';
    this.at += 1;
    const code = CONTROLS.get(letter);
    if (code !== undefined) return code;
    if (letter === '' || /[A-Za-z0-9]/.test(letter)) throw new PatternError(`unknown escape \\${letter}`);
    return letter.charCodeAt(0);
  }

  /** The bytes of a class, after its `[`. */
  characterClass(ignoresCase: boolean): ByteSet {
    const isNegative = this.take('^');
    let set = setOf([]);
    for (let isFirst = true; isFirst || this.next !== ']'; isFirst = false) {
      if (this.at >= this.source.length) throw new PatternError('missing ]');
      if (this.take('\\E')) continue;
      const low = this.#classItem();
      if (typeof low !== 'number') {
        set = set.map((member, code) => member | low[code]!);
        continue;
      }
      const high = this.#rangeEnd(low);
      for (let code = low; code <= high; code += 1) {
        for (const [each, member] of setOf([code], ignoresCase).entries()) if (member === 1) set[each] = 1;
      }
    }
    this.at += 1;
    return isNegative ? complement(set) : set;
  }

  #rangeEnd(low: number): number {
    if (this.next !== '-' || this.source[this.at + 1] === ']') return low;
    const before = this.at;
    this.at += 1;
    const high = this.at < this.source.length ? this.#classItem() : low;
    if (typeof high !== 'number') {
      // `[a-\d]`: the minus is itself.
      this.at = before;
      return low;
    }
    if (high < low) throw new PatternError('a range that ends before it begins');
    return high;
  }

  /** One byte, or a set such as `\d` or `[:alpha:]`. */
  #classItem(): number | ByteSet {
    const posix = this.match(/\[:(\^?)([a-z]+):\]/y);
    if (posix) {
      const set = CharacterClasses.posix[posix[2]!];
      if (set === undefined) throw new PatternError(`unknown class [:${posix[2]}:]`);
      return posix[1] === '^' ? complement(set) : set;
    }
    const character = this.next!;
    this.at += 1;
    if (character !== '\\') return character.charCodeAt(0);
    const letter = this.next ?? '';
    if (letter === 'b') {
      this.at += 1;
      return 8;
    }
    const set = CharacterClasses.byLetter[letter];
    if (set === undefined || letter === 'N') return this.escapedByte();
    this.at += 1;
    return set;
  }

  take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.source);
    if (found) this.at = sticky.lastIndex;
    return found;
  }
}

function byte(code: number): number {
  if (code > 255) throw new PatternError('a character beyond 255');
  return code;
}
