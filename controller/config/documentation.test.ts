// docs/policy-file.md and docs/policies.md against the loader: their examples load, and no policy is left out. Every key
// stands in docs/policy-reference.md, which is generated.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { policyCatalogue } from '../../policies/catalogue.ts';
import { checkReport } from './check-report.ts';
import { parseConfig } from './load-config.ts';

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
    const others = result.warnings.filter(({ message }) => !message.startsWith('no policy uses'));
    expect(checkReport({ ...result, warnings: others })).toMatch(/no problems found$/);
  }
});

test('every policy has a section of its own', () => {
  for (const name of policyCatalogue.keys()) expect(policies).toMatch(new RegExp(`^### \`${name}`, 'm'));
});
