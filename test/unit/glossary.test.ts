// The glossary: its words stand in order, each once, and are the words that the other pages use.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '../../docs');
const GLOSSARY = 'glossary.md';

/** Each row's words, which mean the same. */
const ROWS = readFileSync(join(DOCS, GLOSSARY), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| word |'))
  .map((line) => line.split(' | ')[0]!.slice(2).split(', '));

const OTHERS = readdirSync(DOCS)
  .filter((name) => name.endsWith('.md') && name !== GLOSSARY)
  .map((name) => readFileSync(join(DOCS, name), 'utf8').toLowerCase().replace(/\s+/g, ' '))
  .join(' ');

it('has its words in order', () => {
  const first = ROWS.map(([word]) => word!.toLowerCase());
  expect(first).toEqual(first.toSorted((a, b) => a.localeCompare(b, 'en')));
});

it('has each word once', () => {
  const words = ROWS.flat().map((word) => word.toLowerCase());
  expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
  expect(words.length).toBeGreaterThan(40);
});

it('has no word that the other pages do not use', () => {
  const unused = ROWS.flat().filter((word) => !OTHERS.includes(word.toLowerCase()));
  expect(unused).toEqual([]);
});
