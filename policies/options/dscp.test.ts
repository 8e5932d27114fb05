import { expect, test } from 'vitest';
import { readDscp } from './dscp.ts';

test.each([
  [0, 0],
  [63, 63],
  ['ef', 46],
  ['EF', 46],
  ['cs0', 0],
  ['cs7', 56],
  ['af11', 10],
  ['af43', 38],
  ['le', 1],
  ['va', 44],
])('%s is the DSCP %i', (input, value) => {
  expect(readDscp(input)).toEqual({ value });
});

test.each([-1, 64, 1.5, '46', 'cs8', 'af14', 'af51', '', true, null, [46]])('%j is none', (input) => {
  expect(readDscp(input)).toMatchObject({ problem: expect.stringContaining('expected a DSCP') });
});
