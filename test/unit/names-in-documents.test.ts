// What the documents tell people to type, to look for and to compare is there: commands and options, metrics, error codes.
// The three pages that list them are held to the program by tests of their own.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(new URL('../../docs', import.meta.url))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** A hook of HTCondor's, and a variable of the script in docs/job-feed.md. */
const NO_CODES = ['JOB_EXIT', 'JOB_AD'];
const FENCED = /^```.*\n([\s\S]*?)^```/gm;

/** What each command says of itself, by its words. */
const COMMANDS = new Map(
  read('docs/cli-reference.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

/** Names in code of a document, each once. */
function namesIn(document: string, pattern: RegExp): readonly string[] {
  return [...new Set([...read(document).matchAll(pattern)].map(([name]) => name))];
}

/** Of a line of shell or of inline code: each command of Lark's in it, without what is piped or redirected. */
function commandsIn(document: string): readonly string[] {
  const text = read(document);
  const lines = [...text.matchAll(FENCED)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...text.replace(FENCED, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...lines.map((line) => line.replace(/^\$ /, '').replace(/\s#.*/, '')), ...inline].flatMap((code) =>
    [...code.matchAll(/(?:^|[|;&(] *)(lark [^|;&>)]+)/g)].map(([, command = '']) => command.trim()),
  );
}

/** What is wrong with a command; undefined where all of it is there. */
function wrongIn(command: string): string | undefined {
  const words = command.split(/\s+/);
  const options = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*/, ''));
  let path = 'lark';
  for (const word of words.slice(1)) {
    if (COMMANDS.has(`${path} ${word}`)) path += ` ${word}`;
    else if (!word.startsWith('-')) break;
  }
  const known = new Set(`${COMMANDS.get('lark')} ${COMMANDS.get(path)}`.match(/--[a-z][a-z-]*/g));
  const unknown = options.filter((option) => !known.has(option));
  const [, first = ''] = words;
  if (path === 'lark' && /^[a-z][a-z-]+$/.test(first)) return `${command}: no command ${first}`;
  return unknown.length === 0 ? undefined : `${command}: ${path} has no ${unknown.join(', ')}`;
}

it('finds what is wrong with a command', () => {
  expect([
    wrongIn('lark switches forget DPID --json'),
    wrongIn('lark --token-file FILE'),
    wrongIn('lark evnts --last 5'),
    wrongIn('lark events --lst=5'),
    wrongIn('lark address lease --pool'),
  ]).toEqual([
    undefined,
    undefined,
    'lark evnts --last 5: no command evnts',
    'lark events --lst=5: lark events has no --lst',
    'lark address lease --pool: lark address lease has no --pool',
  ]);
  expect(commandsIn('docs/runbook.md').length).toBeGreaterThan(30);
});

it.each(DOCUMENTS)('%s names only commands and options that there are', (document) => {
  expect(commandsIn(document).flatMap((command) => wrongIn(command) ?? [])).toEqual([]);
});

it.each(DOCUMENTS)('%s names only metrics that there are', (document) => {
  const listed = new Set(namesIn('docs/metrics.md', /(?<=^\| `)lark_\w+(?=`)/gm));
  expect(listed.size).toBeGreaterThan(30);
  const named = namesIn(document, /\blark_[a-z]\w+/g);
  expect(named.filter((name) => !listed.has(name) && !listed.has(name.replace(/_(bucket|count|sum)$/, '')))).toEqual(
    [],
  );
});

it.each(DOCUMENTS)('%s names only error codes that there are', (document) => {
  const listed = new Set(namesIn('docs/errors.md', /(?<=^\| `)[A-Z]+_[A-Z_]+(?=`)/gm));
  expect(listed.size).toBeGreaterThan(50);
  // A name that ends in _ stands for all codes that begin so.
  const named = namesIn(document, /\b(?:JOB|HTTP|CONFIG|STORE)_[A-Z]\w*/g);
  const isThere = (name: string) =>
    listed.has(name) || (name.endsWith('_') && [...listed].some((code) => code.startsWith(name)));
  expect(named.filter((name) => !isThere(name) && !NO_CODES.includes(name))).toEqual([]);
});
