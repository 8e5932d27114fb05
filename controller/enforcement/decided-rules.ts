// The rules that were decided for single packets, each with the packet that it was decided for. After a change that may
// concern any of them, such as a reload of the policy file, each is decided anew: a rule stays, and keeps its counters,
// if its packet would get the same rule now. By soundness one packet of a rule speaks for all of them.
//
// What is noted here may have left the switch by its time-out: deleting it again does no harm. Bounded: what is beyond is
// not noted, and then all decided rules are taken for stale.

import type { Frame } from '../../protocols/packet/frame.ts';
import {
  coveredBy,
  type FlowMatch,
  type FlowRule,
  hostPrefix,
  matchKey,
  ruleKey,
  sameInstructions,
} from '../southbound/flow-rule.ts';
import type { DeleteFilter } from '../southbound/rule-messages.ts';
import { decide } from './decide.ts';
import type { ForwardingView } from './ends.ts';

const MOST_RULES = 16_384;
const NO_BYTES = new Uint8Array(0);

interface Decided {
  readonly rule: FlowRule;
  readonly frame: Frame;
  readonly inPort: number;
}

export class DecidedRules {
  readonly #rules = new Map<string, Decided>();
  /** The keys of the rules that name a port, MAC or address: what deletes ask for. */
  readonly #named = new Map<string, Set<string>>();
  #isComplete = true;

  get size(): number {
    return this.#rules.size;
  }

  note(rule: FlowRule, frame: Frame, inPort: number): void {
    const key = ruleKey(rule);
    if (this.#rules.size >= MOST_RULES && !this.#rules.has(key)) {
      this.#isComplete = false;
      return;
    }
    this.#drop(key);
    this.#rules.set(key, { rule, frame: { ...frame, bytes: NO_BYTES }, inPort });
    for (const name of namesIn(rule)) {
      const keys = this.#named.get(name);
      if (keys === undefined) this.#named.set(name, new Set([key]));
      else keys.add(key);
    }
  }

  /** Those that this delete has taken from the switch. */
  forget({ match, outPort }: Pick<DeleteFilter, 'match' | 'outPort'>): void {
    const isAll = Object.keys(match).length === 0 && outPort === undefined;
    if (isAll) {
      this.#rules.clear();
      this.#named.clear();
      this.#isComplete = true;
      return;
    }
    const name = outPort === undefined ? namesOf(match)[0] : outputName(outPort);
    const candidates = name === undefined ? this.#rules.keys() : (this.#named.get(name) ?? []);
    for (const key of [...candidates]) {
      const { rule } = this.#rules.get(key)!;
      const leaves = outPort === undefined || rule.outputs.some(({ port }) => port === outPort);
      if (leaves && coveredBy(rule.match, match)) this.#drop(key);
    }
  }

  forgetRule(rule: Pick<FlowRule, 'table' | 'priority' | 'match'>): void {
    this.#drop(ruleKey(rule));
  }

  #drop(key: string): void {
    const decided = this.#rules.get(key);
    if (decided === undefined) return;
    this.#rules.delete(key);
    for (const name of namesIn(decided.rule)) {
      const keys = this.#named.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.#named.delete(name);
    }
  }

  /** Those that would not be made now; `all` where some are not noted here, so that every decided rule has to go. */
  stale(view: ForwardingView): readonly FlowRule[] | 'all' {
    if (!this.#isComplete) return 'all';
    return [...this.#rules.values()].filter((decided) => !isStillRight(view, decided)).map(({ rule }) => rule);
  }
}

/** The fields by which decided rules and the deletes of them name ports, MACs and single addresses. */
const NAMING = ['ethSrc', 'ethDst', 'ipSrc', 'ipDst', 'arpSpa', 'arpTpa', 'inPort'] as const;

/** None for a block of addresses: those that it covers are found by looking at each. */
function namesOf(match: FlowMatch): string[] {
  return NAMING.flatMap((field) => {
    const value = match[field];
    if (value === undefined) return [];
    if (typeof value === 'number') return [`${field}=${value}`];
    return value.length === hostPrefix(value.network).length ? [`${field}=${value.network}`] : [];
  });
}

function namesIn({ match, outputs }: FlowRule): string[] {
  return [...namesOf(match), ...outputs.map(({ port }) => outputName(port))];
}

function outputName(port: number): string {
  return `output=${port}`;
}

function isStillRight(view: ForwardingView, { rule, frame, inPort }: Decided): boolean {
  const fate = decide(view, frame, inPort);
  return (
    fate.match !== undefined &&
    matchKey(fate.match) === matchKey(rule.match) &&
    sameInstructions({ ...rule, outputs: fate.outputs }, rule)
  );
}
