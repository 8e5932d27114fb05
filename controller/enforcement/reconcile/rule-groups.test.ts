import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { RuleGroups } from './rule-groups.ts';

const anyRule = fc
  .record({ table: fc.nat(1), inPort: fc.nat(3), port: fc.nat(2) })
  .map(({ table, inPort, port }): FlowRule => {
    const cookie = makeCookie(RuleKind.GATE);
    const outputs = port === 0 ? [] : [{ port }];
    return { table, priority: 1, match: { inPort }, outputs, cookie, idleTimeoutSec: 0, hardTimeoutSec: 0 };
  });
const anySteps = fc.array(fc.record({ group: fc.constantFrom('a', 'b'), wanted: fc.array(anyRule, { maxLength: 6 }) }));

/** What the switch has: one rule for each place in its tables. */
function placed(rules: Iterable<FlowRule>): Map<string, FlowRule['outputs']> {
  return new Map(Array.from(rules, (rule) => [ruleKey(rule), rule.outputs]));
}

it('what is to be sent makes of the rules that a group has those that it should have, and no more than that', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const groups = new RuleGroups();
      const sent = new Map([
        ['a', new Map<string, FlowRule['outputs']>()],
        ['b', new Map<string, FlowRule['outputs']>()],
      ]);
      for (const { group, wanted } of steps) {
        const change = groups.difference(group, wanted);
        const table = sent.get(group)!;
        for (const rule of change.gone) expect(table.delete(ruleKey(rule))).toBe(true);
        for (const rule of change.added) {
          const key = ruleKey(rule);
          expect(change.replaced.get(rule)?.outputs).toEqual(table.get(key));
          expect(table.get(key)).not.toEqual(rule.outputs);
          table.set(key, rule.outputs);
        }
        groups.note(group, change.wanted);
        expect(table).toEqual(placed(wanted));
        const all = [...groups.rules()];
        expect(all.length).toBe(groups.size);
        for (const at of [0, 1]) {
          expect(groups.counts.get(at) ?? 0).toBe(all.filter((rule) => rule.table === at).length);
        }
        for (const rule of change.wanted) expect(groups.groupOf(rule)).toBe(group);
        expect(groups.differences([group], () => wanted)).toEqual([]);
      }
    }),
  );
});

it('finds the group of a rule that was made anew since by its place', () => {
  const groups = new RuleGroups();
  const rule = fc.sample(anyRule, 1)[0]!;
  groups.note('a', [rule]);
  expect(groups.groupOf({ ...rule, outputs: [{ port: 9 }] })).toBe('a');
  expect(groups.groupOf({ ...rule, match: { inPort: 9 } })).toBeUndefined();
});
