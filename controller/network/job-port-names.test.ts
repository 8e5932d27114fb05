import { expect, it } from 'vitest';
import { JobPortNames } from './job-port-names.ts';

it('tells of each change once, and of nothing that was written down already', () => {
  const told: string[] = [];
  const names = new JobPortNames((dpid, portName, isJobPort) => told.push(`${dpid} ${portName} ${isJobPort}`));
  names.restore(1n, 'a');
  names.set(1n, 'a', true);
  names.set(1n, 'b', true);
  names.set(1n, 'b', true);
  names.set(2n, 'a', false);
  expect(told.splice(0)).toEqual(['1 b true']);
  names.set(2n, 'c', true);
  names.keepOnly(1n, new Set(['b', 'd']));
  expect(told.splice(0)).toEqual(['2 c true', '1 a false']);
  expect([[...names.of(1n)], [...names.of(2n)], [...names.of(3n)]]).toEqual([['b'], ['c'], []]);
  names.forget(2n);
  expect([...names.of(2n)]).toEqual([]);
  expect(told).toEqual([]);
});
