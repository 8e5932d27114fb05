// How long a restart takes with a store full of jobs, from the end of a Lark that was killed until the feed of the next one
// answers for them, and how much memory they take.

import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, rounded } from './case-result.ts';
import { fillStore, SWITCHES, USERS } from './filled-store.ts';
import { type AdMaker, policyText } from './site.ts';

export async function restartCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 5000 : 100_000;
  const empty = await BenchLark.start(policyText({ store: `${directory}/empty` }));
  const before = await empty.memory();
  await empty.stop();
  const { lastKey, adBytes } = await fillStore(ads, `${directory}/full`, count);

  const killed = await BenchLark.start(policyText({ store: `${directory}/full` }));
  await killed.kill();
  const begin = performance.now();
  const lark = await BenchLark.start(policyText({ store: `${directory}/full` }));
  const listens = performance.now();
  const feed = await JobFeedClient.connect(lark.addresses.jobs);
  await feed.get({ key: lastKey });
  const answers = performance.now();
  const worked = await lark.processorMs();
  await feed.close();
  const after = await lark.memory();
  const perJob = (after.used - before.used) / count;
  await lark.stop();
  return {
    name: `restart with ${count} stored jobs, ${SWITCHES} switches, ${USERS} users`,
    measured: {
      's from the start of the process until the feed answers': rounded((answers - begin) / 1000),
      'ms of these for the first answer': rounded(answers - listens),
      's of processor time until then': rounded(worked / 1000),
      'bytes of ads a job': rounded(adBytes / count),
      'bytes of memory a job': rounded(perJob),
      'MiB resident, the store mapped into memory with it': rounded(after.resident / 2 ** 20),
    },
    targets: [
      atMost('restart until the feed answers', (answers - begin) / 1000, 5, 's'),
      // Of the heap and what hangs on it: the ads stay in the store's file, which the system keeps in memory as it has room.
      atMost('memory a job', perJob / 1024, 3, 'KiB'),
    ],
  };
}
