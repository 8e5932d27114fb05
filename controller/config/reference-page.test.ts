// docs/policy-reference.md is what the schemas say, and what it says holds.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type JsonSchema, policyFileSchema } from './json-schema.ts';
import { defaultConfig, parseConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';
import { referencePage } from './reference-page.ts';

const schema = policyFileSchema();
const { properties = {} } = schema;
const page = referencePage(schema);

test('the reference is up to date; if not, `npm run docs` makes it so', async () => {
  const path = new URL('../../docs/policy-reference.md', import.meta.url).pathname;
  await expect(page, 'docs/policy-reference.md is out of date: run `npm run docs`').toMatchFileSnapshot(path);
});

const defaultsOf = ({ properties: keys = {} }: JsonSchema) =>
  Object.fromEntries(
    Object.entries(keys).flatMap(([key, each]) => (each.default === undefined ? [] : [[key, each.default]])),
  );

test('the defaults that it gives are the defaults', () => {
  const { policies, ...sections } = properties;
  const given = Object.entries(sections).map(([name, section]) => [name, defaultsOf(section)] as const);
  const written = Object.fromEntries(given.filter(([, keys]) => Object.keys(keys).length > 0));
  expect(Object.keys(written)).toEqual(expect.arrayContaining(['openflow', 'http', 'jobs', 'limits']));
  const { config } = parseConfig('docs', JSON.stringify(written));
  expect({ ...config, file: '(defaults)' }).toEqual(defaultConfig());
});

test('its examples load with those of the other sections', () => {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block ?? '');
  const [sections, entries] = [
    blocks.filter((block) => !/^(-|policies:)/.test(block)),
    blocks.filter((block) => block.startsWith('-')),
  ];
  // The policy of a module is loaded by tests of its own.
  const ours = entries.filter((block) => !block.startsWith('- module'));
  expect(ours.length).toBeGreaterThan(7);
  for (const entry of ours) {
    const { errors = [], warnings } = parseConfig('docs', `${sections.join('')}policies:\n${entry}`);
    expect(errors.map(formatProblem)).toEqual([]);
    // Each entry by itself leaves what the others use.
    const suspicious = warnings.filter(
      ({ code, message }) => code === 'CONFIG_SUSPICIOUS' && !message.startsWith('no policy uses'),
    );
    expect(suspicious.map(formatProblem)).toEqual([]);
  }
});

test('reads nothing by hand: the page that explains the file has no table of keys', () => {
  const explained = readFileSync(new URL('../../docs/policy-file.md', import.meta.url), 'utf8');
  expect(explained).not.toMatch(/^\| key \|/m);
  for (const name of Object.keys(properties)) expect(explained).toContain(`${name}:`);
});
