// A disk that is slow to take what was written, or does not take it: nobody is told of a job before it is on the disk, all others are
// answered meanwhile, and what the disk refused is said to nobody. strace stands between Lark and its disk.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobView } from '../../controller/northbound/lark-api.ts';
import { registerNumbered, StoredSite } from './support/stored-site.ts';
import { SystemCalls } from './support/system-calls.ts';

let directory: string;
let site: StoredSite;
let calls: SystemCalls | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lark-sync-'));
  site = new StoredSite(directory);
});
afterEach(async () => {
  await calls?.stop();
  calls = undefined;
  await site.stop();
  await rm(directory, { recursive: true, force: true });
});

async function watch(inject?: string): Promise<void> {
  const options = { calls: 'pwrite64,pwritev,fdatasync,write,writev', file: join(directory, 'calls') };
  calls = await SystemCalls.of(site.lark.pid, { ...options, ...(inject !== undefined && { inject }) });
}

const IS_WRITE = /^p?write\w*\(\d+<[^>]*data\.mdb>/;
const IS_SYNC = /^(<\.\.\. )?fdatasync.*= 0/;
/** Or a line of the log. */
const IS_ANSWER = /^writev?\(\d+<(socket|TCP|pipe)/;

it('is asked to take each job before its worker node is told, and never by the thread that answers', async () => {
  const feed = await site.start();
  await watch();
  for (let number = 1; number <= 20; number++) await registerNumbered(feed, number);
  const seen = await calls!.seen();
  let from = 0;
  for (let number = 1; number <= 20; number++) {
    const isAnswer = ({ threadId, text }: { threadId: number; text: string }) =>
      threadId === site.lark.pid && IS_ANSWER.test(text) && text.includes(`slot${number}@wn1`);
    const answered = seen.findIndex((call, i) => i >= from && isAnswer(call));
    const until = seen.slice(from, answered).map(({ text }) => text);
    const written = until.findIndex((text) => IS_WRITE.test(text));
    const synced = until.findLastIndex((text) => IS_SYNC.test(text));
    expect([written, synced, answered].every((at) => at >= 0) && written < synced, until.join('\n')).toBe(true);
    from = answered;
  }
  const waits = ({ text }: { text: string }) => IS_WRITE.test(text) || text.includes('fdatasync');
  expect(seen.filter((call) => call.threadId === site.lark.pid && waits(call))).toEqual([]);
});

it('keeps nobody else waiting when it is slow', async () => {
  const feed = await site.start();
  await watch('fdatasync:delay_enter=3s');
  let isRegistered = false;
  const registered = registerNumbered(feed, 1).then(() => {
    isRegistered = true;
  });
  let answers = 0;
  while (!isRegistered && answers < 10) {
    await site.lark.get('/v1/status');
    answers++;
  }
  expect(isRegistered).toBe(false);
  expect(answers).toBe(10);
  await registered;
});

it('is taken at its word when it refuses: nothing is acknowledged any more, and a restart knows what was', async () => {
  const feed = await site.start();
  await registerNumbered(feed, 1);
  await watch('fdatasync:error=EIO');
  await expect(registerNumbered(feed, 2)).rejects.toMatchObject({
    code: 'JOB_STORE_FAILED',
    message: expect.stringContaining('did not take what was written'),
  });
  await calls!.stop();
  await expect(registerNumbered(feed, 3)).rejects.toMatchObject({ code: 'JOB_STORE_FAILED' });
  expect(await site.lark.get('/readyz')).toMatchObject({
    code: 'HTTP_NOT_READY',
    reasons: [expect.stringContaining('did not take what was written')],
  });
  const { jobs } = await site.lark.get<{ jobs: readonly JobView[] }>('/v1/jobs');
  expect(jobs.map(({ globalJobId }) => globalJobId)).toEqual(['s#1.0#1']);

  await site.lark.kill();
  const again = await site.start();
  const after = await site.lark.get<{ jobs: readonly JobView[] }>('/v1/jobs');
  // What the disk refused may be in the file all the same.
  expect(after.jobs.map(({ globalJobId }) => globalJobId)).toContain('s#1.0#1');
  await registerNumbered(again, 3);
});
