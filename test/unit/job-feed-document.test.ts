// docs/job-feed.md has every error that a job's request can end with, and no other: htcondor.md sends its readers there.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { JOB_ERRORS } from '../../controller/jobs/job-errors.ts';

const text = readFileSync(new URL('../../docs/job-feed.md', import.meta.url), 'utf8');

it('has each error in its table, once', () => {
  const table = text.split(/^## /m).find((section) => section.startsWith('Errors\n')) ?? '';
  const codes = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => cell!.match(/JOB_[A-Z_]+/g) ?? []);
  expect(codes.sort()).toEqual(Object.keys(JOB_ERRORS).sort());
});
