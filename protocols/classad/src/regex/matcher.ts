// Runs a pattern's program over bytes, by backtracking, as PCRE2 does, so that it finds the same match. The stack is a list of its
// own, not the engine's, and each step counts against a budget: a pattern that explodes ends with `MatchLimit`, it cannot
// hang or overflow.

import { CharacterClasses } from './byte-sets.ts';
import type { Program } from './program.ts';
import type { Assertion } from './tree.ts';

/** The budget of steps was used up. */
export class MatchLimit extends Error {}

const FAILED = -1;

/** One search of one program in one text. */
export class Matcher {
  readonly #program: Program;
  readonly #text: string;
  readonly #searchStart: number;
  readonly #slots: Int32Array;
  /** Triples: a place to go back to (program counter, position, -1), or a slot's former value (value, 0, slot). */
  readonly #stack: number[] = [];
  #stepsLeft: number;

  constructor(program: Program, text: string, searchStart: number, steps: number) {
    this.#program = program;
    this.#text = text;
    this.#searchStart = searchStart;
    this.#stepsLeft = steps;
    this.#slots = new Int32Array(program.slotCount);
  }

  get stepsLeft(): number {
    return this.#stepsLeft;
  }

  /** The slots (start and end of the match and of each group, -1 where it took no part), or null. Throws `MatchLimit`. */
  search(): Int32Array | null {
    for (let start = this.#searchStart; start <= this.#text.length; start += 1) {
      this.#slots.fill(FAILED);
      this.#slots[0] = start;
      this.#stack.length = 0;
      const end = this.#run(0, start);
      if (end !== FAILED) {
        this.#slots[1] = end;
        return this.#slots;
      }
    }
    return null;
  }

  /** Runs from `from` to an `accept`; answers the position there, or FAILED with all slots as they were. */
  #run(from: number, start: number): number {
    const { instructions } = this.#program;
    const text = this.#text;
    const base = this.#stack.length;
    let counter = from;
    let at = start;
    for (;;) {
      if (--this.#stepsLeft < 0) throw new MatchLimit();
      const instruction = instructions[counter]!;
      let isMet = true;
      counter += 1;
      switch (instruction.op) {
        case 'set':
          isMet = at < text.length && instruction.set[text.charCodeAt(at)] === 1;
          at += 1;
          break;
        case 'split':
          this.#stack.push(instruction.second, at, FAILED);
          counter = instruction.first;
          break;
        case 'jump':
          counter = instruction.to;
          break;
        case 'save':
          this.#stack.push(this.#slots[instruction.slot]!, 0, instruction.slot);
          this.#slots[instruction.slot] = at;
          break;
        case 'unmoved':
          if (this.#slots[instruction.slot] === at) counter = instruction.to;
          break;
        case 'assert':
          isMet = this.#holds(instruction.assertion, at);
          break;
        case 'back': {
          const length = this.#repeatedLength(instruction.group, instruction.ignoresCase, at);
          isMet = length !== FAILED;
          at += length;
          break;
        }
        case 'sub': {
          const end = this.#sub(counter, at, instruction.use, instruction.behind);
          isMet = end !== FAILED;
          at = end;
          counter = instruction.to;
          break;
        }
        case 'accept':
          return at;
      }
      if (isMet) continue;
      counter = this.#backtrack(base);
      if (counter === FAILED) return FAILED;
      at = this.#resumeAt;
    }
  }

  #resumeAt = 0;

  /** Undoes down to the last choice above `base`; answers where to go on, or FAILED if there is none. */
  #backtrack(base: number): number {
    const stack = this.#stack;
    while (stack.length > base) {
      const slot = stack.pop()!;
      const position = stack.pop()!;
      const value = stack.pop()!;
      if (slot === FAILED) {
        this.#resumeAt = position;
        return value;
      }
      this.#slots[slot] = value;
    }
    return FAILED;
  }

  /** A group run on its own: once it has matched, there is no way back into it. */
  #sub(from: number, at: number, use: 'atomic' | 'look' | 'negative', behind: readonly number[] | null): number {
    const base = this.#stack.length;
    let end = FAILED;
    for (const length of behind ?? [0]) {
      if (length > at) continue;
      end = this.#run(from, at - length);
      // A lookbehind has to end here.
      if (behind !== null && end !== FAILED && end !== at) {
        this.#undo(base);
        end = FAILED;
      }
      if (end !== FAILED) break;
    }
    if (use === 'negative') {
      this.#undo(base);
      return end === FAILED ? at : FAILED;
    }
    if (end === FAILED) return FAILED;
    this.#forgetChoices(base);
    return use === 'atomic' ? end : at;
  }

  #undo(base: number): void {
    while (this.#backtrack(base) !== FAILED);
  }

  /** Drops the choices above `base` but keeps what is needed to restore slots. */
  #forgetChoices(base: number): void {
    const stack = this.#stack;
    let kept = base;
    for (let i = base; i < stack.length; i += 3) {
      if (stack[i + 2] === FAILED) continue;
      stack[kept] = stack[i]!;
      stack[kept + 1] = stack[i + 1]!;
      stack[kept + 2] = stack[i + 2]!;
      kept += 3;
    }
    stack.length = kept;
  }

  /** The length of a group's text if it stands here again; a group that took no part never does. */
  #repeatedLength(group: number, ignoresCase: boolean, at: number): number {
    const start = this.#slots[2 * group]!;
    const end = this.#slots[2 * group + 1]!;
    if (start === FAILED || end === FAILED) return FAILED;
    this.#stepsLeft -= (end - start) >> 3;
    const wanted = this.#text.slice(start, end);
    const found = this.#text.slice(at, at + wanted.length);
    if (wanted === found) return wanted.length;
    return ignoresCase && foldAscii(wanted) === foldAscii(found) ? wanted.length : FAILED;
  }

  #holds(assertion: Assertion, at: number): boolean {
    const text = this.#text;
    switch (assertion) {
      case 'textStart':
        return at === 0;
      case 'searchStart':
        return at === this.#searchStart;
      case 'textEnd':
        return at === text.length;
      case 'textEndOrNewline':
        return at === text.length || (at === text.length - 1 && text[at] === '\n');
      case 'lineStart':
        return at === 0 || (at < text.length && text[at - 1] === '\n');
      case 'lineEnd':
        return at === text.length || text[at] === '\n';
      case 'wordBoundary':
        return this.#isWord(at - 1) !== this.#isWord(at);
      case 'noWordBoundary':
        return this.#isWord(at - 1) === this.#isWord(at);
      case 'matchStart':
        return true;
    }
  }

  #isWord(at: number): boolean {
    return at >= 0 && at < this.#text.length && CharacterClasses.word[this.#text.charCodeAt(at)] === 1;
  }
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}
