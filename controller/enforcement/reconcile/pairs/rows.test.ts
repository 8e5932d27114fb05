import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowBuckets, RowLists, Rows } from './rows.ts';

const VALUE = 0;
const HASH = 1;
const NAME = 2;

it('rows are found by their hash, and in the order in which they were put into a list, until they are taken out', () => {
  // Few hashes, of which some share a bucket only while there are few.
  const hash = fc.constantFrom(0, 1, -1, 0x40000000, 0x40000001, -0x80000000);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), value: fc.nat(2), hash }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), index: fc.nat() }) },
  );
  const property = fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
    const rows = new Rows(6);
    const lists = new RowLists(rows, 3);
    const buckets = new RowBuckets(rows, 5, (ints, row) => ints[row + HASH]!);
    const model: { row: number; value: number; hash: number; name: number }[] = [];
    for (const [name, each] of steps.entries()) {
      if (each.do === 'add') {
        const row = rows.take();
        rows.ints.set([each.value, each.hash, name], row);
        lists.add(each.value, row);
        buckets.add(row);
        model.push({ row, value: each.value, hash: each.hash, name });
      } else if (model.length > 0) {
        const [gone] = model.splice(each.index % model.length, 1);
        lists.delete(gone!.value, gone!.row);
        buckets.delete(gone!.row);
        rows.giveBack(gone!.row);
      }
      expect(buckets.size).toBe(model.length);
    }
    for (let value = 0; value <= 2; value++) {
      const wanted = model.filter((each) => each.value === value);
      expect(lists.of(value)).toEqual(wanted.map(({ row }) => row));
      expect(lists.of(value).map((row) => rows.ints[row + NAME])).toEqual(wanted.map(({ name }) => name));
      expect(lists.first(value)).toBe(wanted[0]?.row ?? -1);
    }
    for (const { row, hash: wanted } of model) {
      const found: number[] = [];
      for (let each = buckets.first(wanted); each !== -1; each = buckets.next(each)) found.push(each);
      expect(found).toContain(row);
      expect(rows.ints[row + VALUE]).toBeDefined();
    }
  });
  fc.assert(property, { numRuns: 200 });
});
