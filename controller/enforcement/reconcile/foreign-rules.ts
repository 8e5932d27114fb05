// Rules on a switch that are not Lark's. They may do as they like in tables of their own; in Lark's tables one that comes
// before a rule of Lark's takes packets away from it, and what happens to those is not for Lark to say: it is reported.

import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import { canBothMatch } from '../../southbound/match-fields.ts';
import type { WireVersion } from '../../southbound/negotiation.ts';
import { describeRule, fieldsOf } from '../../southbound/rule-messages.ts';
import { keyOf } from './found-rules.ts';

export interface ForeignRule {
  readonly rule: SwitchRule;
  /** The most important of Lark's rules that loses packets to it. */
  readonly overlaps: FlowRule;
}

/** Those of `foreign` that can take a packet from one of Lark's rules: same table, a common packet, priority not below. */
export function overlapping(
  version: WireVersion,
  foreign: readonly SwitchRule[],
  larks: Iterable<FlowRule>,
): readonly ForeignRule[] {
  if (foreign.length === 0) return [];
  const own = [...larks]
    .sort((a, b) => b.priority - a.priority)
    .map((rule) => ({ rule, fields: fieldsOf(version, rule) }));
  return foreign.flatMap((rule) => {
    const first = own.find(
      (lark) =>
        (lark.rule.table ?? 0) === rule.table &&
        lark.rule.priority <= rule.priority &&
        canBothMatch(lark.fields, rule.fields),
    );
    return first === undefined ? [] : [{ rule, overlaps: first.rule }];
  });
}

const NONE: ReadonlySet<string> = new Set();

/** The places (table, priority and match) that others hold: adding a rule of Lark's there would overwrite theirs. */
export class TakenPlaces {
  readonly #version: WireVersion;
  readonly #keys: ReadonlySet<string>;

  constructor(version: WireVersion, foreign: readonly SwitchRule[]) {
    this.#version = version;
    this.#keys = foreign.length === 0 ? NONE : new Set(foreign.map(keyOf));
  }

  get isNone(): boolean {
    return this.#keys.size === 0;
  }

  has(rule: FlowRule): boolean {
    if (this.isNone) return false;
    const { match } = describeRule(this.#version, rule);
    return this.#keys.has(keyOf({ table: rule.table ?? 0, priority: rule.priority, match }));
  }
}
