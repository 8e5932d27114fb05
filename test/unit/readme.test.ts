// What the README and the documents show must be so: the policy loads, links lead somewhere, npm scripts exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'mininet/lab/README.md',
  'protocols/openflow/README.md',
  'protocols/classad/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Links to files of the repository, from its root, with what stands behind `#`, or '' where nothing does. */
function linksOf(document: string): readonly { path: string; anchor: string }[] {
  const prose = read(document).replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { path: file === '' ? document : posix.join(dirname(document), file), anchor };
    });
}

/** By which name each heading can be linked to, as GitHub makes it; of equal ones the later have a number. */
function anchorsOf(document: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of read(document)
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\-_ ]/gu, '').replaceAll(' ', '-');
    let name = anchor;
    for (let number = 1; anchors.has(name); number++) name = `${anchor}-${number}`;
    anchors.add(name);
  }
  return anchors;
}

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

test('what it says to run uses the sample, which ships', () => {
  const runIt = /^## Run it\n(.*?)^##/ms.exec(read('README.md'))?.[1] ?? '';
  expect(runIt).toContain('lark sample > policy.yaml');
  expect(runIt.indexOf('lark sample >')).toBeLessThan(runIt.indexOf('lark run policy.yaml'));
  expect((JSON.parse(read('package.json')) as { files: string[] }).files).toContain('policy.sample.yaml');
  expect(read('.dockerignore')).toContain('!policy.sample.yaml');
});

test('every document of docs/ can be found from the README, over links', () => {
  const found = new Set(['README.md']);
  for (const document of found) {
    for (const { path } of linksOf(document)) {
      if (path.endsWith('.md') && existsSync(join(ROOT, path))) found.add(path);
    }
  }
  // Decisions are linked to as a folder.
  expect(DOCUMENTS.filter((document) => /^docs\/[^/]+$/.test(document) && !found.has(document))).toEqual([]);
});

describe.each(DOCUMENTS)('%s', (document) => {
  test('links to files that are there', () => {
    expect(linksOf(document).filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('links to headings that are there', () => {
    const broken = linksOf(document).filter(
      ({ path, anchor }) => anchor !== '' && path.endsWith('.md') && !anchorsOf(path).has(anchor),
    );
    expect(broken).toEqual([]);
  });

  test('names npm scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(document).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
