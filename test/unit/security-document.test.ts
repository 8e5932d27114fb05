// docs/security.md claims only what has a test: each claim names one, and the file that it names has a test of that name.

import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const sections = document
  .split(/^## /m)
  .filter((section) => /^(In a job|On a worker node|On the management network|Limits)\n/.test(section));
const claims = sections.flatMap((section) =>
  [...section.matchAll(/^\| (.+) \| (.+?) \|$/gm)]
    .map(([, claim = '', shown = '']) => ({ claim, shown }))
    .filter(({ shown }) => !/^-+$|^shown by$/.test(shown)),
);

it('has claims of all three attackers, and limits', () => {
  expect(sections).toHaveLength(4);
  expect(claims.length).toBeGreaterThan(20);
});

it.each(claims)('names a test that is there: $claim', ({ shown }) => {
  const [, path, name] = /^\[[\w-]+\]\((\S+)\): "(.+)"$/.exec(shown) ?? [];
  const file = new URL(`../../docs/${path}`, import.meta.url);
  expect(existsSync(file)).toBe(true);
  const tests = readFileSync(file, 'utf8');
  const named = ['it(', 'test(', ')('].some((call) =>
    ["'", '"', '`'].some((quote) => tests.replace(/\(\s+(?=['"`])/g, '(').includes(`${call}${quote}${name}${quote}`)),
  );
  expect(named, `${path} has no test "${name}"`).toBe(true);
});
