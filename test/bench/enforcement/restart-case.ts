// How long a start takes with a store full of jobs, until the feed answers for them, and how much memory they take. The
// store is written as admission writes it; the start is that of a fresh process, which has never seen the jobs.

import { jobFromAds } from '../../../controller/jobs/ad-to-job.ts';
import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { registrationKey } from '../../../controller/jobs/job.ts';
import type { StoreChange } from '../../../controller/jobs/store/job-store.ts';
import { LmdbJobStore } from '../../../controller/jobs/store/lmdb-store.ts';
import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, rounded } from './case-result.ts';
import { type AdMaker, dpidText, policyText, portName } from './site.ts';

const SWITCHES = 100;
const USERS = 100;
const AT_ONCE = 500;

interface Filled {
  readonly lastKey: string;
  /** Characters of all ads, each of which is a byte. */
  readonly adBytes: number;
}

export async function restartCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 5000 : 100_000;
  const empty = await BenchLark.start(policyText({ store: `${directory}/empty` }));
  const before = await empty.memory();
  await empty.stop();
  const { lastKey, adBytes } = await fill(ads, `${directory}/full`, count);

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
      'MiB resident': rounded(after.resident / 2 ** 20),
    },
    targets: [
      atMost('restart until the feed answers', (answers - begin) / 1000, 5, 's'),
      atMost('memory a job beyond its ads', (perJob - adBytes / count) / 1024, 3, 'KiB'),
    ],
  };
}

async function fill(ads: AdMaker, path: string, count: number): Promise<Filled> {
  const store = LmdbJobStore.open(path);
  let [lastKey, adBytes] = ['', 0];
  await store.commit(Array.from({ length: SWITCHES }, (_, i) => ({ kind: 'switch', dpid: dpidText(i + 1) }) as const));
  for (let first = 0; first < count; first += AT_ONCE) {
    const changes = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i): StoreChange => {
      const number = first + i;
      const user = number % USERS;
      const [dpid, portNo] = [1 + (user % SWITCHES), 1 + Math.floor(number / SWITCHES)];
      const { jobAd, machineAd } = ads.make({ number, user, dpid, portNo });
      const { job } = jobFromAds(jobAd, machineAd, { nat: 'refuse', now: 1_754_300_000_000 });
      [lastKey, adBytes] = [registrationKey(job.registration), adBytes + jobAd.length + machineAd.length];
      const location = { dpid: BigInt(dpid), portNo, portName: portName(dpid, portNo) };
      const lease = { leaseMs: undefined, leaseEndsAt: undefined };
      return {
        kind: 'job',
        job: { sequence: number + 1, job, enforcement: 'port', ...lease, location, peer: '127.0.0.1' },
      };
    });
    await store.commit(changes);
  }
  await store.close();
  return { lastKey, adBytes };
}
