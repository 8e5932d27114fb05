// docs/htcondor.md and htcondor.conf.sample against the scripts of htcondor/: what there is to set, and what they say.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');
const document = read('docs/htcondor.md');
const files = readdirSync(at('htcondor')).filter((name) => !name.startsWith('.'));
const scripts = files.filter((name) => name.startsWith('lark-'));

const library = read('htcondor/lark-lib.sh');
const defaults = /^read_settings\(\) \{\n(.*?)\n {2}token=''/ms.exec(library)?.[1] ?? '';
const settings = new Map(
  [...defaults.matchAll(/([a-z_]+)=('[^']*'|\S+)/g)].map(([, name = '', value = '']) => [name, value]),
);
const unquoted = (value: string | undefined) => value?.replaceAll("'", '');

it('every setting is in the document, with its default', () => {
  const section = /^## Install\n(.*?)^## /ms.exec(document)?.[1] ?? '';
  const rows = [...section.matchAll(/^\| (`[a-z_`, ]+`) \| (.+?) \|/gm)].flatMap(([, names = '', values = '']) => {
    const each = [...values.matchAll(/`([^`]+)`/g)].map(([, value]) => value);
    return [...names.matchAll(/[a-z_]+/g)].map(([name], index) => [name, each[index] ?? ''] as const);
  });
  const documented = new Map(rows.filter(([name]) => settings.has(name)));
  expect(settings.size).toBe(16);
  for (const [name, value] of settings) {
    const shown = name === 'machine' ? 'hostname -f' : (unquoted(value) ?? '');
    expect([name, documented.get(name)]).toEqual([name, shown]);
  }
});

it('every setting is in the sample, and what is commented out there is the default', () => {
  const lines = [...read('htcondor/htcondor.conf.sample').matchAll(/^(#?)([a-z_]+)=(.*)$/gm)];
  expect(lines.map(([, , name]) => name).sort()).toEqual([...settings.keys()].sort());
  const optional = ['cert', 'key', 'machine', 'helper', 'lease_addresses'];
  for (const [, hash, name = '', value] of lines) {
    if (hash === '#' && !optional.includes(name)) expect([name, value]).toEqual([name, unquoted(settings.get(name))]);
  }
});

it('every message of the scripts is in the table', () => {
  const table = document.slice(document.indexOf('## Troubleshooting'));
  const lines = scripts.flatMap(
    (name) => read(`htcondor/${name}`).match(/^.*(?:\bfail|\bsay|problem=) ?["'].*$/gm) ?? [],
  );
  // What is left of a message between what is put into it.
  const literals = lines
    .map((line) => line.replace(/^.*?(?:\bfail|\bsay|problem=) ?/, '').replace(/\$\(.*?\)|\$\{.*?\}|\$\w+/g, '$'))
    .map((line) => line.match(/[A-Za-z-][A-Za-z ,-]{8,}/g) ?? [])
    .filter((parts) => parts.length > 0);
  expect(literals.length).toBeGreaterThan(25);
  const missing = literals.filter((parts) => !parts.some((part) => table.includes(part.trim().slice(0, 24))));
  expect(missing).toEqual([]);
});

it('every file is named, ships, and is executable if HTCondor runs it', () => {
  const known = /^(lark-(lib|hook-lib|callout-lib)\.sh)$/;
  for (const name of files) if (!known.test(name)) expect(document).toContain(name);
  expect((JSON.parse(read('package.json')) as { files: string[] }).files).toContain('htcondor');
  for (const name of scripts) {
    const { mode } = statSync(at(`htcondor/${name}`));
    expect([name, (mode & 0o111) !== 0]).toEqual([name, !known.test(name)]);
    if (!known.test(name)) expect(read(`htcondor/${name}`)).toMatch(/^#!\/bin\/sh\n/);
  }
});

it('HTCondor is given scripts that there are, by the names that sudo knows', () => {
  const configuration = read('htcondor/50-lark-hooks.conf') + read('htcondor/50-lark-callouts.conf');
  const named = [...configuration.matchAll(/\$\(LARK_LIBEXEC\)\/(\S+)/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(scripts.filter((name) => !name.endsWith('.sh')).sort());
  const bySudo = [...read('htcondor/lark.sudoers').matchAll(/\/usr\/libexec\/lark\/(lark-[\w-]+) -i/g)].map(
    ([, name]) => name,
  );
  expect(bySudo).toEqual(['lark-prepare-job', 'lark-update-job', 'lark-job-exit']);
});
