import { expect, test } from 'vitest';
import { formatProblem } from './problem.ts';
import { readYaml } from './yaml-source.ts';

function value(text: string): unknown {
  const reading = readYaml('p.yaml', text);
  if ('problems' in reading) throw new Error(reading.problems.map(formatProblem).join('\n'));
  return JSON.parse(JSON.stringify(reading.source.value));
}

function problems(text: string): string[] {
  const reading = readYaml('p.yaml', text);
  return 'problems' in reading ? reading.problems.map(formatProblem) : [];
}

test('identifiers that look like numbers stay as they were written', () => {
  expect(value('[0000000000000001, 00000000000000e1, 1.0, 0x10, 1_000, 9999999999999999, .inf, 12:30:45]')).toEqual([
    '0000000000000001',
    '00000000000000e1',
    '1.0',
    '0x10',
    '1_000',
    '9999999999999999',
    '.inf',
    '12:30:45',
  ]);
});

test('only plain true, false, nothing and whole numbers are not text', () => {
  expect(value('[true, False, ~, 12, -3, yes, no, "12", \'true\', ""]')).toEqual([
    true,
    false,
    null,
    12,
    -3,
    'yes',
    'no',
    '12',
    'true',
    '',
  ]);
  expect(value('a:\nb: null')).toEqual({ a: null, b: null });
});

test('an alias stands for the nearest anchor before it', () => {
  expect(value('a: &x {b: &y 1}\nc: &y 2\nd: *x\ne: *y')).toEqual({ a: { b: 1 }, c: 2, d: { b: 1 }, e: 2 });
});

test('aliases to nothing, later anchors and themselves are errors in their place', () => {
  expect(problems('a: *x\nb: &x 1')).toEqual([
    'p.yaml:1:4: *x refers to no anchor &x: define it before this line, or quote the text if it only begins with a star',
  ]);
  expect(problems('a: &x\n  b: [*x]')).toEqual(['p.yaml:2:7: *x stands inside the value that it refers to']);
});

test('aliases to aliases cannot expand without bound', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i <= 20; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  expect(problems(lines.join('\n'))).toEqual([expect.stringContaining('expands to more than 600000 values')]);
});

test('nesting beyond the limit is refused before it is built', () => {
  expect(problems('['.repeat(50_000))).toEqual(['p.yaml:1:34: nested more than 32 levels deep']);
  expect(problems(`${'['.repeat(32)}${']'.repeat(32)}`)).toEqual([]);
  const chain = ['a0: &a0 [x]', ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`)];
  expect(problems(chain.join('\n'))[0]).toContain('nested more than 32 levels deep');
});

test('a key given twice is an error, also when it is quoted once', () => {
  expect(problems('a: 1\nb: 2\n"a": 3')).toEqual(['p.yaml:3:1: the key "a" is given twice here: keep one of the two']);
});

test('keys that are no text, and the one that JavaScript keeps for itself, are errors', () => {
  expect(problems('? [a]\n: 1\n__proto__: 2')).toHaveLength(2);
  expect(value('constructor: 1')).toEqual({ constructor: 1 });
});

test.each([
  ['a tab as indentation', 'a:\n\tb: 1', 'p.yaml:2:1: a tab cannot indent YAML: use spaces'],
  ['a second document', 'a: 1\n---\nb: 2', 'p.yaml:2:1: a second YAML document begins here'],
  ['a star that is not quoted', 'q:\n  *: default', 'a name that begins with * must be quoted: "*"'],
  ['an open quote', 'a: "x', 'p.yaml:1:6: something is missing here'],
  ['a tag', 'a: !!str 1', 'p.yaml:1:10: tags such as'],
])('%s is an error that says what to do', (_, text, words) => {
  expect(problems(text).join('\n')).toContain(words);
});

test('one broken line makes one error', () => {
  expect(problems('a: 1\n b: 2\n')).toHaveLength(1);
});

test('places are of keys and values, and follow aliases', () => {
  const reading = readYaml('p.yaml', 'a: &x\n  b: [1, 22]\nc: *x\nd:\n');
  if ('problems' in reading) throw new Error('does not parse');
  const { source } = reading;
  expect(source.place(['a', 'b', 1], 'value')).toEqual({ file: 'p.yaml', line: 2, column: 10 });
  expect(source.place(['a', 'b'], 'key')).toEqual({ file: 'p.yaml', line: 2, column: 3 });
  expect(source.place(['c', 'b', 0], 'value')).toEqual({ file: 'p.yaml', line: 2, column: 7 });
  expect(source.place(['c'], 'value')).toEqual({ file: 'p.yaml', line: 3, column: 4 });
  // Nothing stands after `d:`, so the key is what a reader can look at; nor is there an `a.z`.
  expect(source.place(['d'], 'value')).toEqual({ file: 'p.yaml', line: 4, column: 1 });
  expect(source.place(['a', 'z'], 'value')).toEqual({ file: 'p.yaml', line: 1, column: 1 });
});
