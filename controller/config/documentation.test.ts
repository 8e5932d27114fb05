// docs/policy-file.md and docs/policies.md against the loader: their examples load, and no key is left out.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { policyCatalogue } from '../../policies/catalogue.ts';
import { checkReport } from './check-report.ts';
import { defaultConfig, parseConfig } from './load-config.ts';
import {
  fileSchema,
  httpSection,
  jobsSection,
  limitsSection,
  openflowSection,
  storeSection,
  switchEntry,
} from './schema.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const reference = read('policy-file.md');
const policies = read('policies.md');
const yamlBlocks = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block ?? '');

test('the example of the reference loads without a warning', () => {
  const [example = ''] = yamlBlocks(reference);
  expect(parseConfig('docs', example).errors?.map(({ message }) => message) ?? []).toEqual([]);
  const warned = parseConfig('docs', example.replace('["1.3", "1.0"]', '["1.3"]')).warnings;
  expect(warned.map(({ message }) => message)).toEqual([]);
});

test('every example of a policy loads with the switches of the reference', () => {
  const [example = ''] = yamlBlocks(reference);
  const withoutPolicies = example.slice(0, example.indexOf('\npolicies:'));
  const withQueues = withoutPolicies.replace('cms: { id: 1 }', 'cms: { id: 1 }\n        physics: { id: 2 }');
  const blocks = yamlBlocks(policies);
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) {
    const modules = new Map([['./policies/keep-out.js', { kind: policyCatalogue.get('block-users')! }]]);
    const text = `${withQueues.replace('["1.3", "1.0"]', '["1.3"]')}\npolicies:\n${block}`;
    const result = parseConfig('docs', text, policyCatalogue, modules);
    expect(checkReport(result)).toMatch(/no problems found$/);
  }
});

test.each([
  ['the file', fileSchema.shape],
  ['openflow', openflowSection.shape],
  ['http', httpSection.shape],
  ['jobs', jobsSection.shape],
  ['store', storeSection.shape],
  ['limits', limitsSection.shape],
  ['a switch', switchEntry.shape],
])('every key of %s stands in the reference', (_, shape) => {
  for (const key of Object.keys(shape)) expect(reference).toMatch(new RegExp(`\`${key}[\`.]`));
});

test('every policy stands in the reference and has a section of its own', () => {
  for (const name of [...policyCatalogue.keys(), 'module', 'default']) expect(reference).toContain(`| \`${name}\` |`);
  for (const name of policyCatalogue.keys()) {
    expect(reference).toContain(`| \`${name}\` |`);
    expect(policies).toMatch(new RegExp(`^### \`${name}`, 'm'));
  }
});

test('the defaults that the reference gives are the defaults', () => {
  const given = (section: string, key: string) => {
    const from = reference.indexOf(`## \`${section}\``);
    return new RegExp(`^\\| \`${key}\` \\| \`?(.*?)\`? \\|`, 'm').exec(reference.slice(from))?.[1];
  };
  const text = (section: string, keys: readonly string[]) =>
    `${section}:\n${keys.map((key) => `  ${key}: ${given(section, key)}\n`).join('')}`;
  const file = [
    text('openflow', ['listen', 'versions', 'echoInterval']),
    text('http', ['listen']),
    text('jobs', ['listen', 'ranges', 'claims', 'unlocated', 'notConnected', 'nat', 'settle', 'confirmTimeout']),
    text('limits', ['classes', 'rules']),
  ].join('');
  expect({ ...parseConfig('docs', file).config, file: '(defaults)' }).toEqual(defaultConfig());
  expect(given('jobs', 'lease')).toBe('none');
});
