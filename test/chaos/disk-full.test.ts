// The disk under the store is full: what cannot be written is refused and not done, what was acknowledged is known after a kill and
// a restart, and all is as before when there is room again. The disk is a small one of the test's own, which takes root.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobFeedClient } from '../../controller/jobs/feed/client.ts';
import type { JobView } from '../../controller/northbound/lark-api.ts';
import { command } from '../../mininet/lab/command.ts';
import { eventually } from '../support/eventually.ts';
import { registerNumbered, StoredSite } from './support/stored-site.ts';

const DISK_BYTES = 320 * 1024;
const PADDING = 'x'.repeat(3000);

let directory: string;
let disk: string;
let site: StoredSite;
beforeEach(async () => {
  directory = await mkdtemp('/run/lark-chaos-');
  disk = join(directory, 'disk');
  await mkdir(disk);
  await command('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  site = new StoredSite(directory, 'disk/store');
});
afterEach(async () => {
  await site.stop();
  await command('umount', [disk]);
  await rm(directory, { recursive: true, force: true });
});

const register = (feed: JobFeedClient, number: number) => registerNumbered(feed, number, `${PADDING}${number}`);

const known = async () => {
  const numbers: number[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: { jobs: readonly JobView[]; next: string | null } = await site.lark.get(`/v1/jobs?limit=1000${after}`);
    numbers.push(...page.jobs.map(({ globalJobId }) => Number(/#(\d+)/.exec(globalJobId)?.[1])));
    after = page.next === null ? undefined : `&cursor=${encodeURIComponent(page.next)}`;
  }
  return numbers.sort((a, b) => a - b);
};

it('forgets nothing that it has acknowledged, and takes what there is room for again', async () => {
  let feed = await site.start();
  const acknowledged = new Set<number>();
  const refused = new Set<number>();
  for (let number = 1; refused.size < 10; number++) {
    const code = await register(feed, number).then(
      () => undefined,
      (error: { readonly code?: string }) => error.code,
    );
    if (code === undefined) acknowledged.add(number);
    else {
      expect(code).toBe('JOB_STORE_FAILED');
      refused.add(number);
    }
    expect(number).toBeLessThan(5000);
  }
  expect(acknowledged.size).toBeGreaterThan(10);
  expect(await known()).toEqual([...acknowledged]);
  const { host, port } = site.lark.address('http');
  const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
  expect(page).toContain(`lark_feed_requests_total{verb="register",outcome="JOB_STORE_FAILED"} 10`);

  await site.lark.kill();
  feed = await site.start();
  expect(await known()).toEqual([...acknowledged]);
  await command('mount', ['-o', `remount,size=${8 * DISK_BYTES}`, disk]);
  await eventually(
    'a registration to be written',
    () =>
      register(feed, 9000).then(
        () => true,
        () => false,
      ),
    10_000,
  );
  await feed.remove(`s#${[...acknowledged][0]}.0#1|1|wn1|slot${[...acknowledged][0]}@wn1`);

  await site.lark.kill();
  await site.start();
  expect(await known()).toEqual([...[...acknowledged].slice(1), 9000]);
});
