// What the README and the documents show must be so: the policy loads, links lead somewhere, npm scripts exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'mininet/lab/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

test('the policy that the README shows is one that Lark takes, without a warning of its own making', () => {
  const shown = /```yaml\n(.*?)```/s.exec(read('README.md'))?.[1] ?? '';
  expect(shown).toContain('policies:');
  const { errors, config } = parseConfig('README.md', new TextEncoder().encode(shown));
  expect(errors ?? []).toEqual([]);
  expect(config?.policies.map(({ policy }) => policy.name)).toEqual([
    'block-users',
    'isolate-users',
    'wan-access',
    'queues',
  ]);
});

test('the quick start uses the sample, which ships', () => {
  const quickStart = /^## Run it\n(.*?)^##/ms.exec(read('README.md'))?.[1] ?? '';
  expect(quickStart).toContain('lark sample > policy.yaml');
  expect(quickStart.indexOf('lark sample >')).toBeLessThan(quickStart.indexOf('lark run policy.yaml'));
  expect((JSON.parse(read('package.json')) as { files: string[] }).files).toContain('policy.sample.yaml');
  expect(read('.dockerignore')).toContain('!policy.sample.yaml');
});

describe.each(DOCUMENTS)('%s', (document) => {
  test('links to files that are there', () => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    const files = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(files.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });

  test('names npm scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(document).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
