import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampleJob } from '../jobs/testing/sample-job.ts';
import { JobTable } from './job-table.ts';

it('has every job at its port and at its switch, whatever comes, moves and goes', () => {
  const jobs = Array.from({ length: 6 }, (_, i) => sampleJob({ id: `j${i}`, addresses: [`10.1.0.${i}`] }));
  const location = fc.record({ dpid: fc.bigInt(1n, 2n), portNo: fc.integer({ min: 1, max: 2 }) });
  const step = fc.oneof(
    fc.record({ add: fc.nat(5), at: fc.option(location, { nil: undefined }) }),
    fc.record({ remove: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new JobTable();
      const model = new Map<number, { readonly dpid: bigint; readonly portNo: number } | undefined>();
      for (const each of steps) {
        if ('add' in each) {
          table.add(jobs[each.add]!, each.at);
          model.set(each.add, each.at);
        } else {
          table.remove(jobs[each.remove]!);
          model.delete(each.remove);
        }
        for (const dpid of [1n, 2n]) {
          const there = [...model].filter(([, at]) => at?.dpid === dpid);
          const names = (some: typeof there) => some.map(([i]) => `j${i}`).toSorted();
          const named = (placed: Iterable<{ readonly job: (typeof jobs)[number] }>) =>
            Array.from(placed, ({ job }) => job.registration.globalJobId).toSorted();
          expect(named(table.ofSwitch(dpid))).toEqual(names(there));
          for (const portNo of [1, 2]) {
            const at = there.filter(([, place]) => place?.portNo === portNo);
            expect([named(table.at(dpid, portNo)), table.at(dpid, portNo).size]).toEqual([names(at), at.length]);
          }
        }
        expect(table.size).toBe(model.size);
      }
    }),
  );
});
