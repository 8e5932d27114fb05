// Turns a pattern's tree into a flat program for the matcher. Counted repeats are written out, within a limit, and a loop whose
// body can match nothing gets a check that it moves on, so every loop of the matcher ends.

import type { ByteSet } from './byte-sets.ts';
import { type Assertion, type Mode, type Node, type ParsedPattern, PatternError } from './tree.ts';

export type Instruction =
  | { readonly op: 'set'; readonly set: ByteSet }
  /** Go on at `first`, and at `second` if that fails. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  /** Remember the position in a slot. */
  | { readonly op: 'save'; readonly slot: number }
  /** Go to `to` if the position is still that of the slot. */
  | { readonly op: 'unmoved'; readonly slot: number; to: number }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { readonly op: 'back'; readonly group: number; readonly ignoresCase: boolean }
  /** Runs what follows up to `accept` on its own and goes on at `to`. `behind`: the lengths to step back first. */
  | {
      readonly op: 'sub';
      readonly use: 'atomic' | 'look' | 'negative';
      readonly behind: readonly number[] | null;
      to: number;
    }
  | { readonly op: 'accept' };

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Two for each group, the first two for the whole match, then those of loops. */
  readonly slotCount: number;
  readonly groupCount: number;
}

const MAX_INSTRUCTIONS = 10_000;

/** Throws `PatternError`. */
export function compile(pattern: ParsedPattern): Program {
  const compiler = new Compiler(pattern);
  return compiler.compile();
}

class Compiler {
  readonly #pattern: ParsedPattern;
  readonly #out: Instruction[] = [];
  #slots: number;

  constructor(pattern: ParsedPattern) {
    this.#pattern = pattern;
    this.#slots = 2 * (pattern.groupCount + 1);
  }

  compile(): Program {
    this.#emitNode(this.#pattern.root);
    this.#emit({ op: 'accept' });
    return { instructions: this.#out, slotCount: this.#slots, groupCount: this.#pattern.groupCount };
  }

  #emit<I extends Instruction>(instruction: I): I {
    if (this.#out.length >= MAX_INSTRUCTIONS) throw new PatternError('the pattern is too large');
    this.#out.push(instruction);
    return instruction;
  }

  #here(): number {
    return this.#out.length;
  }

  #emitNode(node: Node): void {
    switch (node.kind) {
      case 'set':
        this.#emit({ op: 'set', set: node.set });
        break;
      case 'sequence':
        for (const item of node.items) this.#emitNode(item);
        break;
      case 'choice':
        this.#emitChoice(node.options);
        break;
      case 'repeat':
        this.#emitRepeat(node.item, node.least, node.most, node.mode);
        break;
      case 'group':
        this.#emit({ op: 'save', slot: 2 * node.index });
        this.#emitNode(node.item);
        this.#emit({ op: 'save', slot: 2 * node.index + 1 });
        break;
      case 'atomic':
        this.#emitSub('atomic', null, node.item);
        break;
      case 'look':
        this.#emitSub(node.isNegative ? 'negative' : 'look', node.isAhead ? null : lengthsOf(node.item), node.item);
        break;
      case 'backReference':
        this.#emit({ op: 'back', group: this.#groupOf(node.target), ignoresCase: node.ignoresCase });
        break;
      case 'assertion':
        if (node.assertion === 'matchStart') this.#emit({ op: 'save', slot: 0 });
        else this.#emit({ op: 'assert', assertion: node.assertion });
    }
  }

  #groupOf(target: number | string): number {
    const group = typeof target === 'number' ? target : (this.#pattern.names.get(target) ?? 0);
    if (group < 1 || group > this.#pattern.groupCount) throw new PatternError(`there is no group ${target}`);
    return group;
  }

  #emitChoice(options: readonly Node[]): void {
    const exits: { to: number }[] = [];
    for (const [index, option] of options.entries()) {
      const isLast = index === options.length - 1;
      const split = isLast ? null : this.#emit({ op: 'split', first: this.#here() + 1, second: 0 });
      this.#emitNode(option);
      if (split === null) continue;
      exits.push(this.#emit({ op: 'jump', to: 0 }));
      split.second = this.#here();
    }
    for (const exit of exits) exit.to = this.#here();
  }

  #emitSub(use: 'atomic' | 'look' | 'negative', behind: readonly number[] | null, item: Node): void {
    const sub = this.#emit({ op: 'sub', use, behind, to: 0 });
    this.#emitNode(item);
    this.#emit({ op: 'accept' });
    sub.to = this.#here();
  }

  #emitRepeat(item: Node, least: number, most: number, mode: Mode): void {
    if (mode === 'possessive') {
      this.#emitSub('atomic', null, { kind: 'repeat', item, least, most, mode: 'greedy' });
      return;
    }
    for (let i = 0; i < least; i += 1) this.#emitNode(item);
    if (most === Number.POSITIVE_INFINITY) {
      this.#emitLoop(item, mode);
      return;
    }
    const splits: Instruction[] = [];
    for (let i = least; i < most; i += 1) {
      splits.push(this.#emitSplit(mode));
      this.#emitNode(item);
    }
    for (const split of splits) leaveTo(split, mode, this.#here());
  }

  #emitLoop(item: Node, mode: 'greedy' | 'lazy'): void {
    const start = this.#here();
    const split = this.#emitSplit(mode);
    if (canBeEmpty(item)) {
      const slot = this.#slots;
      this.#slots += 1;
      this.#emit({ op: 'save', slot });
      this.#emitNode(item);
      const check = this.#emit({ op: 'unmoved', slot, to: 0 });
      this.#emit({ op: 'jump', to: start });
      check.to = this.#here();
    } else {
      this.#emitNode(item);
      this.#emit({ op: 'jump', to: start });
    }
    leaveTo(split, mode, this.#here());
  }

  /** A fork of which one way leads on here; the other is set by `leaveTo`. */
  #emitSplit(mode: Mode): Instruction {
    const body = this.#here() + 1;
    return this.#emit({ op: 'split', first: mode === 'lazy' ? 0 : body, second: mode === 'lazy' ? body : 0 });
  }
}

function leaveTo(split: Instruction, mode: Mode, to: number): void {
  if (split.op !== 'split') return;
  if (mode === 'lazy') split.first = to;
  else split.second = to;
}

function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'sequence':
      return node.items.every(canBeEmpty);
    case 'choice':
      return node.options.some(canBeEmpty);
    case 'repeat':
      return node.least === 0 || canBeEmpty(node.item);
    case 'group':
    case 'atomic':
      return canBeEmpty(node.item);
    default:
      return true;
  }
}

/** The lengths that a lookbehind can have: each of its alternatives must have one. */
function lengthsOf(node: Node): number[] {
  const options = node.kind === 'choice' ? node.options : [node];
  return [...new Set(options.map(fixedLength))];
}

function fixedLength(node: Node): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'sequence':
      return node.items.reduce((total, item) => total + fixedLength(item), 0);
    case 'choice': {
      const lengths = new Set(node.options.map(fixedLength));
      if (lengths.size === 1) return [...lengths][0]!;
      break;
    }
    case 'repeat':
      if (node.least === node.most) return node.least * fixedLength(node.item);
      break;
    case 'group':
    case 'atomic':
      return fixedLength(node.item);
    case 'look':
    case 'assertion':
      return 0;
    case 'backReference':
      break;
  }
  throw new PatternError('a lookbehind without a fixed length');
}
