import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SwitchPort, SwitchState } from './switch-state.ts';

function state(onJobPort: (portName: string, isJobPort: boolean) => void): SwitchState {
  const identity = { dpid: 1n, version: 4, config: undefined, canMatchArp: true, agesHosts: false } as const;
  return new SwitchState(identity, { now: () => 0, onJobPort });
}

const port: fc.Arbitrary<SwitchPort> = fc.record({
  portNo: fc.integer({ min: 1, max: 6 }),
  // Some are called as others are numbered.
  name: fc.constantFrom('a', 'b', 'c', '1', '2', '3'),
  mac: fc.constant(0),
  isUp: fc.boolean(),
});

it('finds ports by name and number, and knows and tells jobs’ ports, as if it looked through all of them', () => {
  const step = fc.oneof(
    fc.record({ set: fc.array(port, { minLength: 1, maxLength: 3 }) }),
    fc.record({ remove: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ job: fc.integer({ min: 1, max: 6 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const told = new Set<string>();
      const tested = state((name, isJobPort) => (isJobPort ? told.add(name) : told.delete(name)));
      const ports = new Map<number, SwitchPort>();
      const jobPorts = new Set<number>();
      for (const each of steps) {
        if ('set' in each) {
          tested.setPorts(each.set);
          for (const one of each.set) ports.set(one.portNo, one);
        } else if ('remove' in each) {
          tested.removePort(each.remove);
          ports.delete(each.remove);
          jobPorts.delete(each.remove);
        } else {
          tested.markJobPort(each.job);
          jobPorts.add(each.job);
        }
        for (const name of ['a', 'b', 'c', '1', '2', '3', '6', 'none']) {
          const found = [...ports.values()].find((one) => one.name === name || String(one.portNo) === name);
          expect(tested.portNamed(name)).toEqual(found);
        }
        const named = [...ports.values()].filter(({ portNo }) => jobPorts.has(portNo)).map(({ name }) => name);
        expect(told).toEqual(new Set(named));
        const back = state(() => {});
        back.setPorts([...ports.values()].map((one) => ({ ...one, portNo: 7 - one.portNo })));
        back.inheritJobPorts(told);
        const inherited = [...ports.values()].filter(({ name }) => told.has(name)).map(({ portNo }) => 7 - portNo);
        expect(back.jobPorts).toEqual(new Set(inherited));
        for (let portNo = 1; portNo <= 6; portNo++) {
          const role = !ports.has(portNo) ? undefined : jobPorts.has(portNo) ? 'job' : 'edge';
          expect(tested.roleOf(portNo)).toBe(role);
        }
      }
    }),
  );
});
