import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { holds } from '../testing/generators.ts';
import { formatExponential, formatGeneral, leadingReal, truncateToInteger } from './numbers.ts';

it.each<[number, string, string]>([
  [0.1, '0.1', '1.000000000000000E-01'],
  [0.1 + 0.2, '0.3', '3.000000000000000E-01'],
  [100, '100', '1.000000000000000E+02'],
  [1e15, '1000000000000000', '1.000000000000000E+15'],
  [1e16, '1E+16', '1.000000000000000E+16'],
  [-1.5e-5, '-1.5E-05', '-1.500000000000000E-05'],
  [0.0001, '0.0001', '1.000000000000000E-04'],
  [5e-324, '4.940656458412465E-324', '4.940656458412465E-324'],
  // A tie at the sixteenth digit goes to the even one, as in C.
  [1234567890123456.5, '1234567890123456', '1.234567890123456E+15'],
  [1234567890123457.5, '1234567890123458', '1.234567890123458E+15'],
])('prints %d as C does', (value, general, exponential) => {
  expect(formatGeneral(value)).toBe(general);
  expect(formatExponential(value)).toBe(exponential);
});

it('prints numbers that differ by no more than a rounding to sixteen digits', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
  holds(
    fc.property(finite, (value) => {
      for (const text of [formatGeneral(value), formatExponential(value)]) {
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 6e-16);
      }
    }),
  );
});

it('reads the number at the beginning of a string, as strtod does', () => {
  expect(leadingReal(' 12abc')).toEqual({ value: 12, length: 3 });
  expect(leadingReal('-.5e1x')).toEqual({ value: -5, length: 5 });
  expect(leadingReal('0x10')).toEqual({ value: 16, length: 4 });
  expect(leadingReal('-infinity')).toEqual({ value: Number.NEGATIVE_INFINITY, length: 9 });
  expect(leadingReal('abc')).toBeUndefined();
});

it('cuts reals off as C does, what does not fit included', () => {
  expect(truncateToInteger(-1.9)).toBe(-1n);
  expect(truncateToInteger(1e20)).toBe(-(2n ** 63n));
  expect(truncateToInteger(Number.NaN)).toBe(-(2n ** 63n));
});
