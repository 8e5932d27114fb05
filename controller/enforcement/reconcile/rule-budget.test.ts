import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, chooseLeftOut, RuleBudget } from './rule-budget.ts';

describe('a rule budget', () => {
  it('keeps a tenth free, and is nearly full at four fifths', () => {
    const budget = new RuleBudget(() => 100);
    expect(budget.isNearlyFull(new Map([[0, 79]]))).toBe(false);
    expect(
      budget.isNearlyFull(
        new Map([
          [0, 40],
          [1, 40],
        ]),
      ),
    ).toBe(true);
    expect(
      budget.excess(
        new Map([
          [0, 45],
          [1, 45],
        ]),
      ),
    ).toEqual(new Map());
    expect(
      budget.excess(
        new Map([
          [0, 45],
          [1, 50],
        ]),
      ),
    ).toEqual(new Map([['all', 5]]));
  });

  it('has no limit until the file or the switch names one', () => {
    const budget = new RuleBudget(() => undefined);
    expect(budget.isLimited).toBe(false);
    expect(budget.excess(new Map([[0, 1e9]]))).toEqual(new Map());
    budget.onFull(2, 50);
    expect(budget.isLimited).toBe(true);
    expect(
      budget.excess(
        new Map([
          [0, 1e9],
          [2, 50],
        ]),
      ),
    ).toEqual(new Map([[2, 5]]));
    budget.onFull(2, 60);
    expect(budget.share(new Map([[2, 50]]))).toBe(1);
  });

  it('does without the least first, and without no more than it must', () => {
    const group = fc.record({
      rank: fc.nat(2),
      uses: fc.nat(5),
      sizes: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 30 }), fc.nat(40), (groups, over) => {
        const candidates: Candidate[] = groups.map(({ rank, uses, sizes }, index) => ({
          group: String(index),
          rank,
          uses,
          sizes: new Map(sizes),
        }));
        const excess = new Map<number | 'all', number>(over === 0 ? [] : [[1, over]]);
        const chosen = chooseLeftOut(candidates, excess).map((name) => candidates[Number(name)]!);
        const freed = chosen.reduce((sum, { sizes }) => sum + (sizes.get(1) ?? 0), 0);
        const all = candidates.reduce((sum, { sizes }) => sum + (sizes.get(1) ?? 0), 0);
        expect(freed).toBeGreaterThanOrEqual(Math.min(over, all));
        // The last one was still needed.
        if (chosen.length > 0) expect(freed - (chosen.at(-1)!.sizes.get(1) ?? 0)).toBeLessThan(over);
        for (const kept of candidates.filter((each) => !chosen.includes(each) && each.sizes.has(1))) {
          for (const gone of chosen) {
            expect(gone.rank < kept.rank || (gone.rank === kept.rank && gone.uses <= kept.uses)).toBe(true);
          }
        }
      }),
    );
  });
});
