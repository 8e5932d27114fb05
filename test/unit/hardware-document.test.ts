// docs/hardware.md reckons with what docs/pipeline.md says that things cost, which a test counts: its sums must be right.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const document = read('hardware.md');

/** Rules of one thing, in a row of docs/pipeline.md. */
function cost(of: string, on: 'Open vSwitch' | 'standard 1.3' = 'standard 1.3'): number {
  const row = read('pipeline.md')
    .split('\n')
    .find((line) => line.startsWith(`| ${of} |`));
  const [, , openVSwitch, standard] = row?.split('|') ?? [];
  expect(Number(standard), of).toBeGreaterThan(0);
  return Number(on === 'Open vSwitch' ? openVSwitch : standard);
}

/** The second and third column of the row that begins so. */
function row(begin: string): readonly string[] {
  const found = document.split('\n').find((line) => line.startsWith(`| ${begin}`));
  return (found ?? '')
    .split('|')
    .slice(2, 4)
    .map((cell) => cell.trim());
}

const file = cost('the file itself');
const verdicts = cost('verdicts of 50 users isolated from each other');
const port = cost("job's port of its own");
const ELSEWHERE = 'job with an IPv4 address at another switch, that jobs here may talk to or hear from';

it('the racks need as many rules as it says', () => {
  for (const [begin, job] of [
    ['a rack of 40 jobs', cost('job with an IPv4 address')],
    ['the same with both IP versions', cost('job with both')],
  ] as const) {
    const [how = '', sum] = row(begin);
    expect(how).toMatch(
      new RegExp(`^${file}( the file)?, ${verdicts}( verdicts)?, 40 × \\(${job} \\+ ${port}\\), 8\\b`),
    );
    expect(sum).toBe(String(file + verdicts + 40 * (job + port) + 8));
  }
});

it('the switch at the WAN has room for as many jobs as it says', () => {
  const [how, sum] = row('the switch at the WAN');
  const each = cost(ELSEWHERE);
  expect(how).toBe(`${file}, ${verdicts}, 20, and ${each} for each job`);
  const forUse = Math.floor(4096 * 0.9);
  expect(sum).toBe(`${forUse.toLocaleString('en')} at ${Math.floor((forUse - file - verdicts - 20) / each)} jobs`);
  expect(document).toContain(`Open vSwitch (${cost(ELSEWHERE, 'Open vSwitch')} rules a job`);
});

it('another address of a job costs what it says', () => {
  const more = cost('job with both') - cost('job with an IPv4 address');
  expect(document).toContain(
    `A second IPv4 address costs ${cost('another IPv4 address of a job')} rules, IPv6 another ${more}.`,
  );
});
