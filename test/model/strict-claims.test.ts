// Strict claims where a worker node's ports stand in the file: its jobs are at those, and at no other node's.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
beforeAll(async () => {
  const policy = policyFor('multi-table')
    .replace(
      'settle: 0ms',
      'settle: 0ms, unlocated: by-address, claims: strict, workers: { wn1: { from: [127.0.0.1] } }',
    )
    .replace('fabric: [up]', 'fabric: [up], machines: { wn1: [j1, 2] }');
  site = await ModelSite.start(4, policy);
});
afterAll(() => site.stop());

it('a job is taken at a port that the file says is its machine’s, by name or number', async () => {
  expect(await site.register({ number: 1, user: 'alice', port: 'j1' })).toMatchObject({ enforcement: 'port' });
  expect(await site.register({ number: 2, user: 'alice', port: 'j2' })).toMatchObject({ enforcement: 'port' });
});

it('a job at a port of another is refused, and not taken by its address alone either', async () => {
  await expect(site.register({ number: 3, user: 'mallory', port: 'j3' })).rejects.toMatchObject({
    code: 'JOB_UNLOCATED',
  });
  await expect(site.register({ number: 3, user: 'mallory', port: 'k1' })).rejects.toMatchObject({
    code: 'JOB_UNLOCATED',
  });
});

it('a machine that the file says nothing of can claim nothing', async () => {
  const claim = site.register({ number: 4, user: 'mallory', port: 'j4', machine: 'wn2' });
  await expect(claim).rejects.toMatchObject({ code: 'JOB_CLAIM_REFUSED' });
});
