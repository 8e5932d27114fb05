import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteStrings, holds } from '../testing/generators.ts';
import { bytesToText, lower, toBytes, trim, upper } from './bytes.ts';

it('takes any bytes to text and back to the same bytes', () => {
  holds(fc.property(byteStrings, (bytes) => toBytes(bytesToText(bytes)) === bytes));
});

it('takes any text to its UTF-8 bytes', () => {
  expect(toBytes('é')).toBe('\xc3\xa9');
  expect(toBytes('𝄞')).toBe('\xf0\x9d\x84\x9e');
  holds(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '€', '𝄞', '\0') }),
      (text) => bytesToText(toBytes(text)) === text,
    ),
  );
});

it('keeps bytes apart that are not UTF-8', () => {
  expect(bytesToText('\xff')).not.toBe(bytesToText('\xfe'));
});

it('folds and trims ASCII only: half of a letter is neither a capital nor a blank', () => {
  expect(lower('ÀB')).toBe('Àb');
  expect(upper('àb')).toBe('àB');
  expect(trim(` \t${toBytes('voilà')}\n`)).toBe(toBytes('voilà'));
});
