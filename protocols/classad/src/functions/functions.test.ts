// Every built-in function on every kind of value, with those at the ends of their ranges: a value comes back, whatever
// they are. What the values are is held by the cases of HTCondor's own library.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { parseExpression } from '../parser.ts';
import { unparse } from '../unparse.ts';
import { builtIns } from './index.ts';

const EXTREMES = [
  'undefined',
  'error',
  'true',
  '0',
  '-1',
  '9223372036854775807',
  '-9223372036854775807 - 1',
  '17090909092100096',
  '1e300',
  '-1e-300',
  'real("NaN")',
  'real("INF")',
  'real("-INF")',
  '""',
  '"a,b;c"',
  '"%Y %s %c %Q"',
  '"[a-z]+(b|c)*$"',
  '"slot1@host.example"',
  'absTime(0)',
  'absTime(1e300)',
  'absTime(real("NaN"))',
  'absTime("2024-02-29T13:00:00+01:00")',
  'relTime(-1.5)',
  'relTime(real("INF"))',
  'relTime("1+02:03:04")',
  '{}',
  '{ 1, "a", { 2 }, undefined }',
  '[]',
  '[ a = 1; b = a; c = self ]',
  'x',
];
const now = () => 1_700_000_000;
const argumentLists = fc.array(fc.constantFrom(...EXTREMES), { maxLength: 4 });

describe.each([...builtIns.keys()])('%s()', (name) => {
  it('gives a value that can be printed for any arguments', () => {
    fc.assert(
      fc.property(argumentLists, (args) => {
        // In parentheses, since absTime("a") with its text right there is a literal, refused where it is no time.
        const call = parseExpression(`${name}(${args.map((arg) => `(${arg})`).join(', ')})`);
        const limits = { steps: 50_000 };
        for (const semantics of ['old', 'new'] as const) {
          expect(typeof unparse(evaluate(call, { semantics, now, random: () => 0.5, limits }), 'new')).toBe('string');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the parts of a time that is none', () => {
  it.each([
    'splitTime(17090909092100096)',
    'getYear(absTime(1e300))',
    'getDays(relTime(real("NaN")))',
    'splitTime(relTime(real("INF")))',
  ])('%s is an error', (text) => {
    expect(unparse(evaluate(parseExpression(text)), 'old')).toBe('error');
  });
});
