import { expect, test } from 'vitest';
import { formatPrefix } from '../../protocols/packet/address.ts';
import { readPrefix } from './prefixes.ts';

function read(input: unknown): string {
  const reading = readPrefix(input);
  return 'value' in reading ? formatPrefix(reading.value) : reading.problem;
}

test('networks and single addresses of both versions are prefixes', () => {
  expect(['10.0.0.0/8', '0.0.0.0/0', '192.0.2.10', '2001:db8::/32', '2001:db8::1'].map(read)).toEqual([
    '10.0.0.0/8',
    '0.0.0.0/0',
    '192.0.2.10/32',
    '2001:db8::/32',
    '2001:db8::1/128',
  ]);
});

test('host bits that are set are refused with both things that may have been meant', () => {
  expect(read('10.1.0.7/24')).toBe(
    '"10.1.0.7/24" has host bits set: write 10.1.0.0/24 for the whole network, or 10.1.0.7 for that one address',
  );
  expect(read('2001:db8::1/64')).toContain('write 2001:db8::/64 for the whole network');
});

test.each([
  ['10.0.0.0/33', 'a length from 0 to 32'],
  ['2001:db8::/129', 'a length from 0 to 128'],
  ['10.0.0.0/', 'a length from 0 to 32'],
  ['10.0.0.0/8/9', 'is no prefix'],
  ['10.0.0', 'is no prefix'],
  ['010.0.0.1', 'is no prefix'],
  ['example.org', 'is no prefix'],
  ['fe80::1%eth0', 'zone index'],
  [10, 'found the number 10'],
  [null, 'found nothing'],
])('%s is refused with what was expected', (input, words) => {
  expect(read(input)).toContain(words);
});
