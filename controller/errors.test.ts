import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentationRow, ERRORS, type ErrorCode } from './errors.ts';

const documentation = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const rows = documentation.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));

describe('docs/errors.md', () => {
  it('has exactly the catalogue’s rows, meaning and remedy included', () => {
    const catalogue = Object.keys(ERRORS).map((code) => documentationRow(code as ErrorCode));
    expect([...rows].sort()).toEqual(catalogue.sort());
  });

  it('has each code in the section of where it is reported', () => {
    const sections = documentation.split(/^## /m);
    for (const [code, { from }] of Object.entries(ERRORS)) {
      const section = sections.find((text) => text.includes(`| \`${code}\` |`));
      expect(section?.toLowerCase(), code).toMatch(new RegExp(`^the ${from}\\b`, 'i'));
    }
  });
});
