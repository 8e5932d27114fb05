// Numbers as C prints and reads them: `%.15E` for new syntax, `%.16G` for old, and what strtod and strtoll take from the
// beginning of a string.

const LEADING_REAL = /^[ \t\n\v\f\r]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)/;
const LEADING_NAMED = /^[ \t\n\v\f\r]*([+-]?)(infinity|inf|nan)/i;
const LEADING_HEX = /^[ \t\n\v\f\r]*([+-]?)0[xX]([0-9a-fA-F]+)/;

/** C's `%.15E`: `1.500000000000000E+00`. Finite numbers only. */
export function formatExponential(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa, exponent] = sixteenDigits(Math.abs(value));
  return `${sign}${mantissa}E${paddedExponent(exponent)}`;
}

/** C's `%.16G`: the shorter of fixed and exponential with 16 significant digits, trailing zeros off. Finite only. */
export function formatGeneral(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === 0) return `${sign}0`;
  const [mantissa, exponent] = sixteenDigits(magnitude);
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${sign}${withoutTrailingZeros(mantissa)}E${paddedExponent(exponent)}`;
  const digits = mantissa.replace('.', '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${withoutTrailingZeros(`.${digits}`).slice(1)}`;
  return sign + withoutTrailingZeros(`${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`);
}

/** Of a number with a point in it. */
function withoutTrailingZeros(digits: string): string {
  return digits.replace(/\.?0*$/, '');
}

/** Sixteen significant digits and the exponent. JavaScript rounds ties away from zero, C to the even digit. */
function sixteenDigits(magnitude: number): [mantissa: string, exponent: string] {
  const [rounded = '', exponent = '+0'] = magnitude.toExponential(15).split('e');
  if (!/[13579]$/.test(rounded) || !/50+e/.test(magnitude.toExponential(20))) return [rounded, exponent];
  const [exact = ''] = magnitude.toExponential(100).split('e');
  // An exact tie went up to an odd digit: the even one is what stands before the tie's 5.
  return /^.{17}50*$/.test(exact) ? [exact.slice(0, 17), exponent] : [rounded, exponent];
}

function paddedExponent(exponent: string): string {
  return exponent[0] + exponent.slice(1).padStart(2, '0');
}

/** What C's strtod reads at the beginning of `text`, and how many characters; `undefined` if no number stands there. */
export function leadingReal(text: string): { value: number; length: number } | undefined {
  const hex = LEADING_HEX.exec(text);
  if (hex) return { value: (hex[1] === '-' ? -1 : 1) * Number(`0x${hex[2]}`), length: hex[0].length };
  const match = LEADING_REAL.exec(text);
  if (match) return { value: Number(match[1]), length: match[0].length };
  const named = LEADING_NAMED.exec(text);
  if (!named) return undefined;
  const magnitude = /^n/i.test(named[2]!) ? Number.NaN : Number.POSITIVE_INFINITY;
  return { value: named[1] === '-' ? -magnitude : magnitude, length: named[0].length };
}

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Clamps to 64 bits, as strtoll does. */
export function clampInteger(value: bigint): bigint {
  return value > MAX ? MAX : value < MIN ? MIN : value;
}

/** Wraps to 64 bits, as C's arithmetic does. */
export function wrapInteger(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** C's conversion of a double to a 64-bit integer: towards zero; what does not fit becomes the least integer. */
export function truncateToInteger(value: number): bigint {
  if (!(value >= -(2 ** 63) && value < 2 ** 63)) return MIN;
  return BigInt(Math.trunc(value));
}
