// The rules that were decided for single packets, each with the packet that it was decided for. After a change that may
// concern any of them, such as a reload of the policy file, each is decided anew: a rule stays, and keeps its counters,
// if its packet would get the same rule now. By soundness one packet of a rule speaks for all of them.
//
// What is noted here may have left the switch by its time-out: deleting it again does no harm. Bounded: what is beyond is
// not noted, and then all decided rules are taken for stale.

import type { Frame } from '../../protocols/packet/frame.ts';
import { coveredBy, type FlowRule, matchKey, ruleKey, sameInstructions } from '../southbound/flow-rule.ts';
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
    this.#rules.set(key, { rule, frame: { ...frame, bytes: NO_BYTES }, inPort });
  }

  /** Those that this delete has taken from the switch. */
  forget({ match, outPort }: Pick<DeleteFilter, 'match' | 'outPort'>): void {
    const isAll = Object.keys(match).length === 0 && outPort === undefined;
    if (isAll) {
      this.#rules.clear();
      this.#isComplete = true;
      return;
    }
    for (const [key, { rule }] of this.#rules) {
      const leaves = outPort === undefined || rule.outputs.some(({ port }) => port === outPort);
      if (leaves && coveredBy(rule.match, match)) this.#rules.delete(key);
    }
  }

  forgetRule(rule: Pick<FlowRule, 'table' | 'priority' | 'match'>): void {
    this.#rules.delete(ruleKey(rule));
  }

  /** Those that would not be made now; `all` where some are not noted here, so that every decided rule has to go. */
  stale(view: ForwardingView): readonly FlowRule[] | 'all' {
    if (!this.#isComplete) return 'all';
    return [...this.#rules.values()].filter((decided) => !isStillRight(view, decided)).map(({ rule }) => rule);
  }
}

function isStillRight(view: ForwardingView, { rule, frame, inPort }: Decided): boolean {
  const fate = decide(view, frame, inPort);
  return (
    fate.match !== undefined &&
    matchKey(fate.match) === matchKey(rule.match) &&
    sameInstructions({ ...rule, outputs: fate.outputs }, rule)
  );
}
