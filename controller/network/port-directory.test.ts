import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PortDirectory } from './port-directory.ts';
import { SwitchState } from './switch-state.ts';

const NAMES = ['eth0', 'eth1', 'veth', '1', '2'];

function switchOf(dpid: bigint): SwitchState {
  const identity = { dpid, version: 4, config: undefined, canMatchArp: true, agesHosts: false } as const;
  return new SwitchState(identity, { now: () => 0 });
}

it('knows the switches that have a port of a name, whatever comes and goes', () => {
  const step = fc.record({
    at: fc.nat(2),
    do: fc.constantFrom('port', 'port', 'port', 'no-port', 'leave'),
    portNo: fc.integer({ min: 1, max: 3 }),
    name: fc.constantFrom(...NAMES),
  });
  const property = fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const states = [1n, 2n, 3n].map(switchOf);
    const directory = new PortDirectory(states);
    const present = new Set(states);
    for (const { at, do: what, portNo, name } of steps) {
      const state = states[at]!;
      if (what === 'leave') {
        directory.remove(state);
        present.delete(state);
        continue;
      }
      if (what === 'port') state.setPorts([{ portNo, name, mac: portNo, isUp: true }]);
      else state.removePort(portNo);
      directory.update(state);
      present.add(state);
      for (const each of [...NAMES, '3', 'none']) {
        const having = [...present].filter((known) => known.portNamed(each) !== undefined);
        expect(new Set(directory.switchesWith(each))).toEqual(new Set(having));
      }
      expect(new Set(directory.switches())).toEqual(present);
    }
  });
  fc.assert(property, { numRuns: 300 });
});
