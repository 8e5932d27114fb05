import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestName, typingDistance, unknownName } from './nearest-name.ts';

test('a swapped, missing, extra or wrong letter still finds the name', () => {
  const known = ['dpid', 'wan', 'fabric', 'machines'];
  expect(['wna', 'wn', 'wann', 'wam'].map((name) => nearestName(name, known))).toEqual(['wan', 'wan', 'wan', 'wan']);
  expect(nearestName('machnes', known)).toBe('machines');
});

test('another way of writing words together finds the name', () => {
  for (const name of ['echo-interval', 'echo_interval', 'EchoInterval']) {
    expect(nearestName(name, ['listen', 'echoInterval'])).toBe('echoInterval');
  }
});

test('a name that resembles none gets the list instead of a guess', () => {
  expect(nearestName('colour', ['dpid', 'wan'])).toBeUndefined();
  expect(unknownName('key', 'colour', ['dpid', 'wan'])).toBe('unknown key "colour"; known here: dpid, wan');
  expect(unknownName('key', 'wna', ['dpid', 'wan'])).toBe('unknown key "wna"; did you mean "wan"?');
});

test('typing distance is symmetric and zero only for equal words', () => {
  const word = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(typingDistance(a, b)).toBe(typingDistance(b, a));
      expect(typingDistance(a, b) === 0).toBe(a === b);
      expect(typingDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    { numRuns: 300 },
  );
});
