// The rules that a switch had when Lark asked it, to be held against those that it should have: what is right stays
// untouched and keeps its counters. Rules without Lark's cookie are somebody else's.

import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import type { WireVersion } from '../../southbound/negotiation.ts';
import { describeRule } from '../../southbound/rule-messages.ts';
import { isDecided, isLarks, kindOf } from '../cookie.ts';

export class FoundRules {
  /** Those of others, but for the switch's own default. */
  readonly foreign: readonly SwitchRule[];
  /** Lark's that were decided for packets: by whom and on what nobody knows any more. */
  readonly decided: readonly SwitchRule[];
  /** True where the switch has forwarded by itself, as Open vSwitch does in fail mode standalone. */
  readonly hadDefault: boolean;
  readonly #version: WireVersion;
  /** Lark's others, by table, priority and match; but for those that hold a port, which leave by themselves. */
  readonly #own = new Map<string, SwitchRule>();

  constructor(version: WireVersion, rules: readonly SwitchRule[]) {
    this.#version = version;
    const others = rules.filter(({ cookie }) => !isLarks(cookie));
    this.foreign = others.filter((rule) => !isSwitchDefault(rule));
    this.hadDefault = others.length > this.foreign.length;
    this.decided = rules.filter(({ cookie }) => isDecided(cookie));
    for (const rule of rules) if (isReconciled(rule.cookie)) this.#own.set(keyOf(rule), rule);
  }

  /** This very rule as the switch has it, if it does. It is spoken for then, and no longer left over. */
  claim(rule: FlowRule): SwitchRule | undefined {
    if (this.#own.size === 0) return undefined;
    const described = describeRule(this.#version, rule);
    const key = keyOf({ table: rule.table ?? 0, priority: rule.priority, match: described.match });
    const found = this.#own.get(key);
    if (
      found === undefined ||
      found.actions !== described.actions ||
      found.cookie !== rule.cookie ||
      found.idleTimeoutSec !== rule.idleTimeoutSec ||
      found.hardTimeoutSec !== rule.hardTimeoutSec
    ) {
      return undefined;
    }
    this.#own.delete(key);
    return found;
  }

  /** Lark's rules that nobody spoke for. Those that are about to be replaced by `added` are not among them. */
  leftOver(added: Iterable<FlowRule>): SwitchRule[] {
    if (this.#own.size === 0) return [];
    const replaced = new Set<string>();
    for (const rule of added) {
      const { match } = describeRule(this.#version, rule);
      replaced.add(keyOf({ table: rule.table ?? 0, priority: rule.priority, match }));
    }
    return [...this.#own].flatMap(([key, rule]) => (replaced.has(key) ? [] : [rule]));
  }
}

function isReconciled(cookie: bigint): boolean {
  return isLarks(cookie) && !isDecided(cookie) && kindOf(cookie) !== 'storm';
}

/** What a switch tells its rules apart by: it has one of each table, priority and match. */
export function keyOf({ table, priority, match }: Pick<SwitchRule, 'table' | 'priority' | 'match'>): string {
  return `${table} ${priority} ${match}`;
}

/** What Open vSwitch puts there when it has no controller and its fail mode is standalone: nobody's rule but its own. */
function isSwitchDefault({ table, priority, match, actions, cookie }: SwitchRule): boolean {
  return table === 0 && priority === 0 && match === '' && actions === 'NORMAL' && cookie === 0n;
}
