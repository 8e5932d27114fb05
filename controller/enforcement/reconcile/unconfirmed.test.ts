import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Unconfirmed } from './unconfirmed.ts';

it('has what a Map would have, whatever is added and forgotten', () => {
  const steps = fc.array(fc.oneof(fc.nat(80), fc.integer({ min: -100, max: -1 })), { maxLength: 20 });
  fc.assert(
    fc.property(steps, fc.nat(2 ** 32 - 2000), (counts, first) => {
      const unconfirmed = new Unconfirmed<string>();
      const model = new Map<number, string>();
      let xid = first;
      for (const count of counts) {
        for (let i = 0; i < count; i++) {
          xid++;
          unconfirmed.add(xid, `${xid}`);
          model.set(xid, `${xid}`);
        }
        for (let i = 0; i > count; i--) {
          unconfirmed.forgetFirst();
          for (const oldest of model.keys()) {
            model.delete(oldest);
            break;
          }
        }
        expect(unconfirmed.size).toBe(model.size);
        for (let asked = first; asked <= xid + 1; asked++) expect(unconfirmed.get(asked)).toBe(model.get(asked));
      }
    }),
  );
});
